"""From a messy inbox to the ranked list: what was injected is what was judged, and the numbers hold."""

import csv
import json
import shutil
from contextlib import closing

import polars as pl
import pytest
from openpyxl import load_workbook

from models.publication.exports import file_name, run_facts
from models.publication.snapshot import open_snapshot
from models.warehouse import open_reader

CELL_SHEET = pl.col("sheet").fill_null("csv")
# A former name on the cover concerns the cover's cell only, which is no data row: no row is recorded for it.
IS_OF_ROW = pl.col("scope").is_in(["cell", "row"]) & pl.col("row").is_not_null()
REFUSING = ("R", "Q")
GRAVITY = pl.col("verdict").replace_strict({"A": 0, "W": 1, "R": 2, "Q": 3}, return_dtype=pl.Int8)
OUTCOME = {"A": "accepted", "W": "accepted", "R": "returned", "Q": "quarantined"}


@pytest.fixture(scope="module")
def judged(nation):
    """Ledger tables with the name under which each file was received."""
    with open_reader(nation.home) as con:
        files = con.sql("select * from files").pl()
        rows = con.sql("select r.*, f.name as file from rows r join files f using (file_id)").pl()
        findings = con.sql("select d.*, f.name as file from findings d join files f using (file_id)").pl()
    return files, rows, findings


def test_rows_add_up_in_every_file(judged):
    files, rows, _ = judged
    parts = files["accepted"] + files["returned"] + files["quarantined"] + files["non_data"]
    assert (files["rows_read"] == parts).all()
    counted = rows.group_by("file_id").len("n")
    kept = files.join(counted, on="file_id", how="left")["n"].fill_null(0)
    assert kept.to_list() == files["rows_read"].to_list()


def test_every_injected_defect_is_found_under_its_own_code(nation, judged):
    _, _, findings = judged
    wide = nation.mess.filter(~IS_OF_ROW)
    near = nation.mess.filter(IS_OF_ROW).with_columns(CELL_SHEET)
    assert wide.height and near.height
    key = ["file", "defect", "verdict"]
    found = findings.rename({"code": "defect"})
    lost = wide.join(found, on=key, how="anti")
    assert lost.is_empty(), lost
    lost = near.join(found.with_columns(CELL_SHEET), on=[*key, "sheet", "row"], how="anti")
    assert lost.is_empty(), lost


def test_every_spoilt_row_has_the_right_verdict(nation, judged):
    _, rows, _ = judged
    near = nation.mess.filter(IS_OF_ROW, pl.col("defect") != "D03").with_columns(CELL_SHEET)
    # A repaired row falls all the same when its session was returned: the gravest record decides.
    gravest = near.group_by("file", "sheet", "row").agg(pl.col("verdict").sort_by(GRAVITY).last())
    outcome = gravest.with_columns(expected=pl.col("verdict").replace(OUTCOME))
    wrong = outcome.join(rows, on=["file", "sheet", "row"], how="left", suffix="_row").filter(
        pl.col("verdict_row").fill_null("lost") != pl.col("expected")
    )
    assert wrong.is_empty(), wrong


def test_a_spoilt_file_has_no_accepted_row(nation, judged):
    files, _, _ = judged
    spoilt = nation.mess.filter((pl.col("scope") == "file") & pl.col("verdict").is_in(REFUSING))
    assert spoilt.height
    kept = files.join(spoilt, left_on="name", right_on="file", how="semi")
    assert kept["accepted"].sum() == 0


def test_no_clean_row_is_returned_or_quarantined(nation, judged):
    _, rows, _ = judged
    refusing = nation.mess.filter(pl.col("verdict").is_in(REFUSING)).with_columns(CELL_SHEET)
    of_file = refusing.filter(pl.col("scope") == "file")
    of_sheet = refusing.filter(pl.col("scope") == "sheet")
    of_row = refusing.filter(IS_OF_ROW)
    clean = (
        rows.filter(pl.col("verdict") != "non_data")
        .join(of_file, on="file", how="anti")
        .join(of_sheet, on=["file", "sheet"], how="anti")
        .join(of_row, on=["file", "sheet", "row"], how="anti")
    )
    assert clean.height > 1000
    wrong = clean.filter(pl.col("verdict") != "accepted")
    assert wrong.is_empty(), wrong


