"""Small counts of cases cannot be worked out from what a session without permission for cases is shown.

The attacker has such a session, knows the methodology, what evidence weighs and, to be on the safe side, even
each peer group's prior. Every combination of small counts that a society may have is tried against every
figure that its score can be told from; a count is found where all the combinations left agree on it.
"""

import json
from itertools import product

import duckdb
import numpy as np
import pytest

from dashboards import access
from dashboards.queries import what_if
from models.assessment.assess import assess
from models.assessment.methodology import load
from models.publication import coarse
from models.publication.cases import sql_for_sums
from models.publication.disclosure import SMALLEST_COUNT
from models.publication.files import snapshot_path
from models.publication.snapshot import resolve
from models.publication.tables import ASSESSMENT
from models.sample.facts import accepted, connected
from models.sample.population import population
from models.sample.records.year import year_records
from models.sample.season import Season

YEAR, SEED = 2025, 7
MASKED = ("composite", "dimensions", "decision_gates", "decision_outlook", "changes", "restatements")

CASES = ("3.2", "3.3", "3.4", "3.5")
SMALL = 4
# What evidence leaves of a count: rows that were checked or attached, and rows that are self-reported only.
EVIDENCE = (1.0, 0.5)

KNOWN = """
select dimension, weight, score from indicators
where society_id = $1 and score is not null and not is_suppressed
"""
TOLD = """
select 'D3' as item, if(is_coarse, low, score), if(is_coarse, high, score) from dimensions
where society_id = $1 and dimension = 'D3'
union all select 'total', if(is_coarse, low, score), if(is_coarse, high, score) from composite
where society_id = $1
union all select 'total', figure, figure from decision_gates where society_id = $1 and gate = 'score'
union all select detail, figure, figure from decision_gates
where society_id = $1 and gate = 'dimension_floor' and detail = 'D3'
union all select 'total', 80 - gap, 80 - gap from decision_outlook
where society_id = $1 and next_gate = 'score'
union all select if(scope = 'composite', 'total', item), after, after from changes
where society_id = $1 and (scope = 'composite' or item = 'D3')
union all select if(item = 'score', 'total', code), after_number, after_number from restatements
where society_id = $1 and (item = 'score' or item = 'dimension' and code = 'D3')
"""


def options(prior):
    """(met, cases, score) that an indicator may have; score is NaN where it does not count."""
    mean, weight = prior or (0.0, 0.0)
    return [(0, 0, np.nan)] + [
        (k, n, min(1.0, e * (weight * mean + k) / (weight + n)))
        for n in range(1, SMALL + 1)
        for k in range(n + 1)
        for e in EVIDENCE
    ]


def combinations(priors):
    """Every possible set of counts: met and cases (m, 4), scores (m, 4). 3.3 and 3.4 share their cases."""
    due, panels, recusals, tips = (options(priors.get(code)) for code in CASES)
    same = [(a, b, c) for b, c in product(panels, recusals) if b[1] == c[1] for a in due if a[1] <= b[1]]
    rows = np.array([(*a, *b, *c, *d) for (a, b, c), d in product(same, tips)])
    return rows[:, 0::3].astype(int), rows[:, 1::3].astype(int), rows[:, 2::3]


