"""A verification, an objection and a revised workbook after publication: a run that says what it restates."""

import hashlib
import json
import shutil
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from models.home import Home
from models.publication.exports import file_name, run_facts
from models.publication.snapshot import open_snapshot
from models.warehouse import open_reader

REPORTS = """
select society_id, name, revision from files
where status = 'current' and origin = 'society' and report_year = 2025 and name like '%_r1.xlsx'
  and returned + quarantined = 0 order by society_id
"""


@pytest.fixture(scope="module")
def restated(nation, cli, tmp_path_factory):
    folder = tmp_path_factory.mktemp("restated")
    for part in ("home", "inbox"):
        shutil.copytree(nation.folder / part, folder / part)
    home, inbox = Home.resolve(folder / "home"), folder / "inbox" / "2025"
    before = _checksums(home)
    with open_reader(home) as con:
        reports = con.sql(REPORTS).fetchall()
    with closing(open_snapshot(home, year=2025)) as con:
        scored = "select distinct society_id from indicators where indicator = '4.4' and numerator > 0"
        checked = {society for (society,) in con.sql(scored).fetchall()}
    revised = next(society for society, name, _ in reports if _revise(folder / "inbox" / name))
    verified = next(society for society, *_ in reports if society in checked - {revised})
    objector = next(society for society, *_ in reports if society not in {revised, verified})
    with closing(open_snapshot(home, year=2025)) as con:
        named = "select society_id from exemplars where decision = 'selected' order by society_id"
        withdrawn = next(s for (s,) in con.sql(named).fetchall() if s not in {revised, verified, objector})
    _append(
        inbox, "核验记录",
        {"统一社会信用代码": verified, "报告年度": 2025, "核验编号": "V900001", "核验对象": "评价活动",
         "核验方式": "现场核", "核验结果": "不属实", "核验单位": "虚构第三方核验中心",
         "核验日期": "2026-09-01", "核验状态": "已核"},
    )  # fmt: skip
    _append(
        inbox, "异议登记",
        {"统一社会信用代码": objector, "报告年度": 2025, "异议编号": "O9001", "提出日期": "2026-09-02",
         "异议事项": "对签到认定的异议", "实名": "是", "佐证材料": "附件1.pdf", "受理日期": "2026-09-03",
         "答复日期": "2026-09-10", "经办人已回避": "是", "处理结果": "维持"},
        {"统一社会信用代码": withdrawn, "报告年度": 2025, "异议编号": "O9002", "提出日期": "2026-09-02",
         "异议事项": "对典型经验的异议", "实名": "是", "佐证材料": "附件2.pdf", "受理日期": "2026-09-03",
         "答复日期": "2026-09-10", "经办人已回避": "是", "处理结果": "撤销"},
    )  # fmt: skip
    ran = cli("run", "--year", 2025, "--inbox", folder / "inbox", "--home", home.root, "--json")
    assert ran.exit_code == 0, ran.output
    causes = {revised: "revision", verified: "verification", objector: "objection", withdrawn: "objection"}
    return home, nation.runs[2025]["run_id"], json.loads(ran.stdout)["run_id"], causes, before


def _append(inbox: Path, name: str, *rows: dict) -> None:
    """A further list of the authority with these rows, under the headers of its first."""
    book = openpyxl.load_workbook(inbox / f"{name}_2025.xlsx")
    sheet = book.worksheets[0]
    headers = [cell.value for cell in sheet[1]]
    sheet.delete_rows(2, sheet.max_row)
    for row in rows:
        assert set(row) <= set(headers)
        sheet.append([row.get(header) for header in headers])
    book.save(inbox / f"{name}_2025_补充.xlsx")


def _revise(path: Path) -> bool:
    """Send a second revision in which every member has pledged; False where the workbook is not plain."""
    book = openpyxl.load_workbook(path)
    if not {"封面", "表1基本情况"} <= set(book.sheetnames):
        return False
    found = {
        cell.value: cell for row in book["表1基本情况"].iter_rows(max_row=8) for cell in row if cell.value
    }
    cover = {row[0].value: row[1] for row in book["封面"].iter_rows()}
    due, pledged = found.get("应签承诺会员数"), found.get("已签承诺会员数")
    if due is None or pledged is None or "修订号" not in cover:
        return False
    cover["修订号"].value = 2
    sheet = book["表1基本情况"]
    total, old = (sheet.cell(pledged.row + 1, c.column).value for c in (due, pledged))
    if not isinstance(total, int) or not isinstance(old, int) or old >= total:
        return False
    for row in sheet.iter_rows(min_row=pledged.row + 1, max_row=pledged.row + 2):
        if row[pledged.column - 1].value == old:
            row[pledged.column - 1].value = total
    book.save(path.with_name(path.name.replace("_r1", "_r2")))
    return True


def _checksums(home: Home) -> dict[str, str]:
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in home.snapshots.glob("*.duckdb")}


def test_old_snapshots_stay_as_they_were(restated):
    home, _, new, _, before = restated
    now = _checksums(home)
    assert set(now) - set(before) == {f"{new}.duckdb"}
    assert {name: now[name] for name in before} == before


