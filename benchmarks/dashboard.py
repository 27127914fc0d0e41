"""The dashboard with a nation in it, beside a bare Streamlit page: first page, reruns, many sessions, memory.

The first page and a choice are timed in a real browser. Many sessions are visitors over Streamlit's websocket
protocol (`_visitor`): thirty tabs on two cores would measure the browser. Their time runs from the message
that asks for a rerun to the message that the script has ended, waiting and sending included.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from time import perf_counter

from benchmarks import _published, _serving, _tab, _walks
from benchmarks._measure import Figure, Meter

SOCIETIES = 25_000
HOME = Path("var") / "benchmarks" / "dashboard"
STEPS, CHOICES, SECONDS, THINK_SECONDS = 24, 20, 20, 10
SESSIONS = (10, 30)
ALONE_MS, TILT_MS, THINKING_MS, TILT_SESSIONS, THINKING = 60, 800, 120, 30, 100
COLD_MS, WARM_MS, SESSION_MB = 3_000, 1_500, 2
THINKING_SECONDS = 60
WARM_VISITS = 7
SEED = 7


def run(meter: Meter) -> None:
    """As measured by default; FENGQING_BENCHMARK_SOCIETIES and FENGQING_BENCHMARK_HOME say otherwise."""
    societies = int(os.environ.get("FENGQING_BENCHMARK_SOCIETIES", SOCIETIES))
    home = Path(os.environ.get("FENGQING_BENCHMARK_HOME", f"{HOME}-{societies}"))
    measure(meter, home, societies)


def measure(meter: Meter, home: Path, societies: int, *, is_any_code: bool = False) -> None:
    """Everything, on a home that is made if it is not there."""
    steps = meter.track(range(8), "home, browser, one session, loads, memory; then the bare page", 8)
    next(steps)
    made = _published.home_of(home.resolve(), societies, lambda _: None, is_any_code=is_any_code)
    next(steps)
    with _serving.bare() as server:
        floor = _browser(server, is_bare=True)
        floor |= _load(server, is_bare=True)
        floor["memory"] = _memory(server, is_bare=True)
    next(steps)
    # A server for the browser and one for the visitors: the first visit of each is a first visit.
    with _serving.dashboard(made.root) as server:
        found = _browser(server)
    next(steps)
    with _serving.dashboard(made.root) as server:
        _alone(meter, server, floor["one session"])
        next(steps)
        found |= _load(server)
        next(steps)
        found["memory"] = _memory(server)
        resident = server.resident_mb
    next(steps)
    _report(meter, found, floor, resident)
    list(steps)


def _browser(server: _serving.Server, *, is_bare: bool = False) -> dict[str, list[float]]:
    useful = _tab.BARE_USEFUL if is_bare else _tab.USEFUL
    with _tab.browser() as context:
        page, cold = _tab.visit(context, server.address, useful)
        _tab.settle(page)
        warm = []
        for _ in range(WARM_VISITS):
            page.close()
            page, taken = _tab.visit(context, server.address, useful)
            _tab.settle(page)
            warm.append(taken)
        choose = _tab.chosen_bare if is_bare else _tab.filtered
        return {"cold": [cold], "warm": warm, "choice": choose(page, CHOICES)}


def _alone(meter: Meter, server: _serving.Server, floor: Sequence[float]) -> None:
    by_page = asyncio.run(_walks.alone(server.port, STEPS, SEED, lambda: server.processor_seconds))
    for page, (new, again, used) in by_page.items():
        for what, taken, busy in (("not asked before", new, used[0]), ("asked before", again, used[1])):
            name = f"one session, {page or 'overview'}, {what}"
            _figure(meter, name, taken, floor)
            meter.figure(f"{name}: processor a rerun", busy * 1e3, unit="ms")
    for place, what in enumerate(("not asked before", "asked before")):
        every = [one for taken in by_page.values() for one in taken[place]]
        _figure(meter, f"one session, every page, {what}", every, floor, ALONE_MS)


def _load(server: _serving.Server, *, is_bare: bool = False) -> dict[str, list[float]]:
    found = {}
    if is_bare:
        found["one session"] = asyncio.run(_walks.together(server.port, 1, 5, is_bare=True))
    for sessions in SESSIONS:
        busy, began = server.processor_seconds, perf_counter()
        taken = asyncio.run(_walks.together(server.port, sessions, SECONDS, is_bare=is_bare))
        found[f"{sessions} sessions at full tilt"] = taken
        found[f"{sessions}: processor ms a rerun"] = [(server.processor_seconds - busy) / len(taken)]
        found[f"{sessions}: reruns a second"] = [len(taken) / (perf_counter() - began)]
    found[f"{THINKING} sessions that think {THINK_SECONDS} s"] = asyncio.run(
        _walks.together(server.port, THINKING, THINKING_SECONDS, THINK_SECONDS, is_bare)
    )
    return found


def _memory(server: _serving.Server, *, is_bare: bool = False) -> list[float]:
    """Megabytes a session more: resident with one, and with thirty that all have walked, after the loads.

    What answers the server keeps, it keeps by then; a session more adds only what is its own.
    """

    async def walked() -> float:
        first = await _walks.enter(server.port, 1, is_bare)
        await first[0].step()
        before = server.resident_mb
        others = await _walks.enter(server.port, TILT_SESSIONS, is_bare)
        for walker in others:
            for _ in range(_walks.STEPS_A_PAGE):
                await walker.step()
        after = server.resident_mb
        await _walks.leave([*first, *others])
        return (after - before) / TILT_SESSIONS

    return [asyncio.run(walked())]


def _report(
    meter: Meter, found: dict[str, list[float]], floor: dict[str, list[float]], resident: float
) -> None:
    for name, limit in (("cold", COLD_MS), ("warm", WARM_MS)):
        what = f"first useful page in a browser, {name}"
        meter.figures.append(
            Figure(what, median(found[name]) * 1e3, "ms", maximum=limit, floor=median(floor[name]) * 1e3)
        )
    _figure(meter, "a filter in a browser, click to page", found["choice"], floor["choice"])
    limits = {f"{TILT_SESSIONS} sessions at full tilt": TILT_MS,
              f"{THINKING} sessions that think {THINK_SECONDS} s": THINKING_MS}  # fmt: skip
    for name, taken in found.items():
        if "sessions" in name:
            _figure(meter, name, taken, floor[name], limits.get(name))
        elif "processor" in name:
            meter.figures.append(Figure(name, taken[0] * 1e3, "ms", floor=floor[name][0] * 1e3))
        elif "second" in name:
            meter.figures.append(Figure(name, taken[0], "", floor=floor[name][0]))
    meter.figures.append(
        Figure("memory a session after the first", found["memory"][0], "MB", maximum=SESSION_MB,
               floor=max(floor["memory"][0], 0) or None)
    )  # fmt: skip
    meter.figure("resident at the end", resident, unit="MB")


def _figure(
    meter: Meter, what: str, taken: Sequence[float], floor: Sequence[float], most: float | None = None
) -> None:
    """Note median and 95th percentile in milliseconds, the latter with its limit."""
    for share, limit in ((0.5, None), (0.95, most)):
        name = f"{what}: p{share * 100:.0f} of {len(taken)}"
        meter.figures.append(
            Figure(name, at(taken, share) * 1e3, "ms", maximum=limit, floor=at(floor, share) * 1e3)
        )


def at(taken: Sequence[float], share: float) -> float:
    """The value that so large a share of the values does not exceed."""
    ordered = sorted(taken)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]


def main() -> None:
    """`python -m benchmarks.dashboard --home var/benchmarks/dashboard-25000`."""
    import argparse

    from rich.console import Console
    from rich.progress import Progress

    from benchmarks.__main__ import print_table

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--societies", type=int, default=SOCIETIES)
    parser.add_argument("--home", type=Path, help=f"kept and used again; {HOME}-SOCIETIES without")
    parser.add_argument("--any-code", action="store_true", help="use a home that other code has made")
    given = parser.parse_args()
    home = given.home or Path(f"{HOME}-{given.societies}")
    with Progress(console=Console(stderr=True)) as progress:
        meter = Meter(progress)
        measure(meter, home, given.societies, is_any_code=given.any_code)
    print_table({"dashboard": meter.figures})


if __name__ == "__main__":
    main()
