from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from data_contracts.contract import Field, load_contract
from models.errors import FengqingError
from models.sample.generate import generate
from models.sample.words import layout
from models.sample.workbook import cover_fields, families, sheet_fields

Read = Callable[[Path], dict[str, list[list[Any]]]]


def digests(inbox: Path) -> dict[str, str]:
    return {
        str(p.relative_to(inbox)): sha256(p.read_bytes()).hexdigest() for p in inbox.rglob("*") if p.is_file()
    }


def test_the_same_arguments_give_the_same_bytes(make_sample: Callable[[str, float], Any], messy: Any) -> None:
    again = make_sample("again", messy.summary.mess)
    assert digests(again.inbox) == digests(messy.inbox)
    assert again.mess.equals(messy.mess) and again.truth.equals(messy.truth)


def test_two_processes_write_what_one_does(
    tmp_path: Path, messy: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.sample.generate.ALONE", 0)
    monkeypatch.setattr("models.sample.generate.CHUNK", 15)
    s = messy.summary
    generate(s.societies, s.years, s.seed, s.mess, tmp_path)
    assert digests(tmp_path / "inbox") == digests(messy.inbox)


def test_another_seed_gives_another_nation(tmp_path: Path, clean: Any) -> None:
    generate(10, [2025], 12, 0.0, tmp_path)
    ids = set(pl.read_parquet(tmp_path / "truth.parquet")["society_id"])
    assert not ids & set(clean.truth["society_id"])


def test_progress_is_told(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    generate(10, [2025], 1, 0.0, tmp_path, lambda *step: told.append(step))
    assert told == [("2025", 1, 1)]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"societies": 2}, "SAMPLE_SOCIETIES"),
        ({"years": []}, "SAMPLE_YEAR"),
        ({"years": [1999]}, "SAMPLE_YEAR"),
        ({"mess": 0.9}, "SAMPLE_MESS"),
    ],
)
def test_arguments_out_of_range_are_refused(tmp_path: Path, arguments: dict[str, Any], code: str) -> None:
    given = {"societies": 10, "years": [2025], "seed": 1, "mess": 0.1, "out": tmp_path, **arguments}
    with pytest.raises(FengqingError) as refused:
        generate(**given)
    assert refused.value.code == code


def test_a_filled_inbox_is_left_alone(clean: Any) -> None:
    before = digests(clean.inbox)
    with pytest.raises(FengqingError) as refused:
        generate(10, [2025], 1, 0.0, clean.inbox.parent)
    assert refused.value.code == "SAMPLE_NOT_EMPTY"
    assert digests(clean.inbox) == before


def test_truth_and_mess_lie_outside_the_inbox(clean: Any) -> None:
    assert not list(clean.inbox.rglob("*.parquet"))
    assert clean.truth.columns == ["society_id", "report_year", "quality", *(f"d{k}" for k in range(1, 8))]
    assert clean.mess.height == 0


def parsed(f: Field, value: Any) -> bool:
    """Whether a clean cell is of the field's kind; a blank or a word for absence always is."""
    words = layout()["words"]
    if value in ("", None, words["not_applicable"][0], words["not_counted"][0]):
        return True
    labels = {e.zh for e in f.enum}
    is_number = isinstance(value, int | float)
    is_good = {
        "integer": lambda: is_number and float(value).is_integer() and value >= (f.minimum or 0),
        "number": lambda: is_number,
        "date": lambda: isinstance(value, date),
        "boolean": lambda: value in (words["yes"][0], words["no"][0]),
        "array": lambda: not labels or set(value.split(layout()["list_separator"])) <= labels,
        "string": lambda: isinstance(value, str) and (value in labels or not labels),
    }
    return bool(is_good[f.kind]()) and len(str(value)) <= (f.max_length or 999)


def test_clean_workbooks_read_back_in_the_contracts_types(clean: Any, sheets: Read) -> None:
    title, header, data = 3, 6, 6
    paths = clean.files("51*.xlsx")
    assert len(paths) == clean.summary.workbooks
    rows = dict.fromkeys(clean.summary.rows, 0)
    for path in paths:
        book = sheets(path)
        assert list(book) == layout()["sheets"]
        cover = {row[0]: row[1] for row in book[layout()["cover_sheet"]][title:]}
        assert list(cover) == [f.zh for f in cover_fields()]
        assert all(parsed(f, cover[f.zh]) for f in cover_fields())
        for sheet, contract in families().items():
            fields = sheet_fields(contract.name)
            table = book[sheet]
            leaves = [low or high for high, low in zip(table[header - 2], table[header - 1], strict=True)]
            assert leaves == [f.zh for f in fields]
            for row in table[data:]:
                if str(row[0]).startswith((*layout()["total_labels"], *layout()["note_prefixes"], "3.")):
                    break
                rows[contract.name] += 1
                wrong = [(f.name, v) for f, v in zip(fields, row, strict=True) if not parsed(f, v)]
                assert not wrong, (path.name, sheet, wrong)
    written = {f: n for f, n in clean.summary.rows.items() if f != "education_attendance"}
    assert {f: rows[f] for f in written} == written


def test_every_roster_stands_in_one_place(clean: Any, sheets: Read) -> None:
    exported = {p.stem.split("_", 1)[1] for p in clean.files("签到_*.csv")}
    assert len(exported) == clean.summary.checkin_files
    sheet = load_contract("education_attendance").sheets[0]
    in_sheet = {p.stem.rsplit("_", 1)[0] for p in clean.files("51*.xlsx") if len(sheets(p)[sheet]) > 8}
    assert in_sheet and exported and not in_sheet & exported


def test_clean_checkin_exports_are_utf8_with_the_contracts_headers(clean: Any) -> None:
    contract = load_contract("education_attendance")
    total = 0
    for path in clean.files("签到_*.csv"):
        with path.open(encoding="utf-8-sig", newline="") as file:
            header, *rows = csv.reader(file)
        assert path.read_bytes().startswith(b"\xef\xbb\xbf")
        assert header == [f.zh for f in contract.fields]
        keys = {tuple(row[k] for k, f in enumerate(contract.fields) if f.is_key) for row in rows}
        assert len(keys) == len(rows) > 0
        total += len(rows)
    assert 0 < total < clean.summary.rows["education_attendance"]


@pytest.mark.parametrize(
    ("family", "pattern"),
    [
        ("societies", "*学会名册_2025.xlsx"),
        ("units", "主管*_2025.xlsx"),
        ("verifications", "核验*_2025.xlsx"),
        ("objections", "异议*_2025.xlsx"),
    ],
)
def test_authority_files_have_their_headers_in_the_first_row(
    clean: Any, sheets: Read, family: str, pattern: str
) -> None:
    (path,) = clean.files(pattern)
    ((sheet, table),) = sheets(path).items()
    assert sheet in load_contract(family).sheets
    assert table[0] == [f.zh for f in load_contract(family).fields]
    assert len(table) > 1
