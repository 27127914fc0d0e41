"""What visitors do: walks through the pages that change a filter, a society, a choice at every step."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from time import perf_counter

from benchmarks._visitor import Visitor

# Page → the widgets that its steps change, by the beginning of their keys.
FILTERS = ("level", "line", "class")
PAGES: dict[str, tuple[str, ...]] = {
    "": FILTERS,
    "assessment": FILTERS,
    "society": ("society_choice",),
    "exemplars": FILTERS,
    "charter": FILTERS,
    "education": FILTERS,
    "regions": ("by",),
}
STEPS_A_PAGE, CLEAR = 4, "clear_filters"
BARE = ("choice",)


class Walker:
    """A visitor who goes from page to page by a seed of its own: every so many steps another page."""

    def __init__(self, visitor: Visitor, seed: int, is_bare: bool = False) -> None:
        self.visitor, self._random, self._is_bare = visitor, random.Random(seed), is_bare
        self._page, self._left = "", STEPS_A_PAGE

    @classmethod
    async def enter(cls, port: int, seed: int, is_bare: bool = False) -> Walker:
        """A walker in a new session."""
        return cls(await Visitor.open(port), seed, is_bare)

    async def step(self) -> float:
        """One rerun; seconds from asking to the end of the script."""
        keys = BARE if self._is_bare else PAGES[self._page]
        # Filters go along from page to page, and may leave no society to choose.
        is_stuck = not all(self.visitor.has(key) for key in keys)
        if is_stuck or (self._left == 0 and not self._is_bare):
            self._page, self._left = self._random.choice(list(PAGES)), STEPS_A_PAGE
            taken = await self.visitor.turn_to(self._page)
            # A filter that came along from the page before is not one to clear by its own box.
            if self.visitor.has(CLEAR):
                await self.visitor.press(CLEAR)
            return taken
        self._left -= 1
        return await change(self.visitor, keys, self._random)


async def change(visitor: Visitor, keys: Sequence[str], chance: random.Random) -> float:
    """Set one of the widgets to any of its options, the others to none."""
    key = chance.choice(keys)
    return await choose(visitor, keys, key, chance.choice(visitor.widget(key)[2]))


async def choose(visitor: Visitor, keys: Sequence[str], key: str, option: str) -> float:
    """Set one of the widgets `keys`, the others to none; seconds to the end of the script."""
    for other in keys:
        if other != key:
            visitor.clear(other)
    return await visitor.choose(key, option)


async def alone(
    port: int, steps: int, seed: int, busy: Callable[[], float]
) -> dict[str, tuple[list[float], list[float], list[float]]]:
    """One session: page → seconds of steps that nobody asked for before, of the same again, and of both the
    processor's seconds a step, as `busy` counts them."""
    visitor = await Visitor.open(port)
    found = {}
    for page, keys in PAGES.items():
        await visitor.turn_to(page)
        ways = [(key, option) for key in keys for option in visitor.widget(key)[2]]
        random.Random(seed).shuffle(ways)
        taken, used = [], []
        for _ in range(2):
            before = busy()
            taken.append([await choose(visitor, keys, *way) for way in ways[:steps]])
            used.append((busy() - before) / len(taken[-1]))
        found[page] = (taken[0], taken[1], used)
        if visitor.has(CLEAR):
            await visitor.press(CLEAR)
    await visitor.close()
    return found


async def together(
    port: int, sessions: int, seconds: float, think: float = 0.0, is_bare: bool = False
) -> list[float]:
    """Many sessions for so long, each step after `think` seconds (at full tilt: 0); seconds of every step."""
    walkers = await enter(port, sessions, is_bare)
    began, taken = perf_counter(), []

    async def walk(n: int, walker: Walker) -> None:
        # Nobody begins at the same time as the others, where they think.
        await asyncio.sleep(think * n / sessions)
        while perf_counter() - began < seconds:
            taken.append(await walker.step())
            await asyncio.sleep(think)

    await asyncio.gather(*(walk(n, walker) for n, walker in enumerate(walkers)))
    await leave(walkers)
    return taken


async def enter(port: int, sessions: int, is_bare: bool = False) -> list[Walker]:
    """So many sessions, one after the other, each with its first page drawn."""
    return [await Walker.enter(port, seed, is_bare) for seed in range(sessions)]


async def leave(walkers: Sequence[Walker]) -> None:
    """End the sessions."""
    for walker in walkers:
        await walker.visitor.close()
