"""A download opens for the sign-in it was made for, an upload needs one; Streamlit asks nobody."""

from __future__ import annotations

from functools import cache

from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboards import signin
from dashboards.permission import SESSIONS
from dashboards.shell import STATIC
from dashboards.signin import Access
from dashboards.usercookie import claims_of

MADE, UPLOADS = "/media/", "/_stcore/upload_file/"
REFUSED = "请先登录；网址只对当次登录有效。Sign in first; an address is good for its own sign-in only."
# By these a response would be a part of the file, or packed: not what was handed out.
UNASKED = frozenset({b"range", b"accept-encoding"})


class FileGuard:
    """Answers 403 on the paths of files to whom they are none of. Without sign-in it stands aside."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI entry point."""
        known = signin.load()
        if known is None or scope["type"] != "http" or not scope["path"].startswith((MADE, UPLOADS)):
            await self._app(scope, receive, send)
        elif scope["path"].startswith(MADE):
            await self._hand_out(scope, receive, send, known.access)
        elif SESSIONS.holds(claims_of(HTTPConnection(scope).cookies), known.access):
            await self._app(scope, receive, send)
        else:
            await _refuse(scope, receive, send)

    async def _hand_out(self, scope: Scope, receive: Receive, send: Send, access: Access) -> None:
        """Pass the file on if it was made for who asks. One that is not there is refused like another's."""
        held: list[Message] = []

        async def hold(message: Message) -> None:
            held.append(message)

        whole = {**scope, "headers": [(k, v) for k, v in scope["headers"] if k.lower() not in UNASKED]}
        await self._app(whole, receive, hold)
        data = b"".join(message.get("body", b"") for message in held)
        if data != _logo() and not SESSIONS.owns(claims_of(HTTPConnection(scope).cookies), access, data):
            await _refuse(scope, receive, send)
            return
        for message in held:
            await send(message)


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse(REFUSED, status_code=403)(scope, receive, send)


@cache
def _logo() -> bytes:
    """The one file of Streamlit's that is everybody's: the page of sign-in shows it."""
    return (STATIC / "icon.png").read_bytes()
