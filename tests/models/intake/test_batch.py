import json
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from data_contracts.contract import load_contracts
from models import ledger, warehouse
from models.errors import FengqingError
from models.home import Home
from models.intake.batch import ingest
from models.intake.receipts import receipts

A, B = "51990000900000014W", "51990000900000022P"


@dataclass
class Judged:
    accepted: dict[str, pl.DataFrame]
    rows: pl.DataFrame
    findings: pl.DataFrame
    files: pl.DataFrame


TYPES = {"VARCHAR": pl.String, "BIGINT": pl.Int64, "TIMESTAMP": pl.Datetime}


def frame(columns, rows):
    schema = {n: TYPES[t.split()[0]] for n, t, _ in columns if n not in ("bytes", "landed_at", "batch_id")}
    return pl.DataFrame(rows, schema=schema)


def fake_judge(files, context):
    """Judge files that say in JSON what they hold; attendance needs an accepted session."""
    books = {"files": [], "rows": [], "findings": []}
    accepted = {name: [] for name in load_contracts()}
    told = [(f, json.loads(f.path.read_text())) for f in sorted(files, key=lambda f: f.name)]
    sessions = context.known_keys["education_sessions"]
    known = set(sessions.rows()) | {
        (*pair(t), r["session_id"]) for _, t in told for r in t["rows"].get("education_sessions", [])
    }
    for file, tale in told:
        society, year = pair(tale)
        counts = dict.fromkeys(("accepted", "returned"), 0)
        rows = [(family, r) for family, group in tale["rows"].items() for r in group]
        for n, (family, given) in enumerate(rows, start=7):
            row = {"society_id": society, "report_year": year, **given}
            row_id = f"{file.file_id[:16]}/{family}/{n}"
            missing = family == "education_attendance" and (
                (row["society_id"], row["report_year"], row["session_id"]) not in known
            )
            verdict = "returned" if missing else "accepted"
            counts[verdict] += 1
            where = {"file_id": file.file_id, "sheet": family, "row": n, "family": family}
            books["rows"].append({**where, "verdict": verdict, "row_id": row_id})
            if missing:
                books["findings"].append(
                    {**where, "code": "S03", "verdict": "R", "message_zh": "无", "message_en": "none"}
                    | {"society_id": row["society_id"], "report_year": row["report_year"]}
                )
                continue
            lineage = {"row_id": row_id, "source_file": file.file_id, "source_sheet": family, "source_row": n}
            accepted[family].append(row | lineage)
        about = {k: tale.get(k) for k in ("origin", "society_id", "report_year", "revision")}
        read = tale.get("rows_read", len(rows))
        books["files"].append(
            {"file_id": file.file_id, "name": file.name, "status": "current", "rows_read": read}
            | about | counts | {"quarantined": 0, "non_data": 0}
        )  # fmt: skip
    return Judged(
        {
            n: pl.DataFrame([complete(n, r) for r in rows], schema=load_contracts()[n].polars_schema())
            for n, rows in accepted.items()
        },
        frame(ledger.ROWS, books["rows"]),
        frame(ledger.FINDINGS, [{k: v for k, v in f.items() if k != "family"} for f in books["findings"]]),
        frame(ledger.FILES, books["files"]),
    )


def pair(tale):
    return tale.get("society_id"), tale.get("report_year")


def complete(family, row):
    stock = {
        "string": "x",
        "integer": 1,
        "number": 1.0,
        "date": date(2025, 6, 1),
        "boolean": True,
        "array": [],
    }
    return {f.name: stock[f.kind] for f in load_contracts()[family].fields if f.required} | row


def report(revision=1, society=A, members=100, **families):
    rows = {"annual_reports": [{"revision": revision, "individual_members": members}], **families}
    about = {"origin": "society", "society_id": society, "report_year": 2025, "revision": revision}
    return {**about, "rows": rows}


def register(*names, year=2025):
    rows = [{"society_id": s, "report_year": year, "name": n} for s, n in zip((A, B), names, strict=False)]
    return {"origin": "authority", "rows": {"societies": rows}}


def checkin(*persons, session="S01", note=""):
    rows = [{"session_id": session, "person_key": p, "minutes": 60} for p in persons]
    about = {"origin": "checkin", "society_id": A, "report_year": 2025, "note": note}
    return {**about, "rows": {"education_attendance": rows}}


SESSION = {"education_sessions": [{"session_id": "S01"}]}


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path / "home")


@pytest.fixture
def send(tmp_path, home):
    """Put files into a new inbox and ingest it."""
    count = iter(range(100))

    def send(batch_size=None, **files):
        inbox = tmp_path / f"inbox{next(count)}"
        for name, tale in files.items():
            path = inbox / f"{name}.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(tale))
        return ingest(inbox, home, batch_size=batch_size, judge=fake_judge)

    return send