class Attacker:
    """`con` is the session's connection; `priors` group → indicator → (mean, weight)."""

    def __init__(self, con, priors):
        self.con = con
        self.combinations = {group: combinations(found) for group, found in priors.items()}
        methodology = json.loads(con.sql("select methodology from run").fetchone()[0])
        weights = dict(con.sql("select indicator, weight from indicator_definitions").fetchall())
        self.weight = np.array([weights[code] for code in CASES])
        bands = methodology["composite"]["bands"]
        self.bands = sorted((b["minimum"], b["code"], b["dimension_floor"]) for b in bands)

    def one(self, query, *params):
        return self.con.sql(query, params=list(params)).fetchone()

    def withheld(self):
        """Societies whose indicators of cases say nothing."""
        found = self.con.sql("select distinct society_id from indicators where is_suppressed order by 1")
        return [society for (society,) in found.fetchall()]

    def candidates(self, society):
        """met, cases (m, 4) of the combinations that fit all that is told of a society."""
        (group,) = self.one("select peer_group from societies where society_id = $1", society)
        met, cases, scores = self.combinations[group]
        inside, hidden = ~np.isnan(scores) @ self.weight, np.nansum(scores * self.weight, axis=1)
        known = self.con.sql(KNOWN, params=[society]).fetchall()
        (applicable,) = self.one(
            "select applicable_weight from dimensions where society_id = $1 and dimension = 'D3'", society
        )
        rest = applicable - sum(w for d, w, _ in known if d == "D3")
        fits = (cases.max(axis=1) > 0) & (np.abs(inside - rest) < 1e-6)
        for item, low, high in self.con.sql(TOLD, params=[society]).fetchall():
            if low is None:
                continue
            mine = [(w, s) for d, w, s in known if item in {"total", d}]
            score = 100 * (sum(w * s for w, s in mine) + hidden) / (sum(w for w, _ in mine) + inside)
            fits &= (score >= low - 1e-6) & (score <= high + 1e-6)
            fits &= self.in_band(society, score) if item == "total" else self.by_floor(society, score)
        return met[fits], cases[fits]

    def in_band(self, society, score):
        """Whether scores (m,) fit the band that is told."""
        (band,) = self.one("select band from composite where society_id = $1", society)
        codes = [code for _, code, _ in self.bands]
        if band not in codes:
            return np.full(len(score), True)
        at = codes.index(band)
        fits = score >= self.bands[at][0] - 1e-6
        if at + 1 < len(codes) and self.bands[at + 1][2] is None:
            fits &= score < self.bands[at + 1][0]
        return fits

    def by_floor(self, society, score):
        """Whether scores of D3 (m,) fit what is told of the rule that every dimension has a floor."""
        told = self.one(
            "select outcome, threshold, (select min(score) from dimensions d "
            "where d.society_id = g.society_id and dimension <> 'D3') "
            "from decision_gates g where society_id = $1 and gate = 'dimension_floor'", society,
        )  # fmt: skip
        outcome, floor, others = told or (None, None, None)
        if outcome == "passed":
            return score >= floor - 1e-6
        return score < floor if outcome == "failed" and others >= floor else np.full(len(score), True)

    def found(self):
        """(society, indicator) → (met, cases) that alone is left, and the fewest combinations left to any."""
        known, fewest = {}, []
        for society in self.withheld():
            met, cases = self.candidates(society)
            fewest.append(len(met))
            for i, code in enumerate(CASES):
                left = np.unique(np.stack([met[:, i], cases[:, i]]), axis=1)
                if left.shape[1] == 1 and left[1, 0] > 0:
                    known[society, code] = tuple(int(n) for n in left[:, 0])
        return known, min(fewest)


@pytest.fixture(scope="module")
def source(published):
    """A run's tables in the schema `s`: a small nation's assessment, the rest as a published run has it."""
    season = Season(population(120, [YEAR], SEED), YEAR, YEAR, SEED)
    with connected(accepted(season, year_records(season))) as facts:
        found = assess(facts, YEAR, load(YEAR), SEED)
    con = duckdb.connect()
    con.execute(f"attach '{snapshot_path(published, resolve(published))}' as made (read_only)")
    con.execute("create schema s")
    for (name,) in con.sql("select table_name from duckdb_tables() where database_name = 'made'").fetchall():
        con.execute(f"create table s.{name} as select * from made.{name}")
    for name in ASSESSMENT:
        con.register("incoming", getattr(found, name))
        con.execute(f"create or replace table s.{name} as select * from incoming")
        con.unregister("incoming")
    # What a comparison with the run itself would tell of every society.
    con.execute("delete from s.changes")
    con.execute(
        "insert into s.changes by name select 'restated' as basis, society_id, 'composite' as scope, "
        "'total' as item, score as before, score as after, 0 as change from s.composite "
        "union all by name select 'restated' as basis, society_id, 'dimension' as scope, dimension as item, "
        "score as before, score as after, 0 as change from s.dimensions"
    )
    yield con
    con.close()


@pytest.fixture(scope="module")
def seen(source):
    """The views of a national session without cases, over `source`."""
    source.execute("create schema own")
    for statement in access.sql_for_views("s", access.Scope(), "own"):
        source.execute(statement)
    return source


@pytest.fixture(scope="module")
def truth(source):
    """(society, indicator) → (met, cases), and what the attacker knows of priors."""
    codes = list(CASES)
    counts = source.sql(
        "select society_id, indicator, numerator_raw, denominator from s.indicators "
        "where list_contains($1, indicator) and denominator > 0", params=[codes],
    ).fetchall()  # fmt: skip
    priors: dict = {group: {} for (group,) in source.sql("select peer_group from s.societies").fetchall()}
    for group, code, mean, weight in source.sql(
        "select distinct peer_group, indicator, prior_mean, prior_weight from s.indicators "
        "join s.societies using (society_id) where list_contains($1, indicator) and prior_mean is not null",
        params=[codes],
    ).fetchall():
        priors[group][code] = (mean, weight)
    return {(society, code): (k, n) for society, code, k, n in counts}, priors


def right(found, counts):
    return sum(counts.get(key) == value for key, value in found.items())


