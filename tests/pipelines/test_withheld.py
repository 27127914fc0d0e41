"""What the command line holds back of small counts of cases, and what it says about that."""

import json
from contextlib import closing

import docx
import pytest

from models.publication.coarse import rules
from models.publication.figures import trimmed
from models.publication.handout import open_handout
from models.publication.snapshot import open_snapshot

CASES = {"3.2", "3.3", "3.4", "3.5"}


@pytest.fixture(scope="module")
def told_in_range(nation):
    """A society whose score is told as a range, the exact score, low and high."""
    run_id = nation.runs[2025]["run_id"]
    with (
        closing(open_handout(nation.home, run_id)) as con,
        closing(open_snapshot(nation.home, run_id)) as exact,
    ):
        society, low, high = con.sql(
            "select society_id, low, high from composite where is_coarse order by 1 limit 1"
        ).fetchone()
        (score,) = exact.sql("select score from composite where society_id = $1", params=[society]).fetchone()
    return society, score, low, high


def test_rows_of_cases_are_explained_to_the_cleared_only_however_many(nation, cli):
    with closing(open_snapshot(nation.home, nation.runs[2025]["run_id"])) as con:
        many, code = con.sql(
            "select society_id, indicator from contributions where family = 'investigations' "
            "group by all order by count(*) desc, 1, 2 limit 1"
        ).fetchone()
    ask = ("explain", "--society", many, "--indicator", code, "--home", nation.home.root)
    hidden, shown = (json.loads(cli(*ask, *more, "--json").stdout) for more in ((), ("--restricted",)))
    assert hidden["sources"] == [] and shown["sources"]
    assert "--restricted" in hidden["notice"] and shown["notice"] is None
    assert "没有来源行" not in cli(*ask).stdout and "--restricted" in cli(*ask).stdout


@pytest.mark.parametrize(("lang", "said"), [("zh", "范围"), ("en", "range")])
def test_a_decision_tells_the_range_and_why(nation, cli, told_in_range, lang, said):
    society, score, low, high = told_in_range
    ask = ("explain", "--society", society, "--decision", "--home", nation.home.root, "--lang", lang)
    hidden, shown = cli(*ask).stdout, cli(*ask, "--restricted").stdout
    exact = trimmed(score, "en", 2)
    assert f"{said} {trimmed(low, 'en', 2)}–{trimmed(high, 'en', 2)}" in hidden
    assert exact not in hidden and "--restricted" in hidden
    assert exact in shown and "--restricted" not in shown
    plain = json.loads(cli(*ask, "--json").stdout)
    assert plain["is_coarse"] and plain["stability"] is None and plain["joint_low"] is None
    assert (plain["low"], plain["high"]) == (low, high)
    assert json.loads(cli(*ask, "--json", "--restricted").stdout)["score"] == score


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_feedback_sheet_tells_the_range_and_why(nation, cli, told_in_range, tmp_path, lang):
    society, score, low, high = told_in_range
    ask = ("feedback", "--society", society, "--home", nation.home.root, "--lang", lang, "--out", tmp_path)
    texts = []
    for more in ((), ("--restricted",)):
        told = cli(*ask, *more)
        assert told.exit_code == 0 and ("--restricted" in told.stdout) == (not more)
        (path,) = tmp_path.glob("*.docx")
        texts.append("\n".join(c.text for t in docx.Document(path).tables for r in t.rows for c in r.cells))
    hidden, shown = texts
    assert f"{low:.1f}–{high:.1f}" in hidden and rules()["range"][lang] in hidden
    assert rules()["range"][lang] not in shown and f"{score:.1f}" in shown


def test_sensitivity_of_a_range_is_for_the_cleared(nation, cli, told_in_range):
    ask = ("sensitivity", "--society", told_in_range[0], "--base", 8, "--home", nation.home.root)
    hidden = cli(*ask)
    assert hidden.exit_code == 1 and "--restricted" in hidden.stderr and hidden.stdout == ""
    assert cli(*ask, "--restricted").exit_code == 0


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_comparison_withholds_what_either_run_does(nation, cli, lang, tmp_path):
    """Composite and D3 of whoever one of the two years shows as a range; every change on cases."""
    runs = [nation.runs[year]["run_id"] for year in (2024, 2025)]
    ranges = set()
    for run_id in runs:
        with closing(open_handout(nation.home, run_id)) as con:
            ranges |= {
                code for (code,) in con.sql("select society_id from composite where is_coarse").fetchall()
            }
    ask = ("compare", *runs, "--home", nation.home.root, "--lang", lang)
    hidden, shown = (json.loads(cli(*ask, "--json", *more).stdout) for more in ((), ("--restricted",)))
    assert "--restricted" in hidden["notice"] and shown["notice"] is None
    told = [
        one for one in hidden["effects"]
        if one["society_id"] in ranges and (one["scope"] == "composite" or one["item"] == "D3")
    ]  # fmt: skip
    assert told
    assert not [one for one in told if any(one[n] is not None for n in ("before", "after", "change", "data"))]
    assert len(hidden["effects"]) == len(shown["effects"])
    exact = {(one["society_id"], one["item"]): one for one in shown["effects"]}
    others = [one for one in hidden["effects"] if one["before"] is not None]
    assert others and all(exact[one["society_id"], one["item"]] == one for one in others)
    assert "investigations" not in {one["family"] for one in hidden["facts"]}
    assert "investigations" in {one["family"] for one in shown["facts"]}
    society = min(ranges & {one["society_id"] for one in told})
    one = json.loads(cli(*ask, "--society", society, "--json").stdout)
    assert not {row["item"] for row in one["effects"]} & CASES
    assert all(
        "suppressed" in {row["state_before"], row["state_after"]}
        for row in one["states"] if row["indicator"] in CASES
    )  # fmt: skip
    for more in (("--society", society), ("--out", tmp_path)):
        words = cli(*ask, *more)
        assert words.exit_code == 0 and "--restricted" in words.stdout
