"""Injectors that change one cell of a data row: spellings that can be repaired, and values that cannot."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from data_contracts.contract import Field
from models.sample.mess.record import Verdict
from models.sample.words import layout, mess_words
from models.sample.workbook import ErrorCell

EPOCH = date(1899, 12, 30)  # day 0 of a spreadsheet's serial numbers
Make = Callable[[np.random.Generator, Field, Any], Any]


class Unfit(Exception):
    """This value cannot carry this defect."""


@dataclass(frozen=True)
class CellInjector:
    """A defect of one cell: which cells can carry it, and what is written instead."""

    defect: str
    verdict: Verdict
    weight: float
    fits: Callable[[Field, Any], bool]
    make: Make


def _is_int(f: Field, v: Any) -> bool:
    return f.kind == "integer" and isinstance(v, int)


def _is_date(f: Field, v: Any) -> bool:
    return f.kind == "date" and isinstance(v, date)


def _is_choice(f: Field, v: Any) -> bool:
    return f.kind == "string" and bool(f.enum) and isinstance(v, str)


def _is_flag(f: Field, v: Any) -> bool:
    words = layout()["words"]
    return f.kind == "boolean" and v in (words["yes"][0], words["no"][0])


def _is_prose(f: Field, v: Any) -> bool:
    return f.kind == "string" and not f.enum and (f.max_length or 0) >= 200 and isinstance(v, str)


def _full_width(rng: np.random.Generator, f: Field, v: Any) -> str:
    pairs = mess_words()["full_width"]
    return str(v).translate(str.maketrans(str(pairs["from"]), str(pairs["to"])))


def _spaced(rng: np.random.Generator, f: Field, v: Any) -> str:
    space = str(rng.choice(mess_words()["spaces"]))
    text = str(v)
    where = int(rng.integers(0, 3 if len(text) > 1 and f.enum else 2))
    return (space + text, text + space, text[:1] + space + text[1:])[where]


def _date_text(rng: np.random.Generator, f: Field, v: date) -> str:
    words = mess_words()
    k = int(rng.integers(0, len(words["dates"]) + 1))
    if k < len(words["dates"]):
        text = str(words["dates"][k]).format(y=v.year, m=v.month, d=v.day)
        if text == v.isoformat():
            raise Unfit
        return text
    numerals = words["numerals"]
    year = "".join(numerals[int(c)] for c in str(v.year))
    return str(words["date_numerals"]).format(y=year, m=_small(v.month), d=_small(v.day))


def _small(n: int) -> str:
    """1–99 in Chinese numerals."""
    words = mess_words()
    tens, ones = divmod(n, 10)
    head = words["ten"] if tens == 1 else words["numerals"][tens] + words["ten"] if tens else ""
    return str(head + (words["numerals"][ones] if ones else ""))


def _serial(rng: np.random.Generator, f: Field, v: date) -> int:
    return (v - EPOCH).days


def _lost_serial(rng: np.random.Generator, f: Field, v: date) -> int:
    return (v - EPOCH).days // 10  # a digit lost in typing: the beginning of the twentieth century


def _flag(rng: np.random.Generator, f: Field, v: str) -> str:
    words = layout()["words"]
    spellings = words["yes"] if v == words["yes"][0] else words["no"]
    other = [w for w in spellings[1:] if w not in words["ambiguous"]]
    return str(rng.choice(other))


def _with_unit(rng: np.random.Generator, f: Field, v: int) -> str:
    words = mess_words()
    if v >= 10_000 and v % 100 == 0:
        return str(words["ten_thousands"]).format(n=f"{v / 10_000:g}")
    if 0 < v < 1000 and v % 100 == 0:
        return str(words["hundreds"]).format(n=words["numerals"][v // 100])
    if f.unit is None:
        raise Unfit
    return f"{v}{f.unit}"


def _estimate(rng: np.random.Generator, f: Field, v: int) -> str:
    return str(rng.choice(mess_words()["estimates"])).format(n=v, unit=f.unit or "")


def _alias(rng: np.random.Generator, f: Field, v: str) -> str:
    spellings = next(e.aliases for e in f.enum if e.zh == v)
    if not spellings:
        raise Unfit
    return str(rng.choice(spellings))


def _month(rng: np.random.Generator, f: Field, v: date) -> str:
    return str(rng.choice(mess_words()["month"])).format(y=v.year, m=v.month)


def _blank(rng: np.random.Generator, f: Field, v: Any) -> str | None:
    blanks = mess_words()["blanks"]
    if f.kind == "boolean":  # there 无 means no
        blanks = [b for b in blanks if b not in layout()["words"]["no"]]
    chosen = blanks[int(rng.integers(0, len(blanks)))]
    return None if chosen is None else str(chosen)


def _percent(rng: np.random.Generator, f: Field, v: int) -> str:
    return str(mess_words()["percent"]).format(n=int(rng.integers(31, 99)))


def _partly(rng: np.random.Generator, f: Field, v: str) -> str:
    return str(mess_words()["partly"])


def _error(rng: np.random.Generator, f: Field, v: Any) -> ErrorCell:
    return ErrorCell(str(rng.choice(mess_words()["errors"])))


def _personal(rng: np.random.Generator, f: Field, v: str) -> str:
    from stdnum.cn import ric

    from models.sample.codes import REGION

    words = mess_words()
    if rng.random() < 0.5:
        born = f"{rng.integers(1950, 2000)}{rng.integers(1, 13):02d}{rng.integers(1, 28):02d}"
        number = f"{REGION}{born}{rng.integers(1, 1000):03d}"
        number += ric.calc_check_digit(number + "0")  # the last character is not read
        text = v + str(words["id_card"]).format(n=number)
    else:
        number = f"{words['mobile_prefix']}{rng.integers(0, 100_000):05d}"
        text = v + str(words["mobile"]).format(n=number)
    if len(text) > (f.max_length or len(text)):
        raise Unfit
    return text


CELLS: tuple[CellInjector, ...] = (
    CellInjector("D04", "A", 2, lambda f, v: _is_int(f, v) or _is_date(f, v), _full_width),
    CellInjector("D05", "A", 2, lambda f, v: _is_choice(f, v) or _is_prose(f, v), _spaced),
    CellInjector("D14", "A", 3, _is_date, _date_text),
    CellInjector("D15", "A", 1.5, _is_date, _serial),
    CellInjector("D19", "A", 2, _is_flag, _flag),
    CellInjector("D21", "A", 1.5, _is_int, _with_unit),
    CellInjector("D21", "W", 0.5, lambda f, v: _is_int(f, v) and v >= 20, _estimate),
    CellInjector("D33", "A", 2, _is_int, lambda rng, f, v: str(v)),
    CellInjector("D35", "A", 1, _is_choice, _alias),
    CellInjector("D15", "R", 0.5, _is_date, _lost_serial),
    CellInjector("D19", "R", 1, _is_flag, _partly),
    CellInjector("D20", "R", 3, lambda f, v: f.must_answer and v is not None, _blank),
    CellInjector("D23", "R", 1, lambda f, v: _is_int(f, v) and f.must_answer, _percent),
    CellInjector("D32", "R", 1, lambda f, v: _is_int(f, v) or _is_date(f, v), _error),
    CellInjector("D38", "Q", 1.5, _is_prose, _personal),
)
MONTH_ONLY = _month
