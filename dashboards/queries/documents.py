"""Queries of the pages on 章程职责, 公约准则 and 学术调查: charters, elements of documents, cases in sums."""

from __future__ import annotations

import polars as pl
from duckdb import DuckDBPyConnection

from dashboards.filters import ALL, Filters
from dashboards.queries.base import Listing
from dashboards.queries.frames import FILED, Rows, answered, left, rows
from dashboards.queries.frames import SOCIETY as SHOWN
from dashboards.queries.sql import SOCIETY

STAGES = (
    "none", "drafted", "pre_reviewed", "congress_passed", "supervisor_agreed", "filed", "approved",
    "published", "effective", "repealed",
)  # fmt: skip


@answered
def stages(con: DuckDBPyConnection, filters: Filters = ALL) -> pl.DataFrame:
    """stage, societies_n: where the charters stand; `none` is a society that filed without one."""
    filed_n = int(left(con, filters, FILED).sum())
    stages = rows(con, "charter_stages", ("stage",), filters, FILED)["stage"]
    found = stages.value_counts(name="n").select(code="stage", n=pl.col("n").cast(pl.Int64))
    none = pl.DataFrame({"code": ["none"], "n": [filed_n - len(stages)]}).filter(pl.col("n") > 0)
    order = pl.DataFrame({"code": STAGES}).with_row_index("place")
    both = pl.concat([none, found]).group_by("code").agg(pl.col("n").sum())
    return both.join(order, on="code", how="left").sort("place", nulls_last=True).drop("place")


def stalled_charters(filters: Filters = ALL) -> Rows:
    """Charters between 大会 and 核准: what they wait for, since when, how many days, and the row."""
    return Rows(
        "stalled_charters",
        (*SHOWN, "stage", "congress_on", "supervisor_agreed_on", "filed_on", "waits_for", "days_n",
         "indicator", "sheet", "line", "file"),
        filters,
        given=(("indicator", "1.1"),),
    )  # fmt: skip


# Of each society the elements that its documents of some types have, as bits.
OWNED = """
select h.no, bit_or(h.elements) as elements from elements_held h
where h.doc_type in (select unnest($doc_types)) group by h.no
"""


@answered
def elements(
    con: DuckDBPyConnection, doc_types: list[str], items: list[str], filters: Filters = ALL
) -> pl.DataFrame:
    """Code (element), n societies with it, total societies that filed, over documents of the types."""
    held = rows(con, "elements_held", ("no", "doc_type", "elements"), filters, FILED)
    held = held.filter(pl.col("doc_type").is_in(doc_types))
    bits = dict(con.sql("select code, bit from element_bits").fetchall())
    # How many societies have each set of elements: there are few.
    sets = held.group_by("no").agg(pl.col("elements").bitwise_or())["elements"].value_counts(name="n")
    each = (
        sets.filter(pl.col("elements") & (1 << bits[item]) > 0)["n"].sum() if item in bits else 0
        for item in items
    )
    total = int(left(con, filters, FILED).sum())
    return pl.DataFrame({"code": items, "n": [int(n) for n in each]}).with_columns(
        total=pl.lit(total, pl.Int64)
    )


def without_element(doc_types: list[str], item: str, indicator: str, filters: Filters = ALL) -> Listing:
    """Societies that filed and whose documents of the types lack an element: what they have, or nothing."""
    return Listing(
        f"""
        with codes as (select list(code order by bit) as codes from element_bits),
        types as (
            select no, list_sort(list(doc_type)) as doc_types from elements_held
            where doc_type in (select unnest($doc_types)) and no in (select no from found) group by no
        )
        select {SOCIETY}, coalesce(t.doc_types, []) as doc_types,
               list_filter(coalesce(codes.codes, []), lambda code, n: o.elements & (1::bigint << n - 1) > 0)
                   as elements,
               $indicator as indicator
        from found o join cohort s on s.rowid = o.no cross join codes left join types t on t.no = o.no
        order by bit_count(o.elements), o.no
        """,
        {"doc_types": doc_types, "item": item, "indicator": indicator, **filters.parameters},
        found=f"""
        select s.rowid::integer as no, coalesce(o.elements, 0) as elements
        from cohort s left join ({OWNED}) o on o.no = s.rowid
        where s.filed and {filters.of_cohort("s")} and coalesce(
            o.elements & (1::bigint << (select bit from element_bits where code = $item)), 0) = 0
        """,
        order="bit_count(c.elements), c.no",
        needs=("elements_held",),
    )


def cases(con: DuckDBPyConnection) -> pl.DataFrame:
    """grouping, code, indicator, met_n, missed_n, cases_n; null is a small count of cases, kept back."""
    return con.sql("select * from case_summary order by all").pl()