@pytest.fixture
def ask(home):
    def ask(query, *params):
        with warehouse.open_reader(home) as con:
            return con.sql(query, params=list(params)).fetchall()

    return ask


@pytest.fixture
def state(home):
    """Every table's rows, as text, whatever their order."""

    def state():
        with warehouse.open_reader(home) as con:
            tables = con.sql("select table_schema, table_name from information_schema.tables").fetchall()
            return {t: sorted(map(str, con.sql(f'from {t[0]}."{t[1]}"').fetchall())) for t in tables}

    return state


def test_rows_and_books_are_loaded(send, ask):
    summary = send(a=register("甲", "乙"), b=report(**SESSION), c=checkin("p1", "p2"))
    assert summary.files_new == 3
    assert summary.rows["accepted"] == 6
    assert summary.families["education_attendance"] == 2
    assert ask("select name from societies order by society_id") == [("甲",), ("乙",)]
    assert ask("select count(*), count(distinct file_id) from rows") == [(6, 3)]
    assert ask("select name, status, accepted, bytes > 0 from files order by name")[0] == (
        "a.json", "current", 2, True,
    )  # fmt: skip


def test_second_ingest_changes_nothing(send, state, tmp_path, home):
    send(a=register("甲"), b=report(**SESSION), c=checkin("p1"), d=report(2, **SESSION))
    before = state()
    summary = ingest(tmp_path / "inbox0", home, judge=fake_judge)
    assert (summary.files_new, summary.files_known, summary.files_again) == (0, 4, 0)
    assert state() == before
    assert sum(map(len, before.values())) > 10


def test_newer_revision_supersedes(send, ask):
    send(r1=report(1, members=100, **SESSION))
    send(r2=report(2, members=200))
    assert ask("select revision, individual_members from annual_reports") == [(2, 200)]
    assert ask("select count(*) from education_sessions") == [(0,)]
    assert ask("select individual_members, superseded_by = (select file_id from files where revision = 2) "
               "from history.annual_reports") == [(100, True)]  # fmt: skip
    assert ask("select count(*) from history.education_sessions") == [(1,)]
    assert ask("select revision, status from files order by 1") == [(1, "superseded"), (2, "current")]


def test_older_revision_arriving_late_goes_to_history_with_a_warning(send, ask):
    send(r2=report(2, members=200))
    send(r1=report(1, members=100))
    assert ask("select revision from annual_reports") == [(2,)]
    assert ask("select individual_members from history.annual_reports") == [(100,)]
    found = ask("select name, code, verdict, message_zh, message_en from findings join files using (file_id)")
    assert [f[:3] for f in found] == [("r1.json", "D40", "W")]
    assert "第2次修订" in found[0][3]
    assert "revision 1" in found[0][4]


def test_same_revision_again_the_last_to_land_wins(send, ask):
    send(first=report(1, members=100))
    send(again=report(1, members=101))
    assert ask("select individual_members from annual_reports") == [(101,)]
    assert ask("select name, code from findings join files using (file_id)") == [("again.json", "D40")]


def test_a_newer_revision_is_the_ordinary_course_and_no_defect(send, ask):
    send(r1=report(1), r2=report(2))
    assert ask("select count(*) from findings") == [(0,)]


@pytest.mark.parametrize("batch_size", [1, 10])
def test_revisions_in_one_inbox_end_the_same_whatever_the_batches(send, ask, batch_size):
    send(
        batch_size,
        a=report(1, members=1),
        b=report(3, members=3),
        c=report(2, members=2),
        d=report(3, members=4),
    )
    assert ask("select revision, individual_members from annual_reports") == [(3, 4)]
    assert ask("select individual_members from history.annual_reports order by 1") == [(1,), (2,), (3,)]
    assert ask("select status, count(*) from files group by 1 order by 1") == [
        ("current", 1),
        ("superseded", 3),
    ]
    assert ask("select name from files join findings using (file_id) order by 1") == [
        ("c.json",),
        ("d.json",),
    ]


def test_register_rows_are_superseded_by_key(send, ask):
    send(old=register("甲", "乙"))
    send(new=register("甲新"))
    assert ask("select name from societies order by society_id") == [("甲新",), ("乙",)]
    assert ask("select name from history.societies") == [("甲",)]
    assert ask("select status from files order by landed_at") == [("current",), ("current",)]
    send(newer=register("甲再", "乙再"))
    assert ask("select status from files order by landed_at") == [
        ("superseded",),
        ("superseded",),
        ("current",),
    ]


