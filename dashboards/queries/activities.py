"""Queries of the pages on 评价规范, 宣讲教育 and 青年支持: evaluation activities, education, young people."""

from __future__ import annotations

import polars as pl
from duckdb import DuckDBPyConnection

from dashboards.filters import ALL, Filters
from dashboards.queries.frames import FILED, SOCIETY, Rows, answered, rows


def settings(con: DuckDBPyConnection, filters: Filters = ALL) -> pl.DataFrame:
    """setting, societies_n, activities_n, with_norm_n, unused_n, limited_n, threshold_n."""
    return con.sql(
        f"""
        select setting, count(distinct society_id) as societies_n, count(*) as activities_n,
               count(norm_doc_id) as with_norm_n, count(*) - count(norm_doc_id) as unused_n,
               count(*) filter (rep_limit is not null) as limited_n,
               count(*) filter (jif_threshold) as threshold_n
        from detail_evaluation_activities where {filters.where()}
        group by setting order by unused_n / activities_n desc, setting
        """,
        params=filters.parameters,
    ).pl()


def activities_without_norm(filters: Filters = ALL) -> Rows:
    """Evaluation activities that name no norm, with limit, threshold and the row."""
    return Rows(
        "activities_without_norm",
        (*SOCIETY, "setting", "activity", "held_on", "rep_limit", "jif_threshold", "indicator", "sheet",
         "line", "file"),
        filters,
        given=(("indicator", "4.4"),),
    )  # fmt: skip


@answered
def quarters(con: DuckDBPyConnection, filters: Filters = ALL) -> pl.DataFrame:
    """Code (1–4), n societies with a session in the quarter, total societies that filed."""
    held = rows(con, "education", ("quarters",), filters, FILED)["quarters"]
    return _reached(held, {str(n + 1): n for n in range(4)})


@answered
def audiences(con: DuckDBPyConnection, filters: Filters = ALL) -> pl.DataFrame:
    """Code (audience), n societies that reached it, total societies that filed."""
    reached = rows(con, "education", ("audiences",), filters, FILED)["audiences"]
    return _reached(reached, dict(con.sql("select code, bit from audience_bits order by bit").fetchall()))


def _reached(bits: pl.Series, codes: dict[str, int]) -> pl.DataFrame:
    """Code, n of the sets of bits that have its bit, total of the sets."""
    each = [int((bits & (1 << bit) > 0).sum()) for bit in codes.values()]
    return pl.DataFrame({"code": list(codes), "n": each}).with_columns(total=pl.lit(len(bits), pl.Int64))


def education_gaps(filters: Filters = ALL) -> Rows:
    """Societies with a quarter without education or an audience missed, most gaps first."""
    return Rows(
        "education_gaps",
        (*SOCIETY, "sessions_n", "quarters_missed", "audiences_missed", "indicator"),
        filters,
        FILED,
        given=(("indicator", "5.1"),),
    )


def youth(con: DuckDBPyConnection, indicator: str, filters: Filters = ALL) -> pl.DataFrame:
    """cast_class, size_class, societies_n, numerator, denominator, share: as counted in an indicator."""
    return con.sql(
        f"""
        select s.cast_class, s.size_class, count(*) as societies_n, sum(i.numerator_raw) as numerator,
               sum(i.denominator) as denominator,
               sum(i.numerator_raw) / nullif(sum(i.denominator), 0) as share
        from indicators i join cohort s using (society_id)
        where i.indicator = $indicator and i.state in ('reported', 'zero') and i.denominator > 0
            and {filters.of_cohort("s")}
        group by all order by all
        """,
        params={"indicator": indicator, **filters.parameters},
    ).pl()
