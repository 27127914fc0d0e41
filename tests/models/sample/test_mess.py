from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from stdnum.cn import ric

from data_contracts.coding import advise_uscc
from data_contracts.contract import load_contract
from models.sample.codes import credit_codes
from models.sample.mess.cells import CELLS, Unfit
from models.sample.mess.checkins import BROKEN_SHARE, Export, spoil_checkin
from models.sample.mess.files import COVERS, KINDS, plan_files
from models.sample.mess.rows import ROWS
from models.sample.mess.sheets import SHEETS
from models.sample.mess.spoil import Spoilt
from models.sample.words import layout
from models.sample.workbook import Book, families

Read = Callable[[Path], dict[str, list[list[Any]]]]


def column_of(sheet: str, field: str) -> int:
    from models.sample.workbook import sheet_fields

    return next(k for k, f in enumerate(sheet_fields(families()[sheet].name)) if f.name == field)


def test_every_changed_cell_is_recorded_and_every_record_is_a_changed_cell(
    clean: Any, messy: Any, sheets: Read
) -> None:
    """The messy first revision differs from its clean twin exactly where mess.parquet says."""
    compared = 0
    for path in clean.files("51*_r1.xlsx"):
        file = str(path.relative_to(clean.inbox))
        recorded = messy.mess.filter(pl.col("file") == file)
        if not (messy.inbox / file).exists():
            continue  # the first revision arrived late, under another name
        before, after = sheets(path), sheets(messy.inbox / file)
        moved = recorded.filter(pl.col("defect").is_in(["D01", "D02"]))["sheet"].to_list()
        for sheet in families():
            if sheet in moved:
                continue
            changed = {
                (r, c)
                for r, (old, new) in enumerate(zip(before[sheet], after[sheet], strict=True), start=1)
                for c, (x, y) in enumerate(zip(old, new, strict=True))
                if (x, type(x)) != (y, type(y)) and r > 4  # row 4 names the society, perhaps by its old name
            }
            cells = recorded.filter((pl.col("sheet") == sheet) & (pl.col("scope") == "cell"))
            expected = {
                (row, column_of(sheet, field)) for row, field in cells.select("row", "field").iter_rows()
            }
            totals = set(recorded.filter((pl.col("sheet") == sheet) & (pl.col("defect") == "D03"))["row"])
            assert {cell for cell in changed if cell[0] not in totals} == expected, (file, sheet)
            assert {row for row, _ in changed if row in totals} == totals
            compared += len(expected)
    assert compared > 100


def test_no_row_carries_two_defects_and_no_spoilt_file_a_cell_defect(messy: Any) -> None:
    cells = messy.mess.filter((pl.col("scope") == "cell") & pl.col("sheet").is_not_null())
    assert cells.select("file", "sheet", "row").is_duplicated().sum() == 0
    spoilt = messy.mess.filter((pl.col("scope") == "file") & pl.col("file").str.ends_with(".xlsx"))["file"]
    assert not cells["file"].is_in(spoilt.implode()).any()


def test_the_rate_is_honoured(messy: Any) -> None:
    rows = sum(n for family, n in messy.summary.rows.items() if family != "education_attendance")
    roster_sheets = [sheet for sheet, c in families().items() if c.name == "education_attendance"]
    cells = messy.mess.filter(
        (pl.col("scope") == "cell") & pl.col("sheet").is_not_null() & ~pl.col("sheet").is_in(roster_sheets)
    )
    rate = messy.summary.mess
    harmless = cells.filter(pl.col("verdict").is_in(["A", "W"])).height / rows
    refused = cells.filter(pl.col("verdict").is_in(["R", "Q"])).height / rows
    assert harmless == pytest.approx(rate, rel=0.25)
    assert refused == pytest.approx(rate / 4, rel=0.4)
    reports = messy.summary.rows["annual_reports"]
    files = messy.mess.filter((pl.col("scope") == "file") & pl.col("file").str.ends_with(".xlsx"))[
        "file"
    ].n_unique()
    assert files / reports == pytest.approx(rate / 3, rel=0.25)


def test_a_messy_sample_has_every_class_of_defect(messy: Any) -> None:
    wanted = {i.defect for i in (*CELLS, *ROWS, *SHEETS)} | {"D06", "D11", "D28", "D37", "D40", "S03"}
    found = set(messy.mess["defect"])
    # Cases and reports are few in a small sample: their classes may be missing.
    assert wanted - found <= {"D39", "D25"}


@pytest.mark.parametrize("injector", COVERS, ids=lambda i: i.defect)
def test_cover_injectors_are_told_by_their_own_defect(injector: Any) -> None:
    rng = np.random.default_rng(2)
    for code in credit_codes(90_000_000 + rng.integers(0, 9_999_999, 200)):
        book = Book(0, str(code), "虚构学会", 2025, "", {"template_version": "v1.2"}, [])
        written = injector.make(rng, book)
        if injector.field == "template_version":
            assert written not in layout()["accepted_versions"]
        else:
            advice = advise_uscc(written)
            assert advice is not None and (advice.code, advice.verdict) == (injector.defect, injector.verdict)


