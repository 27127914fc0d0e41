"""Queries of 运行比较: what changed against the runs that this one was compared with."""

from __future__ import annotations

import polars as pl
from duckdb import DuckDBPyConnection

from dashboards.filters import ALL, Filters
from dashboards.queries.base import Listing, Made, Row, the
from dashboards.queries.prepared import ready
from models.publication import restated

EFFECTS = ("data", "methodology", "peers", "software")


def bases(con: DuckDBPyConnection) -> list[tuple[str, str]]:
    """(basis, base_run_id) of the comparisons made."""
    return con.sql("select distinct basis, base_run_id from comparisons order by all").fetchall()


def notes(con: DuckDBPyConnection, basis: str) -> list[tuple[str, str]]:
    """(zh, en) of what the reader of a comparison must know."""
    return con.sql(
        "select note_zh, note_en from comparisons where basis = $1 and note_code is not null order by all",
        params=[basis],
    ).fetchall()


def figures(con: DuckDBPyConnection, basis: str, filters: Filters = ALL) -> Row:
    """societies_n (rated in both), change, change_size, entered_n, left_n, mean size of each effect."""
    sizes = ", ".join(f"avg(abs({name})) as {name}_size" for name in EFFECTS)
    ready(con, "changed")
    return the(
        con,
        f"""
        select count(change) as societies_n, avg(change) as change, avg(abs(change)) as change_size,
               count(*) filter (before is null and after is not null) as entered_n,
               count(*) filter (before is not null and after is null) as left_n, {sizes}
        from changed where basis = $basis and {filters.among()}
        """,
        {"basis": basis, **filters.parameters},
    )


def dimensions(con: DuckDBPyConnection, basis: str, filters: Filters = ALL) -> pl.DataFrame:
    """One row a dimension: item, societies_n, change and the mean of each effect, in points."""
    means = ", ".join(f"avg({name}) as {name}" for name in EFFECTS)
    ready(con, "changed_dimensions")
    return con.sql(
        f"""
        select item, count(change) as societies_n, avg(change) as change, {means}
        from changed_dimensions where basis = $basis and {filters.among()}
        group by item order by item
        """,
        params={"basis": basis, **filters.parameters},
    ).pl()


def societies(basis: str, filters: Filters = ALL) -> Listing:
    """Societies rated in both runs, the largest change first, with the indicator that moved each most."""
    return Listing(
        """
        select s.society_id, s.name, h.before, h.after, h.change, h.data, h.methodology, h.peers, h.software,
               h.indicator, h.moved
        from changed h join found on found.place = h.rowid join cohort s on s.rowid = h.no
        order by found.place
        """,
        {"basis": basis, **filters.parameters},
        found=f"""
        select h.rowid as place from changed h
        where h.basis = $basis and h.change is not null and h.no is not null and {filters.among("h.no")}
        """,
        needs=("changed",),
    )


def restated_figures(con: DuckDBPyConnection, filters: Filters = ALL) -> Row:
    """What a run restates of the one it replaces: societies_n, direct_n (by facts of their own), causes."""
    return the(
        con,
        f"""
        with kept as (select * from restatements where {filters.where()}),
        each as (select distinct unnest(causes) as cause from kept)
        select count(distinct society_id) as societies_n,
               count(distinct society_id) filter (is_direct) as direct_n,
               (select list(cause order by l.position) from each
                left join labels l on l.kind = 'cause' and l.code = cause) as causes
        from kept
        """,
        filters.parameters,
    )


def restatements(con: DuckDBPyConnection, lang: str, item: str | None, filters: Filters = ALL) -> Made:
    """The restatement log as it is handed out, of one item or all, of the societies that the filters leave.

    The columns of `restated.listing`. Without filters societies no longer assessed stand in it, too.
    """
    found = restated.listing(con, lang)
    if item is not None:
        found = found.filter(pl.col("item_code") == item)
    if filters.chosen:
        query = f"select society_id from societies where {filters.where()}"
        found = found.join(con.sql(query, params=filters.parameters).pl(), on="society_id", how="semi")
    about = {name.removeprefix("f_"): value for name, value in filters.parameters.items()}
    return Made(found, {**about, **({"item": item} if item else {})})
