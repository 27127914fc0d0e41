"""Queries of 权重试算: a published run read back as the frames that the assessment works on."""

from __future__ import annotations

import polars as pl
from duckdb import DuckDBPyConnection

from models.assessment.methodology.schema import Methodology
from models.assessment.what_if import Facts
from models.publication.comparison.reading import read_run
from models.publication.tables import NUMBER

SOCIETIES = """
select s.*, coalesce(c.unrated_reason = 'RETURNED', false) as was_returned
from societies s join composite c using (society_id) order by s.society_id
"""
BARRED = """
select s.society_id, c.veto_code, c.hold_code,
       (select any_value(d.effect) from decision_objections d
        where d.society_id = s.society_id and d.effect = 'revoked') as objection_code,
       cast(null as varchar) as hint_codes, e.practice_tag
from societies s join composite c using (society_id) join exemplars e using (society_id)
order by s.society_id
"""
PUBLISHED = """
select c.society_id, c.score, c.low, c.high, c.band, c.rank_low, c.rank_high, c.peer_n, e.decision,
       c.is_coarse
from composite c join exemplars e using (society_id) order by c.society_id
"""
SELECTED = "select society_id, $1::bigint as year from exemplars where decision = 'selected'"


def methodology(con: DuckDBPyConnection) -> Methodology:
    """The run's own methodology; FengqingError where this version no longer understands it."""
    return read_run(con).methodology


def facts(con: DuckDBPyConnection, previous: DuckDBPyConnection | None, year: int) -> Facts:
    """The run's frames. Rotation looks at the year before only, if that has been published."""
    barred = con.sql(BARRED).pl()
    schema = {"society_id": pl.String, "year": pl.Int64}
    past = pl.DataFrame(schema=schema) if previous is None else previous.sql(SELECTED, params=[year - 1]).pl()
    indicators = con.sql("select * from indicators order by society_id, indicator").pl()
    return Facts(
        societies=con.sql(SOCIETIES).pl(),
        indicators=indicators.drop(NUMBER, strict=False),
        barred=barred.drop("practice_tag"),
        practice_tag=barred["practice_tag"],
        past=past,
    )


def published(con: DuckDBPyConnection) -> pl.DataFrame:
    """society_id, score, low, high, band, rank_low, rank_high, peer_n, decision as the session may see them.

    `is_coarse`: score, low and high are a range and its middle.
    """
    return con.sql(PUBLISHED).pl()


def names(con: DuckDBPyConnection, codes: list[str]) -> dict[str, str]:
    """society_id → name."""
    query = "select society_id, name from societies where list_contains($1, society_id)"
    return dict(con.sql(query, params=[codes]).fetchall())
