"""Mended in the marked cells and sent again, a returned workbook passes; its list is not taken for data."""

from datetime import date

import openpyxl
import polars as pl
import pytest

from models.intake.check import check
from models.publication.returns import write_return
from models.sample.generate import generate

# Faults of one cell, the one that is marked: to mend it is to write what stood there.
ONE_CELL = ["D06", "D07", "D08", "D15", "D16", "D18", "D19", "D20", "D23", "D32", "D37", "D38"]


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sample")
    generate(societies=40, years=[2025], seed=5, mess=0.1, out=folder)
    return folder


def typed(text):
    """What the sender types: a date, a number, or text."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return int(text) if text.isdecimal() and len(text) < 10 else text


def test_mended_where_marked_it_passes(sample, tmp_path):
    mess = pl.read_parquet(sample / "mess.parquet").filter(
        pl.col("verdict").is_in(["R", "Q"]), pl.col("file").str.ends_with(".xlsx")
    )
    others = mess.filter(~pl.col("defect").is_in([*ONE_CELL, "S03"]))
    mess = mess.join(others, on="file", how="anti")
    files = mess["file"].unique().sort().to_list()
    assert len(files) >= 5
    back = []
    for name, report in zip(files, check([sample / "inbox" / f for f in files]), strict=True):
        assert not report.is_clean
        found = pl.DataFrame(report.findings, infer_schema_length=None)
        path = write_return(report.path, found, tmp_path)
        book = openpyxl.load_workbook(path)
        mended = 0
        for fault in mess.filter(pl.col("file") == name, pl.col("defect") != "S03").iter_rows(named=True):
            there = found.filter(pl.col("code") == fault["defect"])
            if fault["scope"] == "cell":
                there = there.filter(
                    pl.col("row") == fault["row"], sheet=fault["sheet"], field=fault["field"]
                )
            (place,) = there.select("sheet", "row", "col").rows()
            cell = book[place[0]].cell(place[1], place[2])
            assert cell.comment is not None
            cell.value = typed(fault["original"])
            mended += 1
        assert mended
        book.save(path)
        back.append((path, report))
    for (_, before), after in zip(back, check([path for path, _ in back]), strict=True):
        assert after.is_clean, (after.path, [f for f in after.findings if f["verdict"] in "RQ"])
        assert (after.society_id, after.report_year) != (None, None)
        # The list's own rows are read, counted, and no data.
        assert after.rows["non_data"] > before.rows["non_data"]
        assert not [f for f in after.findings if f["sheet"] == "退回补正清单"]
