from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from data_contracts.contract import load_contract, load_contracts
from models.sample.population import SESSIONS, population
from models.sample.records.reports import rates
from models.sample.records.year import YearRecords, year_records
from models.sample.season import Season

YEAR = 2025


@pytest.fixture(scope="module")
def season() -> Season:
    return Season(population(800, [2024, YEAR], 4), YEAR, 2024, 4)


@pytest.fixture(scope="module")
def records(season: Season) -> YearRecords:
    return year_records(season)


def mean_of(records: YearRecords, family: str, value: pl.Expr) -> pl.DataFrame:
    return records.filed[family].group_by("soc").agg(value.cast(pl.Float64).mean().alias("x")).drop_nulls()


# field that feeds an indicator, and the dimension it belongs to
RAW: list[tuple[str, int, pl.Expr, float]] = [
    ("annual_reports", 0, pl.col("integrity_done_n") / pl.col("integrity_planned_n"), 0.4),
    ("annual_reports", 1, pl.col("pledged_n") / pl.col("members_due"), 0.7),
    ("annual_reports", 4, pl.col("trained_members_n") / pl.col("individual_members"), 0.4),
    ("annual_reports", 5, pl.col("council_45_n") / pl.col("council_n"), 0.25),
    ("annual_reports", 6, pl.col("disclosed").list.len().fill_null(0), 0.35),
    ("education_sessions", 4, pl.col("verify") != "none", 0.4),
    ("evaluation_activities", 3, pl.col("norm_doc_id").is_not_null(), 0.4),
    ("evaluation_activities", 3, ~pl.col("jif_threshold"), 0.3),
    ("youth_participation", 5, (pl.col("youth_32_n") + pl.col("youth_35_n")) / pl.col("n_total"), 0.2),
    ("supervision_issues", 6, pl.col("replied_on") <= pl.col("due_on"), 0.2),
    ("documents", 1, pl.col("evidence").is_not_null(), 0.3),
]


@pytest.mark.parametrize(("family", "dimension", "value", "least"), RAW)
def test_filed_fields_rise_with_their_dimension(  # noqa: PLR0917 - fixtures and a case's parts
    season: Season, records: YearRecords, family: str, dimension: int, value: pl.Expr, least: float
) -> None:
    found = mean_of(records, family, value)
    d = season.d[found["soc"].to_numpy(), dimension]
    assert np.corrcoef(found["x"].to_numpy(), d)[0, 1] > least


@pytest.mark.parametrize(
    ("code", "dimension", "part", "whole"),
    [("1.4", 0, "integrity_done_n", "integrity_planned_n"), ("6.5", 5, "council_45_n", "council_n")],
)
def test_the_chances_of_few_tries_rise_with_their_dimension(  # noqa: PLR0917 - fixtures and a case's parts
    season: Season, records: YearRecords, code: str, dimension: int, part: str, whole: str
) -> None:
    """The chance follows the dimension closely; counts drawn from it lose what the draw adds in noise."""
    found = mean_of(records, "annual_reports", pl.col(part) / pl.col(whole))
    rows = found["soc"].to_numpy()
    chance, d, filed = rates(season)[code][rows], season.d[rows, dimension], found["x"].to_numpy()
    of_chance = np.corrcoef(chance, d)[0, 1]
    assert of_chance > 0.5
    left = chance.std() / filed.std()
    assert np.corrcoef(filed, d)[0, 1] == pytest.approx(of_chance * left, abs=0.08)


def test_mystery_visits_follow_the_seventh_dimension(season: Season, records: YearRecords) -> None:
    visits = records.authority["verifications"].filter(
        (pl.col("family") == "supervision_channel") & (pl.col("status") == "done")
    )
    d7 = pl.DataFrame({"society_id": season.population.ids, "d7": season.d[:, 6]})
    by_outcome = dict(visits.join(d7, on="society_id").group_by("outcome").agg(pl.col("d7").mean()).rows())
    assert by_outcome["confirmed"] > by_outcome["partly"] > by_outcome["refuted"]
    assert visits.height > 0.9 * season.active.sum()


