"""What a run follows: kept beside its name, never part of it."""

from contextlib import closing

import pytest

from models import warehouse
from models.assessment.methodology import load
from models.publication import manifest as manifests
from models.publication import snapshot
from models.publication.chain import Chain, chain_of
from models.publication.comparison import compare
from models.publication.comparison.parameters import parameter_changes

YEARS = {"years": {"2023": "2023-a", "2024": "2024-b", "2025": "2025-c"}}


def publish(home, made, seed, year=2025):
    with warehouse.open_reader(home) as con:
        manifest = manifests.build(con, load(year), year, seed)
        return snapshot.publish(home, made, made, manifest, con).stem


def run_row(home, run_id):
    with closing(snapshot.open_snapshot(home, run_id)) as con:
        return con.sql("from run").pl().row(0, named=True)


def test_a_run_follows_what_was_current():
    assert chain_of(YEARS, 2025, "2025-d") == Chain("2024-b", "2025-c", {"2023": "2023-a", "2024": "2024-b"})
    assert chain_of(YEARS, 2025, "2025-c").restates is None
    assert chain_of({}, 2025, "2025-d") == Chain()


def test_the_same_run_in_two_homes_has_one_name_and_its_own_chain(fabricated, tmp_path):
    one = fabricated.publish(tmp_path / "one", years=(2025,), n=6)
    two = fabricated.publish(tmp_path / "two", years=(2025,), n=6)
    made = fabricated.frames(6, 2025, seed=2025)
    first = snapshot.current(one)["latest"]
    middle = publish(one, made, seed=50)
    assert publish(one, made, seed=51) == publish(two, made, seed=51)
    last = snapshot.current(one)["latest"]
    assert run_row(one, middle)["restates_run_id"] == first
    assert run_row(one, last)["restates_run_id"] == middle
    assert run_row(two, last)["restates_run_id"] == first
    with closing(snapshot.open_snapshot(one, last)) as con:
        # Only the seed differs, and these frames are the same: nothing to restate.
        assert con.sql("from restatements").fetchall() == []
        assert con.sql("select distinct basis from comparisons").fetchall() == [("restated",)]


def test_past_selections_come_from_frozen_runs(fabricated, tmp_path):
    """A past year's list is what was published; a restated past year makes another run of this one."""
    home = fabricated.publish(tmp_path, years=(2024, 2025), n=12)
    known = snapshot.current(home)["years"]
    assert run_row(home, known["2025"])["past_runs"] == f'{{"2024": "{known["2024"]}"}}'
    before = snapshot.past_selections(home, 2025)
    with warehouse.open_reader(home) as con:
        one = manifests.build(con, load(2025), 2025, 7, before)
    again = publish(home, fabricated.frames(12, 2024, seed=99), seed=8, year=2024)
    after = snapshot.past_selections(home, 2025)
    with warehouse.open_reader(home) as con:
        two = manifests.build(con, load(2025), 2025, 7, after)
    assert snapshot.current(home)["years"]["2024"] == again
    assert (one.run_id == two.run_id) == before.equals(after)
    # The run of 2025 still stands on the list of its day.
    assert run_row(home, known["2025"])["past_runs"] == f'{{"2024": "{known["2024"]}"}}'


def test_a_snapshot_of_an_older_version_is_noted_and_does_not_stop_a_run(fabricated, tmp_path):
    import duckdb

    from models.errors import FengqingError

    home = fabricated.publish(tmp_path, years=(2025,), n=6)
    old = snapshot.current(home)["latest"]
    with closing(duckdb.connect(str(snapshot.snapshot_path(home, old)))) as con:
        con.execute("drop table facts")
    new = publish(home, fabricated.frames(6, 2025, seed=2025), seed=52)
    with closing(snapshot.open_snapshot(home, new)) as con:
        assert con.sql("select note_code from comparisons").fetchall() == [("RUN_NOT_COMPARABLE",)]
        with (
            closing(snapshot.open_snapshot(home, old)) as before,
            pytest.raises(FengqingError, match="facts"),
        ):
            compare(before, con)


def test_parameters_are_compared_by_name():
    plain = load(2025).model_dump(mode="json")
    other = load(2025).model_dump(mode="json")
    assert parameter_changes(plain, other).is_empty()
    other["indicators"][0]["weight"] = 5.0
    other["shrinkage"]["threshold"] = 12
    del other["indicators"][-1]
    found = parameter_changes(plain, other)
    weight = found.row(0, named=True)
    assert weight["path"] == "indicators.1.1.weight"
    assert weight["zh"] == "指标 · 1.1 章程条款状态 · 权重"
    assert (weight["before"], weight["after"]) == ("4.0", "5.0")
    assert "小分母收缩 · 收缩的分母界限" in found["zh"].to_list()
    gone = found.filter(found["path"].str.starts_with("indicators.7.5."))
    assert gone.height > 5
    assert gone["after"].null_count() == gone.height
