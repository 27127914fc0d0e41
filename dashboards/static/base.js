// Where the server is. Without this, Streamlit tries every part of a page's path first and logs the misses.
window.__streamlit = { BACKEND_BASE_URL: `${window.location.origin}/` };

// What the back button leads through are the reader's own steps.
const push = window.history.pushState;
const LEAVING = 3000; // milliseconds in which another page has been drawn, or is not coming
let left = -Infinity; // when the reader last followed a link to another page
window.history.pushState = function pushState(state, unused, url) {
  const { pathname, search, href } = window.location;
  const asked = new URL(url ?? "", href);
  const names = (query) => new URLSearchParams(query).has("run");
  if (asked.pathname !== pathname) {
    left = -Infinity;
  } else if (performance.now() - left < LEAVING) {
    // Where the other page is drawn quickly, its query comes before its path, as a step on the page that is left.
    return;
  } else if (!names(search) && names(asked.search)) {
    // The server completes an address that names no run.
    this.replaceState(state, unused, url);
    return;
  }
  push.call(this, state, unused, url);
};
window.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href]");
  const stays = !link || link.target === "_blank" || event.button || event.ctrlKey || event.metaKey || event.shiftKey;
  if (stays) return;
  const { pathname } = new URL(link.getAttribute("href"), window.location.href);
  if (pathname !== window.location.pathname) left = performance.now();
}, true);