@pytest.mark.parametrize("family", sorted(load_contracts()))
def test_rows_keep_the_contract(season: Season, records: YearRecords, family: str) -> None:
    """Keys are unique, answers due are given, hard rules hold, codes are in the enums."""
    contract = load_contract(family)
    for filed in (records.filed.get(family), records.authority.get(family)):
        if filed is None:
            continue
        frame = filed.with_columns(report_year=pl.lit(YEAR))
        key = [name for name in ("soc", *contract.key) if name in frame.columns]
        assert frame.select(key).is_duplicated().sum() == 0
        for f in contract.fields:
            if f.name not in frame.columns:
                continue
            column = frame[f.name]
            state = frame[f"{f.name}__state"] if f"{f.name}__state" in frame.columns else None
            if f.required or f.must_answer:
                missing = column.is_null() if state is None else column.is_null() & state.is_null()
                assert not missing.any(), f.name
            if f.enum:
                values = column.explode() if f.kind == "array" else column
                assert set(values.drop_nulls()) <= {e.code for e in f.enum}, f.name
        for rule in contract.rules:
            names = {*frame.columns}
            if rule.is_hard and set(rule.fields) <= names and family != "societies":
                assert frame.select(pl.sql_expr(rule.holds).alias("holds"))["holds"].all(), rule.name


def test_volumes_are_those_of_the_scale_table(season: Season, records: YearRecords) -> None:
    level = season.population.level
    sessions = records.filed["education_sessions"]
    count = np.bincount(sessions["soc"].to_numpy(), minlength=len(season))
    for k, usual in enumerate(SESSIONS):
        chosen = season.filed & (level == k)
        assert count[chosen].mean() == pytest.approx(usual, rel=0.35)
    societies = season.filed.sum()
    rows = sum(records.filed[f].height for f in ("evaluation_activities", "youth_participation"))
    assert rows / societies == pytest.approx(4.9, abs=0.9)
    assert records.filed["documents"].height / societies == pytest.approx(6.4, abs=0.6)
    with_cases = records.filed["investigations"]["soc"].n_unique() / societies
    assert 0.07 < with_cases < 0.16


def test_trained_members_are_at_least_those_on_the_roster(season: Season, records: YearRecords) -> None:
    roster = records.filed["education_attendance"].filter("is_member")
    on_roster = roster.group_by("soc").agg(pl.col("person_key").n_unique().alias("n"))
    both = records.filed["annual_reports"].join(on_roster, on="soc")
    assert both.height > 300
    assert (both["trained_members_n"] >= both["n"]).all()
    assert (both["trained_members_n"] <= both["individual_members"]).all()


def test_commissions_match_the_register_and_a_few_are_kept_quiet(
    season: Season, records: YearRecords
) -> None:
    own = records.filed["investigations"].filter(pl.col("source") == "commissioned")
    registered = records.authority["investigations"]
    assert set(own["commission_no"]) < set(registered["commission_no"])
    quiet = registered.filter(~pl.col("commission_no").is_in(own["commission_no"].to_list()))
    ids = season.population.ids[
        records.filed["annual_reports"].filter("zero_case_declared")["soc"].to_numpy()
    ]
    assert set(quiet["society_id"]) <= set(ids)


def test_credit_records_hold_every_ground_and_the_two_that_must_not_veto(records: YearRecords) -> None:
    credit = records.authority["credit_records"]
    kinds = {e.code for e in load_contract("credit_records").field("record_type").enum}
    assert set(credit["record_type"]) == kinds
    assert credit["doc_no"].null_count() == 1
    assert (credit["status"] == "under_review").sum() == 1


def test_promising_societies_are_checked_in_every_family(season: Season, records: YearRecords) -> None:
    best = np.flatnonzero(season.filed & (season.quality > 1.2))
    filed = {
        (int(soc), family)
        for family in ("annual_reports", "documents", "education_sessions", "youth_participation")
        for soc in np.intersect1d(best, records.filed[family]["soc"].to_numpy())
    }
    place = {code: k for k, code in enumerate(season.population.ids.tolist())}
    checked = {
        (place[code], family)
        for code, family in records.authority["verifications"].select("society_id", "family").iter_rows()
    }
    assert len(filed & checked) / len(filed) > 0.9


def test_habits_stay_from_year_to_year() -> None:
    people = population(300, [2024, 2025], 4)
    first, second = (year_records(Season(people, year, 2024, 4)) for year in (2024, 2025))
    pledged = [
        r.filed["annual_reports"].select("soc", x=pl.col("pledged_n") / pl.col("members_due"))
        for r in (first, second)
    ]
    both = pledged[0].join(pledged[1], on="soc")
    assert both.height > 250
    assert both.select(pl.corr("x", "x_right")).item() > 0.8
