// Where the server is. Without this, Streamlit tries every part of a page's path first and logs the misses.
window.__streamlit = { BACKEND_BASE_URL: `${window.location.origin}/` };

// The server completes an address that names no run. That is no step of the reader's, and none for the back button.
const push = window.history.pushState;
window.history.pushState = function pushState(state, unused, url) {
  const asked = new URL(url ?? "", window.location.href);
  const names = (search) => new URLSearchParams(search).has("run");
  const completes = asked.pathname === window.location.pathname && !names(window.location.search) && names(asked.search);
  (completes ? this.replaceState : push).call(this, state, unused, url);
};