def test_spoilt_files_are_dealt_in_turn() -> None:
    rng = np.random.default_rng(3)
    first = plan_files(rng, list(range(60)), 1 / 30, 0)
    second = plan_files(rng, list(range(60)), 1 / 30, 2)
    assert sorted(first.values()) == [0, 1] and sorted(second.values()) == [2, 3]
    everything = plan_files(rng, list(range(60)), 0.5, 0)
    assert set(everything.values()) == set(range(len(KINDS)))


def test_corrected_revisions_are_clean(clean: Any, messy: Any, sheets: Read) -> None:
    seen = 0
    cover = layout()["cover_sheet"]
    for path in messy.files("51*_r2.xlsx"):
        twin = clean.inbox / path.relative_to(messy.inbox).with_name(path.name.replace("_r2", "_r1"))
        if not (path.with_name(path.name.replace("_r2", "_r1"))).exists():
            continue  # numbered 2 from the start: an older revision arrives late
        before, after = sheets(twin), sheets(path)
        assert {s: t for s, t in before.items() if s != cover} == {
            s: t for s, t in after.items() if s != cover
        }
        assert not messy.mess["file"].is_in([str(path.relative_to(messy.inbox))]).any()
        seen += 1
    assert seen > 0


def test_spoilt_covers_hold_the_code_that_was_recorded(messy: Any, sheets: Read) -> None:
    spoilt = messy.mess.filter((pl.col("scope") == "file") & (pl.col("field") == "society_id"))
    assert spoilt.height > 0
    for file, code, injected in spoilt.select("file", "defect", "injected").iter_rows():
        cover = sheets(messy.inbox / file)[layout()["cover_sheet"]]
        assert cover[layout()["title_rows"]][1] == injected
        advice = advise_uscc(injected)
        assert advice is not None and advice.code == code


def test_rosters_fall_with_their_sessions(messy: Any, sheets: Read) -> None:
    """A roster row is recorded as orphaned if and only if its session's row is refused and not corrected."""
    sessions = next(sheet for sheet, c in families().items() if c.name == "education_sessions")
    lost = messy.mess.filter((pl.col("sheet") == sessions) & pl.col("verdict").is_in(["R", "Q"]))
    orphans = messy.mess.filter((pl.col("defect") == "S03") & (pl.col("scope") == "row"))
    assert orphans.height > 0
    refused: set[tuple[str, int, str]] = set()
    for file, row, code, year in lost.select("file", "row", "society_id", "report_year").iter_rows():
        if not (messy.inbox / file.replace("_r1.", "_r2.")).exists():
            refused.add((code, year, sheets(messy.inbox / file)[sessions][row - 1][0]))
    keys = set(orphans.select("society_id", "report_year", "original").iter_rows())
    assert keys <= refused


def test_personal_numbers_are_real_looking_and_nobodys(messy: Any) -> None:
    found = messy.mess.filter(pl.col("defect") == "D38")["injected"]
    cards = found.str.extract(r"(\d{17}[\dX])").drop_nulls()
    phones = found.filter(~found.str.contains(r"\d{17}[\dX]")).str.extract(r"(1\d{10})")
    assert cards.len() + phones.len() == found.len() > 0
    assert phones.null_count() == 0
    assert all(card[-1] == ric.calc_check_digit(card) and card.startswith("990000") for card in cards)
    assert all(phone.startswith("199000") for phone in phones)


def test_broken_exports_are_in_no_known_encoding() -> None:
    rows = pl.DataFrame({f.name: ["虚构"] * 40 for f in load_contract("education_attendance").fields})
    export = Export("2025/x.csv", "51990000900000014W", 2025, rows)
    for seed in range(8):  # both encodings occur
        content, defects = spoil_checkin(export, 1 / BROKEN_SHARE, Spoilt([]), np.random.default_rng(seed))
        assert [(d.defect, d.verdict, d.scope) for d in defects] == [("D28", "R", "file")]
        for encoding in ("utf-8-sig", "gb18030"):
            with pytest.raises(UnicodeDecodeError):
                content.decode(encoding)


def test_gb18030_exports_are_recorded(messy: Any) -> None:
    recorded = set(messy.mess.filter((pl.col("defect") == "D28") & (pl.col("verdict") == "A"))["file"])
    broken = set(messy.mess.filter((pl.col("defect") == "D28") & (pl.col("verdict") == "R"))["file"])
    found = {
        str(p.relative_to(messy.inbox))
        for p in messy.files("签到_*.csv")
        if not p.read_bytes().startswith(b"\xef\xbb\xbf")
    }
    assert recorded and recorded == found - broken


@pytest.mark.parametrize("injector", CELLS, ids=lambda i: f"{i.defect}{i.verdict}")
def test_cell_injectors_change_what_they_fit(injector: Any) -> None:
    from datetime import date

    from models.sample.workbook import sheet_fields

    rng = np.random.default_rng(1)
    values = {"integer": 300, "date": date(2025, 3, 5), "boolean": layout()["words"]["yes"][0], "number": 1.5}
    tried = 0
    for family in ("annual_reports", "education_sessions", "practice_nominations", "documents"):
        for f in sheet_fields(family):
            value = f.enum[0].zh if f.enum else values.get(f.kind, "虚构文字")
            if not injector.fits(f, value):
                continue
            try:
                written = injector.make(rng, f, value)
            except Unfit:
                continue
            tried += 1
            assert (written, type(written)) != (value, type(value))
    assert tried > 0
