"""Small, fast versions of what the chapter on validity states; the full ones are `python -m benchmarks`."""

from __future__ import annotations

import polars as pl
import pytest

from benchmarks import _chapter, _store, _trial
from benchmarks._moves import MOVES, gamers_of, made
from benchmarks._turnover import QUOTAS, changed, cloned, dropped
from benchmarks.gaming import filing
from models.assessment.assess import Assessment, assess
from models.assessment.methodology import Methodology, load
from models.measures.engine import compute
from models.sample.facts import accepted, connected
from models.sample.population import population
from models.sample.records.year import YearRecords, year_records
from models.sample.season import Season

YEAR, SOCIETIES = 2025, 150
SMALL, SEED = 40, 5


@pytest.fixture(scope="module")
def methodology() -> Methodology:
    return load(YEAR)


@pytest.fixture(scope="module")
def trial(methodology: Methodology) -> _trial.Trial:
    return _trial.trial(SOCIETIES, YEAR, 31, methodology)


def test_truth_is_found_again(trial: _trial.Trial) -> None:
    found = _trial.recovery([trial])
    assert found["spearman_truth"] > 0.93
    assert found["spearman_quality"] > 0.85
    assert abs(found["bias"]) < 2


def test_intervals_hold_what_they_promise(trial: _trial.Trial) -> None:
    """One small nation: its priors rest on few societies, so that it may stray from 90 % by a tenth."""
    held = _trial.coverage([trial])
    assert 0.79 < held["score_data"]["held"] < 0.98
    assert held["rank_data"]["held"] > 0.85
    assert held["score_joint"]["width"] > held["score_data"]["width"]
    # The narrow interval does not promise the full truth, and does not hold it.
    assert held["score_data_truth"]["held"] < held["score_joint"]["held"]


def test_each_ignorance_adds_its_part_to_the_error(trial: _trial.Trial) -> None:
    errors = _trial.error_shares([trial])
    assert 0 < errors["tries"] < errors["both"]
    assert 0 < errors["evidence"] < errors["both"]
    assert errors["both"] ** 2 == pytest.approx(errors["tries"] ** 2 + errors["evidence"] ** 2, rel=0.4)


@pytest.mark.parametrize("turn", ["clone", "drop"])
def test_another_society_more_or_less_moves_decisions_by_quotas_only(
    trial: _trial.Trial, methodology: Methodology, turn: str
) -> None:
    best = trial.societies.sort("score", descending=True)["society_id"][0]
    facts = cloned(trial.land.filed, best, 1) if turn == "clone" else dropped(trial.land.filed, best)
    with connected(facts) as con:
        after: Assessment = assess(con, YEAR, methodology, trial.result.seed)
    assert after.composite.height - trial.result.composite.height == (1 if turn == "clone" else -1)
    for row in changed(trial.result, after):
        assert {row["before"], row["after"]} & QUOTAS, row


@pytest.fixture(scope="module")
def season() -> Season:
    return Season(population(SMALL, [YEAR], SEED), YEAR, YEAR, SEED)


@pytest.fixture(scope="module")
def records(season: Season) -> YearRecords:
    return year_records(season)


@pytest.mark.parametrize("name", ["unfiled", "omitted", "attached"])
def test_signals_tell_of_what_was_left_out_or_made_up(
    season: Season, records: YearRecords, methodology: Methodology, name: str
) -> None:
    move = next(m for m in MOVES if m.name == name)
    gamers = gamers_of(move, season, records, 6)
    assert gamers
    found = []
    for filed in (records, made(move, season, records, gamers)):
        with connected(accepted(season, filed)) as con:
            signals = compute(con, YEAR, methodology).signals
        told = signals.filter(pl.col("signal").is_in(list(move.flags)))["society_id"].unique()
        found.append(set(told.to_list()))
    ids = set(season.population.ids[gamers].tolist())
    assert found[1] - found[0]
    assert found[1] - found[0] <= ids


def test_intake_flags_clustered_copied_split_and_viewed(
    season: Season, records: YearRecords, methodology: Methodology
) -> None:
    """Four moves by different societies in one set of files."""
    taken: set[int] = set()
    filed, who = records, {}
    for name in ("december", "copied", "split", "views"):
        move = next(m for m in MOVES if m.name == name)
        free = [k for k in gamers_of(move, season, records, SMALL) if k not in taken][:1]
        assert free, name
        taken.update(free)
        who[season.population.ids[free[0]]] = move.flags[0]
        filed = made(move, season, filed, free)
    flags = filing(season, filed, methodology).flags
    for society, flag in who.items():
        assert flag in flags.filter(pl.col("society_id") == society)["flag"].to_list()


@pytest.mark.parametrize("lang", _chapter.LANGUAGES)
def test_the_chapter_is_what_the_benchmarks_found(lang: str) -> None:
    committed = (_store.STORE.parent / f"validity.{lang}.md").read_text(encoding="utf-8")
    assert committed == _chapter.markdown(lang, _store.read()), "run `make docs`"
