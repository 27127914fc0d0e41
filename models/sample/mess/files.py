"""Injectors that spoil a whole workbook through its cover, and what its society sends afterwards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from data_contracts.coding import ALPHABET, LOOKALIKES
from models.sample.codes import credit_codes
from models.sample.mess.record import Verdict
from models.sample.words import mess_words
from models.sample.workbook import Book

BODY = slice(8, 16)  # the eight digits of the organisation's own number
OTHER_PREFIX = "52"


@dataclass(frozen=True)
class CoverInjector:
    """A defect of one field of the cover that spoils the file."""

    defect: str
    verdict: Verdict
    field: str
    make: Callable[[np.random.Generator, Book], Any]


def _illegal(rng: np.random.Generator, book: Book) -> str:
    code = book.society_id
    body = range(BODY.start, BODY.stop)
    swaps = [(k, bad) for k in body for bad, good in LOOKALIKES.items() if code[k] == good]
    if not swaps:
        swaps = [(k, "O") for k in range(4, 8)]  # the zeros of the fictitious region
    k, bad = swaps[int(rng.integers(0, len(swaps)))]
    return code[:k] + bad + code[k + 1 :]


def _wrong_check(rng: np.random.Generator, book: Book) -> str:
    others = [c for c in ALPHABET if c != book.society_id[-1]]
    return book.society_id[:-1] + others[int(rng.integers(0, len(others)))]


def _other_body(rng: np.random.Generator, book: Book) -> str:
    return str(credit_codes(np.array([int(book.society_id[BODY])]), OTHER_PREFIX)[0])


def _scientific(rng: np.random.Generator, book: Book) -> str:
    digits = "".join(c for c in book.society_id if c.isdigit())
    return f"{digits[0]}.{digits[1:6]}E+17"


def _old_template(rng: np.random.Generator, book: Book) -> str:
    return str(mess_words()["old_version"])


COVERS: tuple[CoverInjector, ...] = (
    CoverInjector("D06", "R", "society_id", _illegal),
    CoverInjector("D37", "R", "template_version", _old_template),
    CoverInjector("D07", "R", "society_id", _wrong_check),
    CoverInjector("D08", "Q", "society_id", _other_body),
    CoverInjector("D09", "R", "society_id", _scientific),
)
AGAIN, LATE = "again", "late"  # filed twice: the same revision, or an older one that comes last
KINDS: tuple[CoverInjector | str, ...] = (COVERS[0], AGAIN, COVERS[1], LATE, *COVERS[2:])


def plan_files(rng: np.random.Generator, socs: list[int], share: float, first: int) -> dict[int, int]:
    """Which societies' files are spoilt as a whole, and how (position in KINDS).

    Kinds are dealt in turn from `first`, so that even a small sample has most of them.
    """
    n = round(share * len(socs))
    chosen = rng.permutation(socs)[:n]
    return {int(soc): (first + k) % len(KINDS) for k, soc in enumerate(chosen)}
