"""The dashboard's benchmark: its visitors do what a tab does, and its shares are of what was measured."""

import asyncio

import pytest

from benchmarks import _serving, _walks
from benchmarks.__main__ import row_of
from benchmarks._measure import Figure
from benchmarks._visitor import Visitor
from benchmarks.dashboard import at


@pytest.fixture(scope="module")
def server(published):
    with _serving.dashboard(published.root) as found:
        yield found


@pytest.fixture(scope="module")
def port(server):
    return server.port


def test_a_visitor_filters_and_turns_pages(port):
    async def visit():
        visitor = await Visitor.open(port)
        kind, option = visitor.widget("level")[1:]
        first = await visitor.choose("level", option[0])
        filtered = visitor.query
        await visitor.turn_to("assessment")
        kept = visitor.query
        await visitor.choose("sort", visitor.widget("sort")[2][1])
        await visitor.press("clear_filters")
        await visitor.close()
        return kind, first, filtered, kept, visitor.query

    kind, first, filtered, kept, at_last = asyncio.run(visit())
    assert kind == "selectbox" and 0 < first < 60
    assert "level=national" in filtered and kept == filtered
    assert "sort=score" in at_last and "level" not in at_last


def test_a_key_that_is_not_there_is_an_error(port):
    async def visit():
        visitor = await Visitor.open(port)
        try:
            visitor.widget("no such key")
        finally:
            await visitor.close()

    with pytest.raises(KeyError, match="no such key"):
        asyncio.run(visit())


def test_walkers_go_through_every_page_alone_and_together(port):
    clock = iter(range(100))
    found = asyncio.run(_walks.alone(port, 2, 1, lambda: next(clock)))
    assert set(found) == set(_walks.PAGES)
    assert all(len(new) == len(again) == 2 and used == [0.5, 0.5] for new, again, used in found.values())
    assert len(asyncio.run(_walks.together(port, 2, 0.5))) >= 2


def test_a_server_tells_its_memory_and_processor_time(server):
    assert 50 < server.resident_mb < 5000
    assert server.processor_seconds > 0


def test_shares_are_values_that_were_measured():
    taken = [float(n) for n in range(100, 0, -1)]
    assert (at(taken, 0.5), at(taken, 0.95), at([3.0], 0.95)) == (51, 96, 3)


def test_a_floor_is_told_in_the_figures_unit():
    assert row_of(Figure("x", 30.0, "ms", maximum=60, floor=15.0))[3:] == ("15 ms", "2.0 ×", "yes")


@pytest.mark.parametrize("kind", ["exception", "html"])
def test_a_page_that_says_what_is_wrong_is_no_page(kind):
    """It comes quickly: taken for the page that was asked for, it would make the figures better."""
    from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

    answer = ForwardMsg()
    element = answer.delta.new_element
    if kind == "html":
        element.html.body = '<section class="fq-empty fq-fault" role="alert"></section>'
    else:
        element.exception.message = "gone"
    with pytest.raises(RuntimeError, match="the page failed"):
        Visitor(None)._take_in([answer])
