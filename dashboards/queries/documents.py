"""Queries of the pages on 章程职责, 公约准则 and 学术调查: charters, elements of documents, cases in sums."""

from __future__ import annotations

import polars as pl
from duckdb import DuckDBPyConnection

from dashboards.filters import ALL, Filters
from dashboards.queries.base import Listing
from dashboards.queries.prepared import ready
from dashboards.queries.sql import SOCIETY


def stages(con: DuckDBPyConnection, filters: Filters = ALL) -> pl.DataFrame:
    """stage, societies_n: where the charters stand; `none` is a society that filed without one."""
    ready(con, "charter_stages")
    return con.sql(
        f"""
        select coalesce(d.stage, 'none') as code, count(*) as n
        from cohort s left join charter_stages d on d.no = s.rowid
        where s.filed and {filters.of_cohort("s")} group by 1
        order by list_position(['none', 'drafted', 'pre_reviewed', 'congress_passed', 'supervisor_agreed',
            'filed', 'approved', 'published', 'effective', 'repealed'], code)
        """,
        params=filters.parameters,
    ).pl()


def stalled_charters(filters: Filters = ALL) -> Listing:
    """Charters between 大会 and 核准: what they wait for, since when, how many days, and the row."""
    return Listing(
        f"""
        select {SOCIETY}, d.stage, d.congress_on, d.supervisor_agreed_on, d.filed_on, d.waits_for, d.days_n,
               '1.1' as indicator, d.sheet, d.line, d.file
        from stalled_charters d join found on found.place = d.rowid join cohort s on s.rowid = d.no
        order by found.place
        """,
        filters.parameters,
        found=f"""
        select d.rowid as place from stalled_charters d where d.no is not null and {filters.among("d.no")}
        """,
        needs=("stalled_charters",),
    )


# Of each society the elements that its documents of some types have, as bits.
OWNED = """
select h.no, bit_or(h.elements) as elements from elements_held h
where h.doc_type in (select unnest($doc_types)) group by h.no
"""


def elements(
    con: DuckDBPyConnection, doc_types: list[str], items: list[str], filters: Filters = ALL
) -> pl.DataFrame:
    """Code (element), n societies with it, total societies that filed, over documents of the types."""
    ready(con, "elements_held")
    return con.sql(
        f"""
        with all_of as materialized (
            select s.rowid::integer as no from cohort s where s.filed and {filters.of_cohort("s")}
        ), owned as materialized (
            select elements, count(*) as n from ({OWNED}) where no in (select no from all_of) group by 1
        )
        select i.item as code, coalesce(sum(o.n), 0)::bigint as n, (select count(*) from all_of) as total
        from (select unnest($items) as item) i left join element_bits b on b.code = i.item
        left join owned o on o.elements & (1::bigint << b.bit) > 0
        group by i.item order by list_position($items, i.item)
        """,
        params={"doc_types": doc_types, "items": items, **filters.parameters},
    ).pl()


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
