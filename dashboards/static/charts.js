// Charts as files, made by the reader's own browser: nothing is sent anywhere, no browser is needed on the server.
(() => {
  const drawing = (button) => {
    const place = button.closest('[data-testid="stVerticalBlock"]');
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
    return { text: new XMLSerializer().serializeToString(whole), width, height };
  };
  const save = (blob, name) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  };
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("button[data-chart]");
    const drawn = button && drawing(button);
    if (!drawn) return;
    const { chart, format } = button.dataset;
    const svg = new Blob([drawn.text], { type: "image/svg+xml;charset=utf-8" });
    if (format === "svg") return save(svg, `${chart}.svg`);
    const image = new Image();
    image.src = URL.createObjectURL(svg);
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = drawn.width * 2;
    canvas.height = drawn.height * 2;
    const pen = canvas.getContext("2d");
    pen.scale(2, 2);
    pen.drawImage(image, 0, 0, drawn.width, drawn.height);
    URL.revokeObjectURL(image.src);
    canvas.toBlob((blob) => save(blob, `${chart}.png`), "image/png");
  });
})();
