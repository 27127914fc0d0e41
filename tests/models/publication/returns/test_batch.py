"""The return workbooks of a run: whose, under which names."""

import duckdb
import openpyxl
import polars as pl
import pytest

from models.home import Home
from models.intake.landing import land
from models.publication.returns.batch import write_returns

FAULT = {"sheet": "表1", "row": 3, "col": 2, "header": "人数", "code": "S05", "value": "约5"}
# Name in the inbox, status, society, year, whether something in it is returned.
FILES = (
    ("a/同名.xlsx", "current", "甲", 2025, True),
    ("b/同名.xlsx", "current", "乙", 2025, True),
    ("旧.xlsx", "superseded", "甲", 2025, True),
    ("去年.xlsx", "current", "甲", 2024, True),
    ("无误.xlsx", "current", "丙", 2025, False),
    ("先退.xlsx", "refused", "丁", 2025, True),
    ("后收.xlsx", "current", "丁", 2025, False),
    ("不明.xlsx", "refused", None, None, True),
)


@pytest.fixture
def received(rich, told, tmp_path):
    """A home with the files landed, and the two tables of the ledger."""
    inbox, home = tmp_path / "inbox", Home(tmp_path / "home")
    for n, (name, *_) in enumerate(FILES):
        path = inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(rich.read_bytes() + bytes(n))  # a zip may be followed by anything
    landed = {one.name: one for one in land(inbox, home)}
    files = pl.DataFrame(
        [(landed[n].file_id, n, society, year, status, "society", k)
         for k, (n, status, society, year, _) in enumerate(FILES)],
        schema=["file_id", "name", "society_id", "report_year", "status", "origin", "landed_at"],
        orient="row",
    )  # fmt: skip
    one = told(FAULT)
    findings = pl.concat(
        one.with_columns(file_id=pl.lit(landed[name].file_id)) for name, *_, faulty in FILES if faulty
    )
    con = duckdb.connect()
    con.execute("create table files as select * from files")
    con.execute("create table findings as select * from findings")
    assert files.height == len(FILES) and findings.height
    yield con, home
    con.close()


def test_each_file_of_the_year_that_still_waits_goes_back(received, tmp_path):
    con, home = received
    seen = []
    out = tmp_path / "out"
    written = write_returns(con, home, 2025, out, progress=lambda *step: seen.append(step))
    names = sorted(path.name for path in written)
    assert [n.partition("_")[2] for n in names if "同名" in n] == ["同名_退回补正.xlsx"] * 2
    assert [n for n in names if "同名" not in n] == ["不明_退回补正.xlsx"]
    assert sorted(path.name for path in out.iterdir()) == names
    assert seen == [("return", n, 3) for n in (1, 2, 3)]
    assert openpyxl.load_workbook(written[0])["表1"]["B3"].comment


def test_another_year_is_another_run(received, tmp_path):
    con, home = received
    assert {p.name for p in write_returns(con, home, 2024, tmp_path / "out")} == {
        "去年_退回补正.xlsx", "不明_退回补正.xlsx",
    }  # fmt: skip
