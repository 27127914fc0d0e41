"""What of a method acts inside the measures; figures counted again by other rules."""

from __future__ import annotations

import shutil
from contextlib import closing

import duckdb
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from data_contracts.contract import load_contracts
from data_contracts.ddl import HISTORY_SCHEMA, create_history
from models.assessment.methodology import Methodology, load
from models.measures.engine import FAMILIES, compute
from models.measures.recount import recount
from models.measures.rules import are_only_weights, counting_differences, reweigh
from models.publication.specs import SPEC_YEAR


def revised(**blocks: dict[str, object]) -> Methodology:
    base = load(2025)
    return base.model_copy(
        update={name: getattr(base, name).model_copy(update=new) for name, new in blocks.items()}
    )


METHOD = load(2025)
WEIGHTS = METHOD.evidence.weights
LIGHTER = revised(evidence={"weights": {**WEIGHTS, "self_reported": 0.25, "attached": 0.5}})
STRICTER = revised(counting={"online_minutes": 90, "review_years": 1})


def test_only_what_counts_is_a_difference():
    assert counting_differences(METHOD, load(2025), 2025) == set()
    assert counting_differences(METHOD, revised(exemplars={"minimum_score": 70.0}), 2025) == set()
    assert counting_differences(METHOD, STRICTER, 2025) == {"parameters"}
    assert counting_differences(METHOD, LIGHTER, 2025) == {"grades"}
    never = METHOD.model_copy(update={"rule_packs": []})
    assert counting_differences(METHOD, never, 2025) == {"rule_pack"}
    indicators = [
        i.model_copy(update={"absence_declared_by": []}) if i.code == "1.3" else i for i in METHOD.indicators
    ]
    other = METHOD.model_copy(update={"indicators": indicators})
    assert counting_differences(METHOD, other, 2025) == {"absences"}


def test_only_weights_of_grades_can_be_put_on_afterwards():
    assert are_only_weights({"grades"}, METHOD, LIGHTER)
    assert not are_only_weights({"grades", "parameters"}, METHOD, LIGHTER)
    nothing = revised(evidence={"weights": {**WEIGHTS, "self_reported": 0.0}})
    assert not are_only_weights({"grades"}, nothing, METHOD)
    order = [*METHOD.evidence.order[1:], METHOD.evidence.order[0]]
    assert not are_only_weights({"grades"}, METHOD, revised(evidence={"order": order}))


@pytest.fixture(scope="module")
def counted(spec_path, tmp_path_factory):
    """What the specifications file, with a history: connection, files of the run, its measures."""
    path = tmp_path_factory.mktemp("counted") / "specs.duckdb"
    shutil.copy(spec_path, path)
    with closing(duckdb.connect(str(path))) as con:
        con.execute(f"create schema {HISTORY_SCHEMA}")
        for contract in load_contracts().values():
            con.execute(create_history(contract))
        files = " union ".join(f"select source_file from {family}" for family in FAMILIES)
        names = [name for (name,) in con.sql(f"select distinct * from ({files}) order by 1").fetchall()]
        yield con, names, compute(con, SPEC_YEAR, METHOD)


def test_reweighed_rows_give_what_a_run_would(counted):
    con, _, measures = counted
    same = reweigh(measures.measures, measures.contributions, METHOD, METHOD)
    assert_frame_equal(same, measures.measures)
    found = reweigh(measures.measures, measures.contributions, METHOD, LIGHTER)
    assert_frame_equal(found, compute(con, SPEC_YEAR, LIGHTER).measures, rel_tol=0, abs_tol=1e-9)
    assert not found["numerator"].equals(measures.measures["numerator"], null_equal=True)


def test_a_past_run_is_counted_by_other_rules_over_the_facts_of_its_day(counted):
    con, files, measures = counted
    expected = compute(con, SPEC_YEAR, STRICTER).measures
    assert not expected.equals(measures.measures, null_equal=True)
    assert_frame_equal(recount(con, SPEC_YEAR, files, METHOD, STRICTER, measures.measures), expected)
    # A later file beats every document: the run's own stand in history from then on.
    con.execute("begin")
    con.execute(
        f"insert into {HISTORY_SCHEMA}.documents by name "
        "select *, 'later' as superseded_by, current_timestamp::timestamp as superseded_at from documents"
    )
    con.execute("update documents set source_file = 'later', row_id = 'later/' || row_id, stage = 'drafted'")
    assert not compute(con, SPEC_YEAR, METHOD).measures.equals(measures.measures, null_equal=True)
    con.execute("commit")
    assert_frame_equal(recount(con, SPEC_YEAR, files, METHOD, STRICTER, measures.measures), expected)


def test_facts_that_are_not_those_of_the_run_are_refused(counted):
    con, files, measures = counted
    assert recount(con, SPEC_YEAR, [], METHOD, STRICTER, measures.measures) is None
    other = measures.measures.with_columns(pl.col("numerator") + 1)
    assert recount(con, SPEC_YEAR, files, METHOD, STRICTER, other) is None
