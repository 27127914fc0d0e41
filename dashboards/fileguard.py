"""Files made for a download, and uploads, pass only while a sign-in holds; Streamlit asks nobody."""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboards import signin
from dashboards.permission import SESSIONS

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
    return SESSIONS.holds(_claims(HTTPConnection(scope).cookies), known.access)


def _claims(cookies: dict[str, str]) -> dict[str, Any]:
    """What the provider said, from Streamlit's signed cookie; empty without a cookie or with a false one."""
    from streamlit.auth_util import get_cookie_with_chunks
    from streamlit.web.server.server_util import get_cookie_secret
    from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value
    from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

    def one(name: str) -> bytes | None:
        value = cookies.get(name)
        return None if value is None else decode_signed_value(get_cookie_secret(), name, value)

    found = get_cookie_with_chunks(one, USER_COOKIE_NAME)
    return dict(json.loads(found)) if found else {}
