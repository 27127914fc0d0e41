"""What a run or a society hangs on: stored, worked out anew from a snapshot, and on the command line."""

from __future__ import annotations

import json
from contextlib import closing

import pytest
from typer.testing import CliRunner

from models.errors import FengqingError
from models.publication.sensitivity import run_sensitivity, society_sensitivity
from models.publication.snapshot import open_snapshot
from pipelines.cli import app


def test_the_stored_indices_largest_first(con):
    found = run_sensitivity(con)
    assert found["total"].to_list() == sorted(found["total"], reverse=True)


def test_an_unknown_society_is_refused(con):
    with pytest.raises(FengqingError) as caught:
        society_sensitivity(con, "51990000000000000X")
    assert caught.value.code == "SOCIETY_UNKNOWN"


def test_an_unrated_society_is_told_so(con):
    ((society,),) = con.sql("select society_id from composite where score is null limit 1").fetchall()
    with pytest.raises(FengqingError) as caught:
        society_sensitivity(con, society)
    assert caught.value.code == "SOCIETY_UNRATED"


def test_the_command_prints_tables_and_json(published):
    shown = CliRunner().invoke(app, ["sensitivity", "--home", str(published.root), "--lang", "en"])
    assert shown.exit_code == 0 and "Noise of the counts" in shown.output
    given = CliRunner().invoke(app, ["sensitivity", "--home", str(published.root), "--json"])
    assert {row["input"] for row in json.loads(given.stdout)} == {"data", "weights"}


def test_indices_of_one_society(published):
    with closing(open_snapshot(published)) as con:
        ((society,),) = con.sql(
            "select society_id from composite where score is not null order by score desc limit 1 offset 5"
        ).fetchall()
        found = society_sensitivity(con, society, base=32)
    assert set(found["output"]) <= {"score", "rank"} and set(found["input"]) >= {"weights", "data"}
    score = found.filter(found["output"] == "score")
    assert score["total"].max() > 0.1
    assert (found["first_low"] <= found["first"]).all() and (found["total"] <= found["total_high"]).all()
