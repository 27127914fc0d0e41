"""Chinese and English: messages from the gettext catalogues, names of codes from the snapshot, numbers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path

from babel.messages.pofile import read_po

from models.clock import in_beijing
from models.publication import figures
from models.publication.figures import DASH, LOCALES, Lang
from models.publication.labels import OWN

LANGUAGES: tuple[Lang, ...] = ("zh", "en")
FOLDER = Path(__file__).parent / "locales"


@cache
def catalogue(lang: Lang) -> dict[str, str]:
    """Message key → text of a language."""
    with (FOLDER / LOCALES[lang] / "LC_MESSAGES" / "dashboards.po").open("rb") as file:
        read = read_po(file, locale=LOCALES[lang])
    return {str(m.id): str(m.string) for m in read if m.id}


@cache
def lasting_labels(lang: Lang) -> dict[tuple[str, str], str]:
    """(kind, code) → name of the codes that no run can rename: verdicts and the like."""
    import yaml

    known = yaml.safe_load(OWN.read_text(encoding="utf-8"))
    return {(kind, code): text[lang] for kind, texts in known.items() for code, text in texts.items()}


@dataclass(frozen=True)
class Texts:
    """Everything a page says in one language. `labels` maps (kind, code) to the snapshot's name.

    `limits` are the scores (0–100) on which something turns: bands, floors.
    """

    lang: Lang
    labels: dict[tuple[str, str], str] = field(default_factory=dict)
    limits: tuple[float, ...] = ()

    def __call__(self, key: str, **values: object) -> str:
        """A message; KeyError if the catalogue lacks it."""
        text = catalogue(self.lang)[key]
        return text.format(**values) if values else text

    def label(self, kind: str, code: str | None) -> str:
        """The name of a code; the code itself if it has none, a dash for nothing."""
        return DASH if code is None else self.labels.get((kind, code), code)

    def options(self, kind: str) -> list[str]:
        """The codes of a kind, in the order of display."""
        return [code for known, code in self.labels if known == kind]

    def pick(self, zh: str, en: str) -> str:
        """The text of this language."""
        return en if self.lang == "en" else zh

    def half(self, text: str) -> str:
        """This language's half of a text of the form “中文 | English”; the whole if it has no halves."""
        zh, _, en = text.partition(" | ")
        return self.pick(zh, en or zh)

    def span(self, low: int, high: int) -> str:
        """A range of ranks, or the one rank."""
        return self.integer(low) if low == high else f"{self.integer(low)}–{self.integer(high)}"

    def integer(self, value: float | None) -> str:
        """A count, grouped by thousands."""
        return figures.decimal(value, self.lang, 0)

    def decimal(self, value: float | None, digits: int = 1) -> str:
        """A number with a fixed number of decimals."""
        return figures.decimal(value, self.lang, digits)

    def score(self, value: float | None) -> str:
        """A score (0–100) with one decimal, never rounded up to a limit that it does not reach."""
        return figures.score(value, self.lang, self.limits)

    def apart(self, before: float, after: float) -> str:
        """From one figure to another, with the decimals that tell them apart."""
        return " → ".join(figures.apart(before, after, self.lang))

    def percent(self, share: float | None) -> str:
        """A share (0–1) as a percentage with one decimal."""
        return figures.percent(share, self.lang)

    def signed(self, value: float | None, is_share: bool = False, digits: int = 1) -> str:
        """A difference with its sign; of shares in percentage points."""
        shown = figures.signed(value if value is None or not is_share else value * 100, self.lang, digits)
        return f"{shown}{self('points')}" if is_share and value is not None else shown

    def trimmed(self, value: float | None) -> str:
        """A count that may have a fraction: at most two decimals."""
        return figures.trimmed(value, self.lang)

    def value(self, value: float | None, unit: str) -> str:
        """An indicator's value in its own unit: shares as percentages, levels and counts as they are."""
        return figures.in_unit(value, unit, self.lang)

    def moment(self, value: datetime) -> str:
        """A UTC time to the minute, by Beijing time."""
        return self("moment", at=f"{in_beijing(value):%Y-%m-%d %H:%M}")
