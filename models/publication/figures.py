"""Figures as a reader sees them: decimals, shares, counts, values in their own unit, by language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from math import floor
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from babel import Locale

Lang = Literal["zh", "en"]
DASH = "—"
LOCALES: dict[str, str] = {"zh": "zh_CN", "en": "en"}
SMALLEST_SHARE = 0.001
MOST_DIGITS = 4
KEPT = 1 << 16


def decimal(value: float | None, lang: str, digits: int = 1) -> str:
    """A number with a fixed number of decimals; a dash for none."""
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    return _formatted(value, pattern, lang)


def limits(methodology: Mapping[str, Any]) -> tuple[float, ...]:
    """The scores (0–100) on which a band or a decision turns."""
    bands, gates = methodology["composite"]["bands"], methodology["exemplars"]
    floors = [floor for one in (*bands, gates) if (floor := one["dimension_floor"]) is not None]
    minima = [one["minimum"] for one in bands]
    return tuple(sorted({*minima, gates["minimum_score"], *(100 * floor for floor in floors)}))


def score(value: float | None, lang: str, limits: Iterable[float] = ()) -> str:
    """A score (0–100) with one decimal, cut where rounding would reach a limit that it does not reach.

    59.98 below a limit of 60 is 59.9: “60.0, to improve” would contradict itself.
    """
    if value is None:
        return DASH
    # What a sum leaves behind in the last places is no distance from a limit.
    exact, shown = round(value, 6), round(value, 1)
    is_short = any(exact < limit <= shown for limit in limits)
    return decimal(floor(exact * 10) / 10 if is_short else shown, lang)


def apart(before: float, after: float, lang: str) -> tuple[str, str]:
    """Two figures with as many decimals, one to four, as it takes to tell them apart."""
    digits = next((n for n in range(1, MOST_DIGITS) if round(before, n) != round(after, n)), MOST_DIGITS)
    return decimal(before, lang, digits), decimal(after, lang, digits)


def percent(share: float | None, lang: str) -> str:
    """A share (0–1) as a percentage with one decimal; few is not none."""
    if share is not None and 0 < share < SMALLEST_SHARE:
        return f"<{decimal(SMALLEST_SHARE * 100, lang)}%"
    return DASH if share is None else f"{decimal(share * 100, lang)}%"


def trimmed(value: float | None, lang: str, digits: int = 2) -> str:
    """A count, level or weight that may have a fraction: at most so many decimals."""
    return _formatted(value, "#,##0." + "#" * digits, lang)


def signed(value: float | None, lang: str, digits: int = 1) -> str:
    """A difference with its sign, the minus a true one (U+2212); ± where it rounds to nothing, 0 for none."""
    if value is None:
        return DASH
    # What a sum leaves behind in the last places is no difference.
    if round(value, 9) == 0:
        return "0"
    shown = round(value, digits)
    sign = "+" if shown > 0 else "−" if shown < 0 else "±"
    return sign + decimal(abs(shown), lang, digits)


def in_unit(value: float | None, unit: str, lang: str, digits: int = 2) -> str:
    """An indicator's value: levels and counts with so many decimals at most, others as percentages."""
    return trimmed(value, lang, digits) if unit in {"count", "level"} else percent(value, lang)


def _formatted(value: float | None, pattern: str, lang: str) -> str:
    # Nought with a minus equals the one without, and would be kept as whichever came first.
    return DASH if value is None else _kept(value + 0, pattern, lang)


@lru_cache(KEPT)
def _kept(value: float, pattern: str, lang: str) -> str:
    """Kept, since Babel takes 20 µs for a figure, and pages write thousands of a few values."""
    from babel.numbers import format_decimal

    return format_decimal(value, pattern, locale=_locale(lang))


@cache
def _locale(lang: str) -> Locale:
    """Given by name, Babel looks for it among its 1,000 locales at every number."""
    from babel import Locale

    return Locale.parse(LOCALES[lang])
