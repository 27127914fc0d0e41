"""What somebody of a narrow scope tries: answers of other scopes, names of peers, sums, names of files."""

import io
import re
import zipfile
from pathlib import Path

import duckdb
import pytest

from dashboards import access, filing, reading
from dashboards.access import Scope
from models.publication.exports import run_files
from models.publication.files import snapshot_path
from models.publication.snapshot import resolve
from models.visible import UNSEEN

SOCIETY = "51990000100000001P"
UNIT = Scope("supervisor", "U001")


def views(con):
    return [name for (name,) in con.sql("select view_name from duckdb_views() where not internal").fetchall()]


def texts(con, name):
    """Everything that stands in a view, as one text."""
    return "\n".join(str(row) for row in con.sql(f"select * from {name}").fetchall())


@pytest.mark.parametrize("cases", [False, True])
def test_a_society_reads_no_peer_by_name_or_code_in_any_view(published, cases):
    with duckdb.connect(str(snapshot_path(published, resolve(published))), read_only=True) as con:
        peers = con.sql("select society_id, name from societies where society_id <> $1", params=[SOCIETY])
        others = {one for row in peers.fetchall() for one in row}
    con = access.connect(published, resolve(published), Scope("society", SOCIETY, cases=cases))
    seen = {name: texts(con, name) for name in views(con)}
    con.close()
    assert len(seen) > 30 and SOCIETY in seen["societies"]
    assert not {name: found for name, text in seen.items() if (found := [o for o in others if o in text])}


def test_exports_of_a_wider_scope_are_not_given_to_a_narrower_one(published):
    """Asked for by the nation first, so that an answer kept under the query alone would be the nation's."""
    run_id = resolve(published)
    made = {}
    for scope in (Scope(cases=True), Scope(), UNIT, Scope("society", SOCIETY)):
        con = reading.reader(published, run_id, scope)
        files = run_files(con, is_part=scope.role != "national")
        text = next(one for one in files if one.name.endswith(".csv")).make().decode("utf-8-sig")
        made[scope] = set(re.findall(r"5199\w{14}", text))
        mine = {code for (code,) in con.sql("select society_id from societies").fetchall()}
        assert made[scope] == mine
    assert made[Scope("society", SOCIETY)] == {SOCIETY} < made[UNIT] < made[Scope()]


def changed(con):
    """Alter everything that is withheld, and what it was counted from, of every society that has some."""
    hidden = "(society_id, indicator) in (select society_id, indicator from own.cells where is_whole)"
    con.execute(
        "update s.indicators set numerator = 1, numerator_raw = 1, denominator = 2, value = 0.5, "
        f"score = 0.5, value_raw = 0.5 where {hidden} and score is not null"
    )
    con.execute(
        "update s.composite set score = score - 0.004, low = low - 1, high = high + 1, worst = 0, best = 100 "
        "where society_id in (select society_id from own.ranges) and score is not null"
    )
    con.execute(
        "update s.dimensions set score = 0.004, low = 0, high = 1 "
        "where (society_id, dimension) in (select society_id, item from own.ranges)"
    )
    con.execute("update s.contributions set numerator = 9, label = '?' where family = 'investigations'")
    for name in access.NEVER:
        con.execute(f"delete from s.{name}")


@pytest.mark.parametrize("scope", [Scope(), UNIT, Scope("society", SOCIETY)], ids=lambda one: one.role)
def test_nothing_shown_depends_on_a_withheld_count(published, scope):
    """Hence no difference of two filters or scopes can: every view is the same whatever the counts are.

    But the sums of the nation, which hold them on purpose; see test_two_runs.py and test_disclosure.py.
    """
    con = duckdb.connect()
    con.execute(f"attach '{snapshot_path(published, resolve(published))}' as made (read_only)")
    con.execute("create schema s")
    for (name,) in con.sql("select table_name from duckdb_tables() where database_name = 'made'").fetchall():
        con.execute(f"create table s.{name} as select * from made.{name}")

    def shown(own):
        con.execute(f"create schema {own}; create schema v{own}; use v{own}")
        for statement in access.sql_for_views("memory.s", scope, f"memory.{own}"):
            con.execute(statement)
        con.execute("use memory.main")
        found = con.sql(f"select view_name from duckdb_views() where schema_name = 'v{own}'").fetchall()
        return {
            name: sorted(map(repr, con.sql(f"select * from v{own}.{name}").fetchall())) for (name,) in found
        }

    before = shown("own")
    hidden = con.sql("select count(distinct society_id) from own.cells where is_whole").fetchone()[0]
    changed(con)
    after = shown("other")
    con.close()
    assert hidden >= 1 and len(before) > 30
    assert [name for name in before if before[name] != after[name] and name != "case_summary"] == []


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd.xlsx", "..\\..\\boot.xlsx", "a\x00b\x1b[2J\r\n.xlsx", "\u202ecod.slx.xlsx",
        "<img src=x onerror=alert(1)>.xlsx", "\u061c\u2066名\u200f.xlsx", "长" * 5000 + ".xlsx", "..",
        ".xlsx", "无后缀\u202e", "=cmd|' /C calc'!A0.xlsx",
    ],
)  # fmt: skip
def test_a_hostile_file_name_is_harmless_on_the_page_and_in_names_of_downloads(
    name, messy, monkeypatch, tmp_path
):
    from streamlit.testing.v1 import AppTest

    data = messy.read_bytes()
    (report,) = filing.judge([filing.Upload(name, data)])
    for made in (filing.return_name(filing.Upload(name, data)), f"{filing.stem_of(report)}.xlsx"):
        assert Path(made).name == made and made.endswith(".xlsx") and len(made.encode()) < 255
        assert not filing.FORBIDDEN.search(made) and made.strip(" .~") == made
    monkeypatch.setenv("FENGQING_HOME", str(tmp_path))
    app = AppTest.from_function(script, default_timeout=60).run()
    app.file_uploader[0].set_value([(name, data, "")])
    app.run()
    assert not app.exception, [one.message for one in app.exception]
    html = "\n".join(element.proto.body for element in app.get("html"))
    assert "fq-section" in html and "<img" not in html
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]", html)
    assert "..\\" not in html and "../" not in html


def script():
    from dashboards import view
    from dashboards.i18n import Texts
    from dashboards.pages import filing_check

    filing_check.render(Texts(view.choose_language()))


@pytest.mark.parametrize("name", ["\u202e名.xlsx", "a\x1b[2J.xlsx", "../名.xlsx"])
def test_an_archive_with_a_hostile_name_inside_is_refused(messy, name):
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as packed:
        packed.writestr(name, messy.read_bytes())
    (report,) = filing.judge([filing.Upload("报送.zip", held.getvalue())])
    assert (report.status, report.path.name, filing.stem_of(report)) == ("refused", "报送.zip", "报送")
    assert not any(UNSEEN.search(one["message_zh"]) for one in report.findings)
