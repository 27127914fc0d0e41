"""`check`: files judged where they lie, and what the command says and returns."""

import json
from datetime import date

import polars as pl
import pytest
import typer
from typer.testing import CliRunner

from models.errors import FengqingError
from models.home import Home
from models.intake.check import check
from pipelines.commands.check import check as command

TODAY = date(2026, 6, 1)


@pytest.fixture
def run(tmp_path):
    app = typer.Typer()
    app.command()(command)

    def call(*args):
        return CliRunner().invoke(app, [*map(str, args), "--home", str(tmp_path / "home")])

    return call


def test_a_clean_file(book):
    (report,) = check([book.write()], today=TODAY)
    assert report.is_clean
    assert report.findings == ()
    assert (report.rows["accepted"], report.rows["returned"]) == (8, 0)


def test_a_warning_alone_does_not_stop_a_file(book, rows):
    book.table("education_sessions", {**rows["education_sessions"], "onsite_n": "约86"})
    (report,) = check([book.write()], today=TODAY)
    assert [f["verdict"] for f in report.findings] == ["W"]
    assert report.is_clean


def test_files_are_judged_together_and_reported_apart(book, tmp_path):
    book.write("a.xlsx")
    (tmp_path / "b.pdf").write_bytes(b"%PDF-1.4")
    first, second = check([tmp_path / "a.xlsx", tmp_path / "b.pdf"], today=TODAY)
    assert (first.is_clean, second.is_clean, second.status) == (True, False, "refused")
    assert [r.path.name for r in check([tmp_path], today=TODAY)] == ["a.xlsx", "b.pdf"]


def test_paths_that_are_not_there(tmp_path):
    with pytest.raises(FengqingError, match="nowhere"):
        check([tmp_path / "nowhere.xlsx"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(FengqingError):
        check([tmp_path / "empty"])


def test_the_warehouse_s_register_is_used_if_there_is_one(book, empty_book, judged, society_row, tmp_path):
    from models import warehouse

    empty_book.plain("societies", society_row)
    accepted = judged(empty_book).accepted["societies"]
    home = Home(tmp_path / "home")
    with warehouse.open_writer(home) as con:
        con.register("accepted", accepted)
        con.execute("insert into societies by name select * from accepted")
    book.cover(填报单位="虚构甲学科协会")
    (report,) = check([book.write("b.xlsx")], home, TODAY)
    assert [f["code"] for f in report.findings] == ["D11"]
    (report,) = check([book.write("b.xlsx")], today=TODAY)
    assert report.findings == ()


def test_a_published_register_is_enough_to_know_names(book, society_row):
    """Former names and codes that are not registered; of a year it lacks nothing is concluded from it."""
    known = pl.DataFrame(
        [(society_row["society_id"], 2025, "虚构甲学科学会", ["虚构甲学科协会"])],
        schema={"society_id": pl.String, "report_year": pl.Int64, "name": pl.String,
                "former_names": pl.List(pl.String)},
        orient="row",
    )  # fmt: skip
    book.cover(填报单位="虚构甲学科协会")
    path = book.write()
    (report,) = check([path], today=TODAY, register=known)
    assert [f["code"] for f in report.findings] == ["D11"] and report.is_register_consulted
    stranger = known.with_columns(society_id=pl.lit("51990000900000022P"))
    (report,) = check([path], today=TODAY, register=stranger)
    assert {f["code"] for f in report.findings} >= {"S03"} and not report.is_clean
    (report,) = check([path], today=TODAY, register=known.with_columns(report_year=pl.lit(2023, pl.Int64)))
    assert report.is_clean and not report.is_register_consulted
    (report,) = check([path], today=TODAY)
    assert report.findings == () and not report.is_register_consulted


def test_checking_leaves_nothing_behind(book, tmp_path):
    check([book.write()], Home(tmp_path / "home"), TODAY)
    assert not (tmp_path / "home").exists()


def test_the_command_says_what_and_where(book, rows, run):
    assert run(book.write("good.xlsx")).exit_code == 0
    book.table("education_sessions", {**rows["education_sessions"], "onsite_n": "—"})
    path = book.write("bad.xlsx")
    result = run(path)
    assert result.exit_code == 1
    assert "D20" in result.stdout and "H7" in result.stdout and "退回 1" in result.stdout
    assert "ambiguous" in run(path, "--lang", "en").stdout.replace("\n", " ")


def test_the_command_s_json(book, rows, run):
    book.table("education_sessions", {**rows["education_sessions"], "onsite_n": "—"})
    result = run(book.write(), "--json")
    (report,) = json.loads(result.stdout)
    assert (report["is_clean"], report["rows"]["returned"]) == (False, 1)
    assert pl.DataFrame(report["findings"])["code"].to_list() == ["D20"]
