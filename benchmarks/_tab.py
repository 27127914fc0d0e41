"""A real browser on the dashboard: seconds to what a reader can use, and from a choice to its effect."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

BROWSERS = ("chromium", "google-chrome", "chromium-browser")
WAIT_MS = 60_000
# The headline figures are what the page is for; the rest is below them.
USEFUL, BARE_USEFUL = ".fq-card .figure", ".chosen"
CHARTS = ".js-plotly-plot .main-svg"


@contextmanager
def browser() -> Iterator[BrowserContext]:
    """A browser without anything stored."""
    from playwright.sync_api import sync_playwright

    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        try:
            yield launched.new_context(viewport={"width": 1400, "height": 1000})
        finally:
            launched.close()


def visit(context: BrowserContext, address: str, useful: str = USEFUL) -> tuple[Page, float]:
    """A new tab on the address, and the seconds until what is useful is seen."""
    page = context.new_page()
    began = perf_counter()
    page.goto(address)
    page.wait_for_selector(useful, timeout=WAIT_MS)
    return page, perf_counter() - began


def settle(page: Page) -> None:
    """Wait until the page has stopped changing."""
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]", timeout=WAIT_MS)
    page.wait_for_timeout(500)


def filtered(page: Page, times: int) -> list[float]:
    """Seconds from choosing another level in the filters to the page saying so, and its figures with it."""
    page.get_by_test_id("stPopover").get_by_role("button").click()
    box = page.get_by_test_id("stPopoverBody").get_by_test_id("stSelectbox").first
    return _chosen(page, lambda: box.get_by_role("combobox").click(), ".fq-filters", times)


def chosen_bare(page: Page, times: int) -> list[float]:
    """The same of the bare page's one choice."""
    box = page.get_by_test_id("stSelectbox").first
    return _chosen(page, lambda: box.get_by_role("combobox").click(), BARE_USEFUL, times)


def _chosen(page: Page, unfold: Callable[[], None], told: str, times: int) -> list[float]:
    taken = []
    for n in range(times):
        unfold()
        options = page.get_by_role("option")
        options.first.wait_for()
        option = options.nth(1 + n % (options.count() - 1))
        name = option.inner_text().strip()
        if name in page.locator(told).inner_text():
            option = options.nth(0)
            name = option.inner_text().strip()
        began = perf_counter()
        option.click()
        page.wait_for_function(
            "([place, name]) => document.querySelector(place)?.innerText.includes(name)",
            arg=[told, name], timeout=WAIT_MS,
        )  # fmt: skip
        taken.append(perf_counter() - began)
        settle(page)
    return taken
