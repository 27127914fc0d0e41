"""Streamlit's signed cookie of whoever is signed in: what it says, and the moment at which it is given."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from http.cookies import SimpleCookie
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboards import signin
from dashboards.permission import SESSIONS


def claims_of(cookies: Mapping[str, str]) -> dict[str, Any]:
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


class SignInWatch:
    """Tells the server's sessions of each sign-in that the provider confirms, when its cookie is given."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI entry point."""
        known = signin.load()
        if known is None or scope["type"] != "http" or scope["path"] != signin.CALLBACK:
            await self._app(scope, receive, send)
            return

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = claims_of(_given(message["headers"]))
                if given:
                    SESSIONS.begin(given, known.access)
            await send(message)

        await self._app(scope, receive, answer)


def _given(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """The cookies that a response sets; one that it sets twice has the later value."""
    found: dict[str, str] = {}
    for name, value in headers:
        if name.lower() == b"set-cookie":
            found |= {one.key: one.value for one in SimpleCookie(value.decode("latin-1")).values()}
    return found