def test_personal_data_is_stored_nowhere(nation):
    secrets = nation.mess.filter(pl.col("defect") == "D38")["injected"].to_list()
    assert secrets
    import re

    numbers = {n.encode() for text in secrets for n in re.findall(r"\d{17}[\dXx]|1\d{10}", text)}
    assert numbers
    kept = [p for p in nation.home.root.rglob("*") if p.is_file() and "landing" not in p.parts]
    for path in kept:
        content = path.read_bytes()
        assert not [n for n in numbers if n in content], path.name


def test_the_same_inbox_again_changes_nothing(nation, cli):
    before = _checksums(nation)
    again = cli("run", "--year", 2025, "--inbox", nation.inbox, "--home", nation.home.root, "--json")
    assert json.loads(again.stdout)["run_id"] == nation.runs[2025]["run_id"]
    assert _checksums(nation) == before


def test_two_homes_give_the_same_numbers_to_the_bit(nation, cli, tmp_path):
    other = tmp_path / "home"
    for year in (2024, 2025):
        ran = cli("run", "--year", year, "--inbox", nation.inbox, "--home", other, "--json")
        assert json.loads(ran.stdout)["run_id"] == nation.runs[year]["run_id"]
    from models.home import Home

    run_id = nation.runs[2025]["run_id"]
    with (
        closing(open_snapshot(nation.home, run_id)) as one,
        closing(open_snapshot(Home(other), run_id)) as two,
    ):
        for table in ("indicators", "dimensions", "composite", "exemplars"):
            query = f"select * from {table} order by all"
            assert one.sql(query).pl().equals(two.sql(query).pl(), null_equal=True), table


def test_scores_recover_the_latent_quality(nation, capsys):
    with closing(open_snapshot(nation.home, nation.runs[2025]["run_id"])) as con:
        scores = con.sql("select society_id, score from composite where band <> 'unrated'").pl()
    truth = nation.truth.filter(pl.col("report_year") == 2025)
    both = scores.join(truth, on="society_id")
    rho = both.select(pl.corr("score", "quality", method="spearman")).item()
    with capsys.disabled():
        print(f"\nSpearman of composite with latent quality, mess 0.1, {both.height} societies: {rho:.3f}")
    assert both.height >= 40
    assert rho >= 0.85


def test_every_society_has_a_decision_and_a_reason(nation):
    with closing(open_snapshot(nation.home, nation.runs[2025]["run_id"])) as con:
        frame = con.sql("select * from societies left join exemplars using (society_id)").pl()
    assert frame["reason_code"].null_count() == 0
    assert frame["reason_zh"].null_count() == 0
    assert set(frame["decision"]) <= {"selected", "not_selected"}


def test_an_explanation_ends_at_rows_that_are_in_the_file(nation, cli):
    with closing(open_snapshot(nation.home, nation.runs[2025]["run_id"])) as con:
        (society,) = con.sql(
            "select society_id from contributions where indicator = '5.1' and source_sheet = '表3宣讲教育' "
            "order by society_id limit 1"
        ).fetchone()
    told = cli(
        "explain", "--society", society, "--indicator", "5.1", "--home", nation.home.root, "--json"
    )  # fmt: skip
    assert told.exit_code == 0, told.output
    rows = [r for r in json.loads(told.stdout)["sources"] if r["sheet"] == "表3宣讲教育"]
    assert rows
    for row in rows:
        book = load_workbook(nation.inbox / row["file"], read_only=True)
        cells = next(book[row["sheet"]].iter_rows(min_row=row["row"], max_row=row["row"], values_only=True))
        assert row["label"].strip() in " ".join(str(c).strip() for c in cells if c is not None)
        book.close()


