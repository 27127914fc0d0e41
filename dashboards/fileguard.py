"""Files made for a download, and uploads, pass only while a sign-in holds; Streamlit asks nobody."""

from __future__ import annotations

from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboards import signin
from dashboards.permission import SESSIONS
from dashboards.usercookie import claims_of

GUARDED = ("/media/", "/_stcore/upload_file/")
REFUSED = "请先登录。Sign in first."


class FileGuard:
    """Answers 403 on the paths of files to whoever is not signed in. Without sign-in it stands aside."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI entry point."""
        if _is_open(scope):
            await self._app(scope, receive, send)
        else:
            await PlainTextResponse(REFUSED, status_code=403)(scope, receive, send)


def _is_open(scope: Scope) -> bool:
    known = signin.load()
    if known is None or scope["type"] != "http" or not scope["path"].startswith(GUARDED):
        return True
    return SESSIONS.holds(claims_of(HTTPConnection(scope).cookies), known.access)
