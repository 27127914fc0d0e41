// Where the server is. Without this, Streamlit tries every part of a page's path first and logs the misses.
window.__streamlit = { BACKEND_BASE_URL: `${window.location.origin}/` };
