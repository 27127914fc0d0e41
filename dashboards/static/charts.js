// Charts as files, made by the reader's own browser: nothing is sent anywhere, no browser is needed on the server.
(() => {
  const drawn = (place) => {
    const layers = place ? [...place.querySelectorAll(".js-plotly-plot .main-svg")] : [];
    if (!layers.length) return null;
    const { width, height } = layers[0].getBoundingClientRect();
    const whole = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    whole.setAttribute("xmlns", "http://www.w3.org/2000/svg");
    whole.setAttribute("width", width);
    whole.setAttribute("height", height);
    whole.setAttribute("viewBox", `0 0 ${width} ${height}`);
    const ground = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    ground.setAttribute("width", "100%");
    ground.setAttribute("height", "100%");
    ground.setAttribute("fill", "#ffffff");
    whole.append(ground, ...layers.map((layer) => layer.cloneNode(true)));
    return { whole, width, height };
  };
  const save = (blob, name) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  };
  // Paper is narrower than the screen: a copy that scales stands in for the chart while it is printed.
  window.addEventListener("beforeprint", () => {
    for (const place of document.querySelectorAll('[class*="st-key-chart_"]')) {
      const found = drawn(place);
      if (!found) continue;
      found.whole.setAttribute("class", "fq-printed");
      place.append(found.whole);
    }
  });
  window.addEventListener("afterprint", () => document.querySelectorAll(".fq-printed").forEach((one) => one.remove()));
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("button[data-chart]");
    const found = button && drawn(button.closest('[data-testid="stVerticalBlock"]'));
    if (!found) return;
    const { chart, format } = button.dataset;
    const svg = new Blob([new XMLSerializer().serializeToString(found.whole)], { type: "image/svg+xml;charset=utf-8" });
    if (format === "svg") return save(svg, `${chart}.svg`);
    const image = new Image();
    image.src = URL.createObjectURL(svg);
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = found.width * 2;
    canvas.height = found.height * 2;
    const pen = canvas.getContext("2d");
    pen.scale(2, 2);
    pen.drawImage(image, 0, 0, found.width, found.height);
    URL.revokeObjectURL(image.src);
    canvas.toBlob((blob) => save(blob, `${chart}.png`), "image/png");
  });
})();
