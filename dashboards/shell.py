"""The HTML shell around the pages, and the headers of every response."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path
from urllib.parse import parse_qs

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboards.brand import NAME

STATIC = Path(__file__).parent / "static"
STATIC_PATH = "/fengqing"
LANGUAGES = {"zh": "zh-CN", "en": "en"}
INLINE_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
# Streamlit's shell advertises an interface for programs, which is switched off here.
REMOVED = (
    re.compile(r"<!--.*?-->", re.DOTALL),
    re.compile(r'<link rel="service-desc"[^>]*>'),
    re.compile(r"<noscript>.*?</noscript>", re.DOTALL),
)
NO_SCRIPT = "<noscript><p>本页面需要启用 JavaScript。This page needs JavaScript.</p></noscript>"
HEAD = "\n".join(
    (
        f'<link rel="stylesheet" href="{STATIC_PATH}/fonts.css">',
        f'<link rel="stylesheet" href="{STATIC_PATH}/app.css">',
        f'<script src="{STATIC_PATH}/base.js"></script>',
        f'<script defer src="{STATIC_PATH}/localise.js"></script>',
        f'<script defer src="{STATIC_PATH}/charts.js"></script>',
    )
)
FIXED_HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "cross-origin-opener-policy": "same-origin",
}


def build_shell(lang: str) -> str:
    """Streamlit's index page in our language, with our style sheets, without what we do not offer."""
    import streamlit

    html = (Path(streamlit.__file__).parent / "static" / "index.html").read_text(encoding="utf-8")
    for pattern in REMOVED:
        html = pattern.sub("", html)
    html = html.replace('<html lang="en">', f'<html lang="{LANGUAGES[lang]}">')
    html = html.replace("<title>Streamlit</title>", f"<title>{NAME}</title>")
    html = html.replace("./favicon.png", f"{STATIC_PATH}/icon.png").replace('"./', '"/')
    html = html.replace("<body>", f"<body>\n{NO_SCRIPT}")
    # First: base.js must run before Streamlit's own script.
    return html.replace("<head>", f"<head>\n{HEAD}", 1)


def content_security_policy(html: str) -> str:
    """Only this server, plus the shell's own inline scripts by their hash."""
    digests = (hashlib.sha256(text.encode()).digest() for text in INLINE_SCRIPT.findall(html))
    hashes = " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
    return "; ".join(
        (
            "default-src 'self'",
            f"script-src 'self' 'wasm-unsafe-eval' {hashes}",
            # Streamlit and Plotly set styles from scripts.
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "worker-src 'self' blob:",
            "frame-src 'none'",
            "frame-ancestors 'none'",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
        )
    )


class ShellMiddleware:
    """Puts our shell in place of Streamlit's index page and our headers on every response."""

    def __init__(self, app: ASGIApp, is_secure: bool = False) -> None:
        self._app = app
        self._is_secure = is_secure
        self._shells = {lang: build_shell(lang).encode("utf-8") for lang in LANGUAGES}
        self._policy = content_security_policy(build_shell("zh"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI entry point."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        shell = self._shells[_language(scope)]
        # Behind a proxy on this machine the scheme is the one it names in X-Forwarded-Proto.
        cookie_end = b"; Secure" if self._is_secure or scope["scheme"] == "https" else b""
        is_shell = False

        async def answer(message: Message) -> None:
            nonlocal is_shell
            if message["type"] == "http.response.start":
                headers = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in message["headers"]}
                is_page = headers.get("content-type", "").startswith("text/html")
                is_shell = is_page and message["status"] == 200
                if is_shell:
                    headers = {
                        "content-type": "text/html; charset=utf-8",
                        "content-length": str(len(shell)),
                        "cache-control": "no-store",
                        "content-language": LANGUAGES[_language(scope)],
                    }
                headers |= FIXED_HEADERS | {"content-security-policy": self._policy}
                headers.pop("set-cookie", None)
                pairs = [(k.encode("latin-1"), v.encode("latin-1")) for k, v in headers.items()]
                # Several cookies are several headers of one name.
                pairs += [
                    (k, v + cookie_end)
                    for k, v in message["headers"]
                    if k.lower() == b"set-cookie" and not is_shell
                ]
                message = {**message, "headers": _unique(pairs)}
            elif message["type"] == "http.response.body" and is_shell:
                if message.get("more_body"):
                    return
                message = {"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else shell}
            await send(message)

        await self._app(_unconditional(scope), receive, answer)


def _language(scope: Scope) -> str:
    asked = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("lang", [""])[0]
    return asked if asked in LANGUAGES else "zh"


def _unconditional(scope: Scope) -> Scope:
    """Without If-None-Match and the like for pages: a stored page of Streamlit's must not be called fresh."""
    if "." in scope["path"].rsplit("/", 1)[-1]:
        return scope
    conditions = {b"if-none-match", b"if-modified-since"}
    return {**scope, "headers": [(k, v) for k, v in scope["headers"] if k.lower() not in conditions]}


def _unique(pairs: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    return list(dict.fromkeys(pairs))