def test_small_counts_of_cases_are_explained_to_the_cleared_only(nation, cli):
    with closing(open_snapshot(nation.home, nation.runs[2025]["run_id"])) as con:
        society, indicator, count = con.sql(
            "select society_id, indicator, denominator from indicators "
            "where indicator in ('3.2', '3.3', '3.4') and denominator between 1 and 4 order by all limit 1"
        ).fetchone()
    ask = ("explain", "--society", society, "--indicator", indicator, "--home", nation.home.root)
    hidden, shown = (json.loads(cli(*ask, *more, "--json").stdout) for more in ((), ("--restricted",)))
    assert (hidden["denominator"], hidden["score"], hidden["sources"]) == (None, None, [])
    assert shown["denominator"] == count and shown["sources"]
    for more, word in (((), "—"), (("--restricted",), f"{count:.0f}")):
        told = cli(*ask, *more)
        (line,) = [text for text in told.stdout.splitlines() if text.strip().startswith("分母")]
        assert line.split()[1] == word


def test_the_exports_hold_every_society(nation):
    folder = nation.home.exports / nation.runs[2025]["run_id"]
    with closing(open_snapshot(nation.home, nation.runs[2025]["run_id"])) as con:
        is_provisional = run_facts(con)["is_provisional"]
    # So few societies cannot be fitted to: the run is 试评, and the names of its files say so.
    assert is_provisional
    name = file_name("annual", is_provisional=is_provisional)
    assert name.endswith("（试评）")
    with (folder / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        table = list(csv.DictReader(file))
    assert len(table) == nation.runs[2025]["assessed"]["societies"]
    book = load_workbook(folder / f"{name}.xlsx")
    sheet = book.worksheets[0]
    assert sheet.title.endswith("（试评）")
    assert sheet.freeze_panes
    assert sheet.auto_filter.ref


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("run", "--year", 2025, "--inbox", "no-such-folder"), "no-such-folder"),
        (("run", "--year", 1999, "--inbox", "{inbox}"), "1999"),
        (("run", "--year", 2023, "--inbox", "{inbox}"), "2023"),
        (("run", "--year", 2025, "--inbox", "{inbox}", "--methodology", "{bad}"), "bad.yaml"),
    ],
    ids=["unreadable inbox", "year out of range", "missing year", "bad methodology"],
)
def test_a_failure_is_one_clear_line_and_loses_nothing(nation, cli, tmp_path, arguments, word):
    bad = tmp_path / "bad.yaml"
    bad.write_text("id: x\nweights: [1\n", encoding="utf-8")
    home = tmp_path / "home"
    shutil.copytree(nation.home.root, home)
    before = (home / "warehouse.duckdb").read_bytes()
    given = [str(a).format(inbox=nation.inbox, bad=bad) for a in arguments]
    result = cli(*given, "--home", home)
    assert result.exit_code == 1
    assert len(result.stderr.strip().splitlines()) == 1
    assert word in result.stderr
    assert "Traceback" not in result.output
    assert (home / "warehouse.duckdb").read_bytes() == before


def test_a_locked_warehouse_is_one_clear_line(nation, cli, tmp_path):
    import subprocess
    import sys

    home = tmp_path / "home"
    shutil.copytree(nation.home.root, home)
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys, duckdb; c = duckdb.connect(sys.argv[1]); print('held', flush=True); input()",
            str(home / "warehouse.duckdb"),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert holder.stdout.readline().strip() == b"held"
        result = cli("run", "--year", 2025, "--inbox", nation.inbox, "--home", home)
    finally:
        holder.communicate()
    assert result.exit_code == 1
    assert len(result.stderr.strip().splitlines()) == 1
    assert "warehouse.duckdb" in result.stderr


def _checksums(nation):
    with open_reader(nation.home) as con:
        tables = con.sql(
            "select table_schema || '.' || table_name from information_schema.tables "
            "where table_schema in ('main', 'history') order by 1"
        ).fetchall()
        return {
            name: con.sql(f"select count(*), bit_xor(hash(t)) from {name} t").fetchone()
            for (name,) in tables
            if name != "main.expectation_results"
        }
