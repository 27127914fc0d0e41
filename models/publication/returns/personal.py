"""Personal information in the marked copy: masked in the cell and where the workbook keeps its texts."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import unescape

from models.publication.returns.cells import Place, edit_cell, plain
from models.publication.returns.package import Package

_ITEM = re.compile(rb"<((?:\w+:)?)si\b[^>]*?(?:/>|(?<!/)>(.*?)</(?:\w+:)?si\s*>)", re.DOTALL)
_TEXT = re.compile(rb"<(?:\w+:)?t\b[^>]*(?<!/)>(.*?)</(?:\w+:)?t\s*>", re.DOTALL)
_VALUE = re.compile(rb"<(?:\w+:)?v\b[^>]*>(.*?)</(?:\w+:)?v\s*>", re.DOTALL)
_READING = re.compile(rb"<((?:\w+:)?)rPh\b.*?</\1rPh\s*>", re.DOTALL)
NOTHING_SHOWN = "***"


def hide_personal(package: Package, places: Iterable[tuple[str, Place]]) -> None:
    """Mask the cells (worksheet part, place); the shared text they point to is masked itself.

    Cells that share that very text are masked with it: it is the same personal information.
    """
    shared: set[int] = set()
    had_formula = False

    def edit(said: dict[str, str], inside: bytes) -> tuple[str, bytes] | None:
        nonlocal had_formula
        value = _VALUE.search(inside)
        if said.get("t") == "s" and value:
            shared.add(int(value.group(1)))
            return None
        had_formula = had_formula or re.search(rb"<(?:\w+:)?f\b", inside) is not None
        text = _text_of(inside) if said.get("t") == "inlineStr" else _decoded(value.group(1)) if value else ""
        return "inlineStr", f"<is>{_t(mask(text))}</is>".encode()

    for part, place in places:
        package.parts[part] = edit_cell(package.xml(part), place, edit)
    strings = package.related(package.workbook or "", "sharedStrings")
    if shared and strings:
        counter = iter(range(10**9))

        def masked(match: re.Match[bytes]) -> bytes:
            if next(counter) not in shared:
                return match.group()
            name = match.group(1)
            text = _t(mask(_text_of(match.group(2) or b"")), name.decode())
            return b"<%ssi>%s</%ssi>" % (name, text.encode(), name)

        package.parts[strings] = _ITEM.sub(masked, package.xml(strings))
    chain = package.related(package.workbook or "", "calcChain")
    if had_formula and chain:
        # It may name no cell without a formula; the office programme makes it anew.
        package.unrelate(package.workbook or "", chain)


def mask(text: str) -> str:
    """The text with identity card and mobile numbers masked; if that finds none, nothing of it."""
    import polars as pl

    from models.intake.privacy import masked

    shown: str = pl.select(masked(pl.lit(text))).item()
    return shown if shown != text else NOTHING_SHOWN


def _t(text: str, prefix: str = "") -> str:
    return f'<{prefix}t xml:space="preserve">{plain(text)}</{prefix}t>'


def _text_of(xml: bytes) -> str:
    return "".join(_decoded(t) for t in _TEXT.findall(_READING.sub(b"", xml)))


def _decoded(xml: bytes) -> str:
    return unescape(xml.decode("utf-8"))