def test_nobody_works_out_a_small_count(seen, truth):
    _, priors = truth
    attacker = Attacker(seen, priors)
    assert len(attacker.withheld()) >= 10
    found, fewest = attacker.found()
    assert found == {}
    # Nor is it one of a few: as many sets of counts are possible as make a count large enough.
    assert fewest >= SMALLEST_COUNT


def test_exact_scores_would_give_them_away(source, truth):
    """The attack is a real one: shown the scores as they are, it finds nearly all counts."""
    counts, priors = truth
    con = source.cursor()
    for name in MASKED:
        extra = ", false as is_coarse" if name in {"composite", "dimensions"} else ""
        con.execute(f"create or replace temp view {name} as select *{extra} from s.{name}")
    found, _ = Attacker(con, priors).found()
    assert right(found, counts) >= 0.8 * len(counts)


def test_ranges_do_not_depend_on_what_is_withheld(source, seen):
    hidden = "(society_id, indicator) in (select society_id, indicator from own.cells where is_whole)"
    before = seen.sql("select * from own.ranges order by all").fetchall()
    con = source.cursor()
    con.execute("begin")
    con.execute(f"update s.indicators set score = 1 - score, value = 1 - value where {hidden}")
    con.execute("create schema other")
    for statement in coarse.sql_for_preparation(coarse.Place("s", "other")):
        con.execute(statement)
    after = con.sql("select * from other.ranges order by all").fetchall()
    con.execute("rollback")
    assert before == after
    assert len(before) > 20


def test_ranges_hold_the_scores_and_ranks_they_stand_for(seen):
    wrong = seen.sql(
        "select count(*) filter (not t.score between c.low - 1e-6 and c.high + 1e-6), "
        "count(*) filter (not t.rank_low between c.rank_low and c.rank_high or t.rank_high > c.rank_high), "
        "count(*) filter (c.joint_low is not null or c.worst is not null) "
        "from composite c join s.composite t using (society_id) where c.is_coarse"
    ).fetchone()
    assert wrong == (0, 0, 0)
    others = seen.sql(
        "select count(*) from (select * exclude (is_coarse, rank) from composite where not is_coarse "
        "except select * exclude (rank) from s.composite)"
    ).fetchone()
    assert others == (0,)


def test_words_and_figures_of_rules_are_withheld(seen):
    told = seen.sql(
        "select count(*), count(g.figure), count(*) filter (regexp_matches(g.text_zh, '[0-9]{2}')) "
        "from decision_gates g semi join own.ranges using (society_id) "
        "where g.gate in ('score', 'dimension_floor', 'quota', 'stability')"
    ).fetchone()
    assert told[0] > 0
    assert told[1:] == (0, 0)
    texts = seen.sql(
        "select reason_zh from exemplars semi join own.ranges using (society_id) "
        "where reason_code in ('SCORE_FLOOR', 'DIMENSION_FLOOR')"
    ).fetchall()
    assert texts
    assert all(coarse.rules()["withheld"]["zh"] in text for (text,) in texts)


def test_what_if_works_without_what_is_withheld(seen):
    facts = what_if.facts(seen, None, YEAR).indicators
    assert facts.filter("is_suppressed")["score"].null_count() == facts.filter("is_suppressed").height > 0


@pytest.mark.parametrize(
    ("counts", "shown"),
    [
        ([1] * 6, None),  # six societies, six cases: each has one
        ([1] * 6 + [5], None),  # four beyond one each are too few
        ([4] * 6, 20.0),  # twelve met and twelve missed, in whole fives
        ([20] * 4, None),  # fewer than five societies
    ],
)
def test_sums_of_cases_tell_of_no_single_society(counts, shown):
    con = duckdb.connect()
    con.execute("create schema s; create schema own")
    con.execute("create table s.societies (society_id varchar, level varchar, cast_class varchar)")
    con.execute(
        "create table s.indicators (society_id varchar, indicator varchar, denominator double, "
        "numerator_raw double)"
    )
    con.execute("create table own.cells (society_id varchar, indicator varchar, is_whole boolean)")
    for n, count in enumerate(counts):
        con.execute("insert into s.societies values ($1, 'city', 'A')", [f"x{n}"])
        con.execute("insert into s.indicators values ($1, '3.3', $2, $3)", [f"x{n}", count, count // 2])
        con.execute("insert into own.cells values ($1, '3.3', true)", [f"x{n}"])
    met = sum(c // 2 for c in counts)
    con.execute(
        "create table s.case_summary as select 'all' as grouping, 'all' as code, '3.3' as indicator, "
        f"{met}::double as met_n, {sum(counts) - met}::double as missed_n, {sum(counts)}::double as cases_n"
    )
    query = sql_for_sums(coarse.Place("s", "own"))
    assert con.sql(f"select cases_n from ({query})").fetchone() == (shown,)
    con.close()
