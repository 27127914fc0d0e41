from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from python_calamine import CalamineWorkbook

from models.sample.generate import SampleSummary, generate

SOCIETIES, YEARS, SEED, RATE = 40, [2024, 2025], 11, 0.2


class Sample:
    """A generated sample: its folder, summary and two tables."""

    def __init__(self, out: Path, summary: SampleSummary) -> None:
        self.inbox, self.summary = out / "inbox", summary
        self.truth = pl.read_parquet(out / "truth.parquet")
        self.mess = pl.read_parquet(out / "mess.parquet")

    def files(self, pattern: str) -> list[Path]:
        return sorted(self.inbox.rglob(pattern))


@pytest.fixture(scope="session")
def make_sample(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, float], Sample]:
    def make(name: str, mess: float) -> Sample:
        out = tmp_path_factory.mktemp(name)
        return Sample(out, generate(SOCIETIES, YEARS, SEED, mess, out))

    return make


@pytest.fixture(scope="session")
def clean(make_sample: Callable[[str, float], Sample]) -> Sample:
    return make_sample("clean", 0.0)


@pytest.fixture(scope="session")
def messy(make_sample: Callable[[str, float], Sample]) -> Sample:
    return make_sample("messy", RATE)


@pytest.fixture(scope="session")
def sheets() -> Callable[[Path], dict[str, list[list[Any]]]]:
    """A reader: every sheet of a workbook from its first row on, as calamine sees it."""

    def read(path: Path) -> dict[str, list[list[Any]]]:
        book = CalamineWorkbook.from_path(str(path))
        return {
            name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names
        }

    return read
