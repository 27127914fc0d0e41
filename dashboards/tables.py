"""Rows → an HTML table. Plain HTML is read by screen readers, prints, and uses the page's fonts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape
from re import compile as pattern

from models.visible import visible

# How complete a duty is: the sign's form tells it, the word beside it says it.
COMPLETENESS = {"complete": "●", "partial": "◐", "none": "○", "idle": "—"}
SIGNS = {
    "reported": "●",
    "zero": "○",
    "not_reported": "×",
    "not_applicable": "—",
    "under_verification": "◇",
    "suppressed": "※",
}


BREAKS = pattern(r"(_)(?=.)")


class Html(str):
    """Text that is HTML already; everything else is escaped."""

    __slots__ = ()


@dataclass(frozen=True)
class Head:
    """A column's heading; `is_number` sets figures flush right, `css` adds a class to heading and cells."""

    text: str
    is_number: bool = False
    css: str = ""

    @property
    def classes(self) -> str:
        """The class attribute's value."""
        return " ".join(part for part in ("number" if self.is_number else "", self.css) if part)


def cell(value: str | None) -> str:
    """The HTML of a value: data is text, never mark-up, and signs that act unseen are written out."""
    return value if isinstance(value, Html) else escape(visible(value or ""))


def table(heads: Sequence[Head], rows: Iterable[Sequence[str | None]], caption: str) -> str:
    """An HTML table. `caption` names it for those who cannot see it; a row of one cell heads a group.

    Without rows it has one with a dash: a heading over nothing looks like a page that broke off.
    """
    top = "".join(f'<th scope="col" class="{h.classes}">{cell(h.text)}</th>' for h in heads)
    body = "".join(f"<tr>{_cells(heads, row)}</tr>" for row in rows)
    body = body or f'<tr><td colspan="{len(heads)}">—</td></tr>'
    return (
        f'<div class="fq-scroll" tabindex="0" role="region" aria-label="{cell(caption)}">'
        f'<table class="fq-table"><caption>{cell(caption)}</caption>'
        f"<thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _cells(heads: Sequence[Head], row: Sequence[str | None]) -> str:
    if len(row) == 1:
        # The name stays in sight, by itself, where a table is moved sideways.
        name = f"<span>{cell(row[0])}</span>"
        return f'<th scope="rowgroup" colspan="{len(heads)}" class="fq-group">{name}</th>'
    return "".join(f'<td class="{h.classes}">{cell(v)}</td>' for h, v in zip(heads, row, strict=True))


def badge(text: str, css: str, title: str = "") -> Html:
    """A short word on a tinted ground; `title` is said when it is pointed at."""
    said = f' title="{cell(title)}"' if title and title != text else ""
    return Html(f'<span class="fq-badge {cell(css)}"{said}>{cell(text)}</span>')


def mark(code: str, name: str) -> Html:
    """A state with its sign: the four kinds of nothing differ in form and in words, not in colour alone."""
    return Html(
        f'<span class="fq-state {cell(code)}"><span aria-hidden="true">{SIGNS[code]}</span>'
        f"{cell(name)}</span>"
    )


def completeness(value: float | None, name: Callable[[str], str]) -> Html:
    """How much of a duty is done (0–1; None: there was nothing to do), in a sign and in `name`'s word."""
    code = "idle" if value is None else "complete" if value >= 1 else "partial" if value > 0 else "none"
    return Html(
        f'<span class="fq-state {code}"><span aria-hidden="true">{COMPLETENESS[code]}</span>'
        f"{cell(name(code))}</span>"
    )


def interval(score: float | None, low: float | None, high: float | None, label: str) -> Html:
    """A score with its interval on a scale from 0 to 100."""
    if score is None or low is None or high is None:
        return Html("")
    return Html(
        f'<span class="fq-interval" role="img" aria-label="{cell(label)}" title="{cell(label)}">'
        f'<i style="left:{low:.1f}%;width:{max(high - low, 0.5):.1f}%"></i>'
        f'<b style="left:{score:.1f}%"></b></span>'
    )


def bar(score: float | None, label: str) -> Html:
    """A score as a bar from 0 to 100."""
    if score is None:
        return Html("")
    return Html(
        f'<span class="fq-share full" title="{cell(label)}"><i style="width:{score:.1f}%"></i></span>'
    )


def breakable(name: str) -> Html:
    """The name of a file, to be broken where its parts end and not within a number."""
    return Html(BREAKS.sub(r"\1<wbr>", cell(name)))


def two_lines(first: str, second: str) -> Html:
    """A value with a remark below it in small type."""
    return Html(f"{cell(first)}<small>{cell(second)}</small>")


def share_bar(share: float | None, label: str) -> Html:
    """A share (0–1) as a bar with its figure."""
    if share is None:
        return Html("")
    return Html(
        f'<span class="fq-share"><i style="width:{share * 100:.1f}%"></i></span>'
        f'<span class="fq-share-label">{cell(label)}</span>'
    )


def cards(items: Iterable[tuple[str, str, str]]) -> str:
    """Headline figures: (name, figure, remark); a figure may be a link."""
    parts = "".join(
        f'<div class="fq-card"><span class="name">{cell(name)}</span>'
        f'<span class="figure">{cell(figure)}</span>'
        f'<span class="remark">{cell(remark)}</span></div>'
        for name, figure, remark in items
    )
    return f'<div class="fq-cards">{parts}</div>'
