"""The pages by group: what the navigation lists, what tests and pictures go through."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any


@dataclass(frozen=True)
class Page:
    """One page: its path in the URL, its module in pages/, whether filters apply, what its render takes.

    `argument` is given to the module's render after the view: the six task pages are one module.
    """

    path: str
    module: str
    has_filters: bool = True
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
        Page("society", "society", has_filters=False),
        Page("compare", "compare", has_filters=False),
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
        Page("units", "units", has_filters=False),
        Page("regions", "regions"),
    ),
    "nav.method": (
        Page("quality", "quality", has_filters=False),
        Page("methods", "methods", has_filters=False),
        Page("what_if", "what_if", has_filters=False),
        Page("filing_check", "filing_check", has_filters=False, needs_run=False),
    ),
}
PAGES = tuple(page for group in GROUPS.values() for page in group)
