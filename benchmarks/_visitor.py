"""A visitor of a Streamlit server without a browser: its websocket protocol, from a rerun asked to its end.

Thirty tabs of a real browser on two cores would measure the browser. A visitor sends what a tab sends (the
state of the widgets used, the page, the address) and reads all that the server answers.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

WAIT_SECONDS = 120
SHORT = 200  # bytes; no end of a run is longer
# The class of what is drawn in place of a page.
WRONG = "fq-empty"
# Elements whose state a visitor may set, with the field of their value.
VALUES = {
    "button": "trigger_value",
    "selectbox": "string_value",
    "number_input": "double_value",
    "text_input": "string_value",
}


@dataclass
class Visitor:
    """One session. `widgets` holds the last seen of each kind by user key, as (id, options)."""

    connection: ClientConnection
    query: str = ""
    page_hash: str = ""
    pages: dict[str, str] = field(default_factory=dict)
    widgets: dict[str, tuple[str, str, list[str]]] = field(default_factory=dict)
    states: dict[str, tuple[str, Any]] = field(default_factory=dict)
    bytes_read: int = 0

    @classmethod
    async def open(cls, port: int, page: str = "", query: str = "") -> Visitor:
        """A new session on the page, its first run done."""
        from websockets.asyncio.client import connect

        address = f"127.0.0.1:{port}"
        connection = await connect(
            f"ws://{address}/_stcore/stream", subprotocols=["streamlit"], origin=f"http://{address}",  # type: ignore[list-item, arg-type]
            compression=None, max_size=None, open_timeout=WAIT_SECONDS, ping_interval=None,
        )  # fmt: skip
        visitor = cls(connection, query=query)
        await visitor.rerun(page)
        return visitor

    async def close(self) -> None:
        """End the session."""
        await self.connection.close()

    async def choose(self, key: str, value: Any) -> float:
        """Set the widget whose key begins with `key`; seconds until all is drawn anew."""
        widget, kind, _ = self.widget(key)
        self.states[widget] = (VALUES[kind], value)
        return await self.rerun()

    async def turn_to(self, page: str) -> float:
        """Go to another page of the navigation; seconds until all is drawn."""
        self.page_hash, self.states, self.widgets = self.pages[page], {}, {}
        return await self.rerun()

    def clear(self, key: str) -> None:
        """Take the choice of a widget back, with the next rerun."""
        widget, kind, _ = self.widget(key)
        self.states[widget] = (VALUES[kind], None)

    async def press(self, key: str) -> float:
        """Press the button whose key begins with `key`; seconds until all is drawn anew."""
        widget, kind, _ = self.widget(key)
        self.states[widget] = (VALUES[kind], True)
        taken = await self.rerun()
        self.states = {}
        return taken

    def has(self, key: str) -> bool:
        """Whether the page has a widget whose key begins with `key`."""
        return any(name.startswith(key) for name in self.widgets)

    def widget(self, key: str) -> tuple[str, str, list[str]]:
        """(id, kind, options) of the widget whose key begins with `key`; KeyError without one."""
        # A key changes with what it belongs to: the last one drawn counts.
        for name, found in reversed(self.widgets.items()):
            if name.startswith(key):
                return found
        raise KeyError(f"no widget {key!r}; there are {sorted(self.widgets)}")

    async def rerun(self, page: str = "") -> float:
        """Run the script as things stand; seconds until all is drawn."""
        from streamlit.proto.BackMsg_pb2 import BackMsg

        message = BackMsg()
        asked = message.rerun_script
        asked.query_string, asked.page_script_hash, asked.page_name = self.query, self.page_hash, page
        for widget, (kind, value) in self.states.items():
            state = asked.widget_states.widgets.add(id=widget)
            if value is not None:
                setattr(state, kind, value)
        began = perf_counter()
        await self.connection.send(message.SerializeToString())
        answers = []
        async with asyncio.timeout(WAIT_SECONDS):
            while not _is_end(answers):
                answers.append(await self.connection.recv())
        taken = perf_counter() - began
        self._take_in([_parsed(answer) for answer in answers])
        self.bytes_read = sum(map(len, answers))
        return taken

    def _take_in(self, answers: list[Any]) -> None:
        drawn = {}
        for answer in answers:
            kind = answer.WhichOneof("type")
            if kind == "page_info_changed":
                self.query = answer.page_info_changed.query_string
            elif kind == "navigation":
                self.page_hash = answer.navigation.page_script_hash
                self.pages = {p.url_pathname: p.page_script_hash for p in answer.navigation.app_pages}
            elif kind == "delta" and answer.delta.WhichOneof("type") == "new_element":
                element = answer.delta.new_element
                name = element.WhichOneof("type")
                # Quick as they are, pages that say what is wrong are none that were asked for.
                if name == "exception" or (name == "html" and WRONG in element.html.body):
                    raise RuntimeError(f"the page failed 页面出错: {element}")
                if name in VALUES:
                    part = getattr(element, name)
                    drawn[part.id.split("-", 2)[-1]] = (part.id, name, list(getattr(part, "options", [])))
        # Those of the sidebar and the page are drawn at every rerun; a key may come again with another id.
        for name, found in drawn.items():
            self.widgets.pop(name, None)
            self.widgets[name] = found


def _parsed(answer: bytes) -> Any:
    from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

    return ForwardMsg.FromString(answer)


def _is_end(answers: list[Any]) -> bool:
    """Whether the last answer says that the script has run to its end (not that it starts anew)."""
    if not answers or len(answers[-1]) > SHORT:
        return False
    last = _parsed(answers[-1])
    return last.WhichOneof("type") == "script_finished" and last.script_finished == last.FINISHED_SUCCESSFULLY