def test_the_log_lists_exactly_the_societies_whose_facts_changed(restated):
    home, old, new, causes, _ = restated
    with closing(open_snapshot(home, new)) as con:
        assert con.sql("select restates_run_id from run").fetchone() == (old,)
        log = con.sql("from restatements").pl()
    # A society that is moved by another's change stands in the log too, under that cause.
    direct = log.filter("is_direct")
    assert set(direct["society_id"]) == set(causes)
    for society, cause in causes.items():
        own = direct.filter(pl.col("society_id") == society)
        assert set(own["causes"].explode()) == {cause}
        assert own["files"].explode().unique().len() == 1
    # A rejected objection moves no figure and stands in the log all the same; an upheld one moves a decision.
    kinds = {s: set(direct.filter(pl.col("society_id") == s)["item"]) for s in causes}
    by_cause = {cause: kinds[society] for society, cause in causes.items()}
    objected = [kinds[society] for society, cause in causes.items() if cause == "objection"]
    assert objected == [{"fact"}, {"fact", "decision"}]
    assert by_cause["revision"] >= {"fact", "indicator", "dimension", "score"}
    assert by_cause["verification"] >= {"fact", "indicator", "dimension", "score"}
    elsewhere = set(log.filter(~pl.col("is_direct"))["causes"].explode())
    assert elsewhere <= {"peers", "competition"}


def test_an_upheld_objection_changes_the_new_run_only(restated):
    home, old, new, causes, before = restated
    withdrawn = list(causes)[-1]
    decisions = []
    for run in (old, new):
        with closing(open_snapshot(home, run)) as con:
            query = "select decision, reason_code from exemplars where society_id = $1"
            decisions.append(con.sql(query, params=[withdrawn]).fetchone())
    assert decisions == [("selected", "SELECTED"), ("not_selected", "OBJECTION")]
    assert _checksums(home)[f"{old}.duckdb"] == before[f"{old}.duckdb"]


def test_every_change_of_the_results_is_in_the_log(restated):
    home, old, new, _, _ = restated
    query = """
        select society_id, c.score, c.band, c.rank, e.decision
        from composite c join exemplars e using (society_id)
    """
    with closing(open_snapshot(home, old)) as one, closing(open_snapshot(home, new)) as two:
        both = one.sql(query).pl().join(two.sql(query).pl(), on="society_id", suffix="_new")
        log = two.sql("select society_id, item from restatements").pl()
    for item in ("band", "rank", "decision"):
        changed = both.filter(pl.col(item).ne_missing(pl.col(f"{item}_new")))
        assert set(changed["society_id"]) == set(log.filter(pl.col("item") == item)["society_id"]), item
    moved = both.filter((pl.col("score") - pl.col("score_new")).abs() > 2e-9)
    assert set(moved["society_id"]) == set(log.filter(pl.col("item") == "score")["society_id"])


def test_effects_add_up_to_the_published_changes(restated):
    home, _, new, causes, _ = restated
    with closing(open_snapshot(home, new)) as con:
        changes = con.sql("from changes where scope <> 'indicator'").pl()
        notes = con.sql("select basis, note_code from comparisons order by all").fetchall()
    assert notes == [("previous_year", None), ("restated", None)]
    rest = changes.select(
        pl.sum_horizontal("data", "methodology", "peers", "software") - pl.col("change")
    ).to_series()
    assert rest.abs().max() <= 1e-9
    assert changes["software"].abs().max() == 0
    others = changes.filter(pl.col("basis") == "restated", ~pl.col("society_id").is_in(list(causes)))
    assert others["data"].abs().max() == 0


def test_the_command_tells_of_runs_and_of_one_society(restated, cli, tmp_path):
    home, old, new, causes, _ = restated
    listed = cli("runs", "--home", home.root)
    assert old in listed.stdout and new in listed.stdout
    published = {
        one["run_id"]: one["created_at"]
        for one in json.loads(cli("runs", "--home", home.root, "--json").stdout)
    }
    moment = datetime.fromisoformat(published[new])
    assert moment.utcoffset() == timedelta(0)
    assert f"{moment + timedelta(hours=8):%Y-%m-%d %H:%M:%S}" in listed.stdout and "北京时间" in listed.stdout
    with closing(open_snapshot(home, new)) as con:
        name = file_name("restatements", is_provisional=run_facts(con)["is_provisional"])
    assert (home.exports / new / f"{name}.xlsx").exists()
    whole = cli("compare", old, new, "--home", home.root, "--out", tmp_path)
    assert whole.exit_code == 0
    assert "核验记录_2025_补充.xlsx" in whole.stdout
    (path,) = tmp_path.glob("*.xlsx")
    book = openpyxl.load_workbook(path)
    assert book.sheetnames[1] == "学会得分变动"
    plain = json.loads(cli("compare", old, new, "--home", home.root, "--json").stdout)
    assert {row["society_id"] for row in plain["facts"]} == set(causes)
    for society in causes:
        for lang in ("zh", "en"):
            told = cli("compare", old, new, "--home", home.root, "--society", society, "--lang", lang)
            assert told.exit_code == 0
            assert society in told.stdout
    unknown = cli("compare", old, new, "--home", home.root, "--society", "51990000000000000X")
    assert unknown.exit_code == 1
    assert "51990000000000000X" in unknown.stderr
