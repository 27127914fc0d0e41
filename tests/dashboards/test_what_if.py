"""What-if: the run's own weights give the run back, others move it, and a range is kept."""

import duckdb
import pytest

from dashboards.queries import what_if as queries
from models.assessment.assess import assess
from models.assessment.methodology import load
from models.assessment.what_if import prepare, reweigh, what_if
from models.errors import FengqingError
from models.sample.facts import accepted, connected
from models.sample.population import population
from models.sample.records.year import year_records
from models.sample.season import Season

YEAR, SEED = 2025, 7


@pytest.fixture(scope="module")
def con():
    season = Season(population(60, [YEAR], SEED), YEAR, YEAR, SEED)
    with connected(accepted(season, year_records(season))) as facts:
        found = assess(facts, YEAR, load(YEAR), SEED)
    made = duckdb.connect()
    for name in ("societies", "indicators", "composite", "exemplars", "decision_objections"):
        made.register("incoming", getattr(found, name))
        made.execute(f"create table {name} as select * from incoming")
    made.execute("alter table composite add column is_coarse boolean default false")
    yield made
    made.close()


def test_the_runs_own_weights_give_the_run_back(con):
    facts, published = queries.facts(con, None, YEAR), queries.published(con)
    prepared, shares = prepare(facts, load(YEAR)), []
    again = what_if(prepared, YEAR, load(YEAR), SEED, shares.append)
    assert again.equals(published.select(again.columns))
    assert shares == sorted(shares) and shares[-1] == 1
    tried = reweigh(load(YEAR), {"D4": 1.25, "D1": 0.75})
    moved = what_if(prepared, YEAR, tried, SEED)
    assert (moved["score"] - published["score"]).abs().max() > 0.5
    # What was prepared under the run's weights is what would be under the tried ones.
    assert what_if(prepare(facts, tried), YEAR, tried, SEED).equals(moved)


def test_reweighing_keeps_the_total_and_the_range():
    method = load(YEAR)
    tried = reweigh(method, {"D2": 1.25})
    assert sum(tried.weights.values()) == pytest.approx(sum(method.weights.values()))
    second, third = (sum(i.weight for i in tried.indicators if i.dimension == d) for d in ("D2", "D3"))
    assert second / third == pytest.approx(1.25)
    with pytest.raises(FengqingError, match=r"1\.3"):
        reweigh(method, {"D2": 1.3})