def test_same_content_under_two_names_is_loaded_once_and_noted(send, ask):
    summary = send(a=report(), b=report())
    assert summary.files_new == 1
    assert ask("select count(*) from annual_reports") == [(1,)]
    assert ask("select code, message_zh like '%完全相同%' from findings") == [("D40", True)]


def test_children_arriving_before_their_parent_are_accepted_when_it_comes(send, ask):
    send(c=checkin("p1", "p2"))
    assert ask("select status, accepted, returned from files") == [("refused", 0, 2)]
    summary = send(r=report(**SESSION))
    assert (summary.files_new, summary.files_again) == (1, 1)
    assert ask("select status, accepted, returned from files where origin = 'checkin'") == [("current", 2, 0)]
    assert ask("select count(*) from education_attendance") == [(2,)]
    assert ask("select count(*) from findings where code = 'S03'") == [(0,)]


def test_a_child_judged_before_its_parent_in_one_ingest_is_judged_again_once(send, ask):
    summary = send(1, a=checkin("p1"), b=report(**SESSION), c=checkin("p2", session="S9"))
    assert (summary.files_new, summary.files_again) == (3, 0)
    assert summary.rows == {"accepted": 3, "returned": 1, "quarantined": 0, "non_data": 0}
    assert ask("select count(*) from education_attendance") == [(1,)]
    assert ask("select count(*), count(distinct file_id) from findings") == [(1, 1)]


def test_children_lose_their_parent_when_a_revision_drops_it(send, ask):
    send(r1=report(1, **SESSION), c=checkin("p1"))
    send(r2=report(2, education_sessions=[{"session_id": "S02"}]))
    assert ask("select count(*) from education_attendance") == [(0,)]
    assert ask("select status, returned from files where origin = 'checkin'") == [("refused", 1)]


def test_checkin_export_prevails_over_the_roster_in_the_report(send, ask):
    roster = {"education_attendance": [{"session_id": "S01", "person_key": "p1", "minutes": 5}]}
    send(c=checkin("p1"), r=report(**SESSION))
    send(r2=report(2, **SESSION, **roster))
    assert ask("select minutes from education_attendance") == [(60,)]
    assert ask("select minutes from history.education_attendance") == [(5,)]


def test_refused_file_supersedes_nothing(send, ask):
    send(r1=report(1))
    send(r2=report(2) | {"rows": {}})
    assert ask("select revision from annual_reports") == [(1,)]
    assert ask("select status from files where revision = 2") == [("refused",)]


def test_rows_that_do_not_add_up_stop_the_batch(send, state):
    send(a=register("甲"))
    before = state()
    with pytest.raises(FengqingError) as caught:
        send(bad=report() | {"rows_read": 9}, good=report(society=B))
    assert caught.value.code == "row_equation"
    assert state() == before


def test_what_was_landed_and_not_loaded_is_loaded_by_the_next_ingest(send, ask, tmp_path, home):
    inbox = tmp_path / "first"
    inbox.mkdir()
    for n, society in enumerate((A, B)):
        (inbox / f"{n}.json").write_text(json.dumps(report(society=society)))
    script = f"""
        import os, signal, sys
        from importlib.util import module_from_spec, spec_from_file_location
        spec = spec_from_file_location("fake", {str(Path(__file__))!r})
        fake = module_from_spec(spec)
        sys.modules["fake"] = fake
        spec.loader.exec_module(fake)
        from pathlib import Path
        from models.home import Home
        from models.intake.batch import ingest

        def die(stage, done, total):
            if stage == "load" and done == 1:
                os.kill(os.getpid(), signal.SIGKILL)

        ingest(Path({str(inbox)!r}), Home(Path({str(home.root)!r})), die, 1, judge=fake.fake_judge)
    """
    killed = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], check=False, capture_output=True)
    assert killed.returncode == -9, killed.stderr.decode()
    assert ask("select count(*) from annual_reports") == [(1,)]
    assert ask("select count(*) from files") == [(1,)]
    send(other=register("甲"))
    assert ask("select society_id from annual_reports order by 1") == [(A,), (B,)]
    assert ask("select count(*) from files") == [(3,)]


def test_a_copy_that_is_lost_is_named_until_the_file_comes_again(send, ask, home):
    with pytest.raises(FengqingError):
        send(a=report() | {"rows_read": 9})
    [receipt] = receipts(home)
    receipt.path.unlink()
    with pytest.raises(FengqingError) as caught:
        send(b=register("甲"))
    assert caught.value.code == "landing_lost"
    assert "a.json" in caught.value.zh
