"""What intake may say about a file, row or cell: codes, titles, verdicts and messages in two languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import polars as pl

DEFECTS_FILE = Path(__file__).parent / "defects.yaml"

Verdict = Literal["A", "W", "R", "Q"]
Lang = Literal["zh", "en"]

# How characters that cannot be seen, or would be taken for a placeholder, are shown in a message.
_SHOWN = {"{": "｛", "}": "｝", "\n": "⏎", "\r": "", "\t": "⇥", "\u00a0": "␣", "\u3000": "␣", "\u200b": "␣"}
# What a message may name. `cell` is the spreadsheet address, e.g. C7; a to d belong to each check.
PLACEHOLDERS = ("value", "repaired", "header", "row", "cell", "a", "b", "c", "d")


@dataclass(frozen=True)
class Defect:
    """One code: its titles, the verdict of a contract rule that names it, and its messages.

    `messages` maps (variant, verdict letter) to the texts by language; the plain wording is
    variant "". `advice` says by language what to write instead. `is_consequence`: it only follows from
    another fault (a row goes back with its cover), and goes when that is mended.
    """

    code: str
    title_zh: str
    title_en: str
    default: Verdict
    messages: Mapping[tuple[str, str], Mapping[str, str]]
    advice: Mapping[str, str]
    is_consequence: bool = False

    @property
    def verdicts(self) -> frozenset[str]:
        """Verdict letters for which there is a message."""
        return frozenset(verdict for _, verdict in self.messages)

    def title(self, lang: Lang) -> str:
        """The title in `zh` or `en`."""
        return self.title_en if lang == "en" else self.title_zh


@cache
def _content() -> dict[str, Any]:
    import yaml

    return dict(yaml.safe_load(DEFECTS_FILE.read_text(encoding="utf-8")))


def consequences() -> frozenset[str]:
    """Codes that only follow from other faults."""
    return frozenset(code for code, defect in load_defects().items() if defect.is_consequence)


@cache
def load_defects() -> dict[str, Defect]:
    """All defects by code."""
    return {d.code: d for d in map(_defect, _content()["defects"])}


def facts(lang: Lang) -> dict[str, str]:
    """How messages say what stands in a cell: `filled`, `blank`, and what goes `between` two of them."""
    return dict(_content()["facts"][lang])


def _defect(entry: dict[str, Any]) -> Defect:
    wordings = {"": entry["messages"], **entry.get("variants", {})}
    messages = {
        (variant, verdict): texts
        for variant, by_verdict in wordings.items()
        for verdict, texts in by_verdict.items()
    }
    return Defect(
        entry["code"],
        entry["title"]["zh"],
        entry["title"]["en"],
        entry["default"],
        messages,
        entry["advice"],
        bool(entry.get("is_consequence")),
    )


def message(code: str, verdict: str, lang: Lang, variant: str = "", **values: Any) -> str:
    """One message, its placeholders filled from `values` (those not given become empty).

    Raises:
        KeyError: no such code, or no message for that verdict and variant.
    """
    text = load_defects()[code].messages[variant, verdict][lang]
    for name in PLACEHOLDERS:
        value = values.get(name)
        text = text.replace("{" + name + "}", "" if value is None else str(value))
    return text


def templates() -> pl.DataFrame:
    """All messages as a frame: code, verdict, variant, message_zh, message_en."""
    import polars as pl

    rows = [
        (d.code, verdict, variant, texts["zh"], texts["en"])
        for d in load_defects().values()
        for (variant, verdict), texts in d.messages.items()
    ]
    schema = {name: pl.String for name in ("code", "verdict", "variant", "message_zh", "message_en")}
    return pl.DataFrame(rows, schema=schema, orient="row")


def fill(findings: pl.DataFrame) -> pl.DataFrame:
    """Add `message_zh` and `message_en` to a frame of findings.

    `findings` holds code, verdict, variant and, as text, the columns of `PLACEHOLDERS`. The order
    of rows is kept.

    Raises:
        KeyError: a finding has no message in defects.yaml.
    """
    import polars as pl

    out = findings.join(templates(), on=["code", "verdict", "variant"], how="left", maintain_order="left")
    missing = out.filter(pl.col("message_zh").is_null())
    if missing.height:
        code, verdict, variant = missing.select("code", "verdict", "variant").row(0)
        raise KeyError(f"defects.yaml has no message {code} {verdict} {variant!r} 缺少提示语")
    for name in PLACEHOLDERS:
        # One literal pass a placeholder: a value that itself holds braces must not be expanded by a
        # later pass, so its braces are made full-width first.
        value = pl.col(name).cast(pl.String).fill_null("").str.replace_many(_SHOWN)
        out = out.with_columns(
            pl.when(pl.col(lang).str.contains("{" + name + "}", literal=True))
            .then(pl.col(lang).str.replace_all("{" + name + "}", value, literal=True))
            .otherwise(pl.col(lang))
            .alias(lang)
            for lang in ("message_zh", "message_en")
        )
    return out
