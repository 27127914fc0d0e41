"""The pages by group: what the navigation lists, what tests and pictures go through."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

# Of societies; a unit has a reporting line and is itself a choice; a method is one for the whole nation.
SOCIETIES = ("level", "reporting_line", "supervisor_id", "cast_class", "size_class", "band")
UNITS = ("reporting_line", "supervisor_id")
NATION: tuple[str, ...] = ()


@dataclass(frozen=True)
class Page:
    """One page: its path in the URL, its module in pages/, which filters have a meaning on it.

    Filters set elsewhere that have none here stay in the URL, and the bar says that they do nothing.
    `argument` is given to the module's render after the view: the six task pages are one module.
    """

    path: str
    module: str
    filters: tuple[str, ...] = SOCIETIES
    needs_run: bool = True
    argument: str | None = None

    @property
    def address(self) -> str:
        """Its path on the server: the first page is the root."""
        return "" if self is PAGES[0] else self.path

    @property
    def title(self) -> str:
        """The key of its title in the catalogue."""
        return f"{self.path}.nav"

    def render(self) -> Callable[..., Any]:
        """The function that draws it."""
        found: Callable[..., Any] = import_module(f"dashboards.pages.{self.module}").render
        return found


GROUPS: dict[str, tuple[Page, ...]] = {
    "nav.results": (
        Page("overview", "overview"),
        Page("assessment", "assessment"),
        Page("exemplars", "exemplars"),
        Page("society", "society"),
        Page("compare", "compare"),
        Page("changes", "changes"),
    ),
    "nav.tasks": (
        Page("charter", "task", argument="D1"),
        Page("conventions", "task", argument="D2"),
        Page("investigation", "task", argument="D3"),
        Page("evaluation", "task", argument="D4"),
        Page("education", "task", argument="D5"),
        Page("youth", "task", argument="D6"),
    ),
    "nav.supervision": (
        Page("issues", "issues"),
        Page("units", "units", filters=UNITS),
        Page("regions", "regions"),
    ),
    "nav.method": (
        Page("quality", "quality"),
        Page("methods", "methods", filters=NATION),
        Page("what_if", "what_if", filters=NATION),
        Page("filing_check", "filing_check", filters=NATION, needs_run=False),
    ),
}
PAGES = tuple(page for group in GROUPS.values() for page in group)
# Dimension → the page that shows its indicators, society by society.
TASK_PAGES = {page.argument: page.path for page in PAGES if page.argument} | {"D7": "issues"}
