"""Queries of 方法与口径: effective weights, coherence checks, and what each uncertainty does."""

from __future__ import annotations

import polars as pl
from duckdb import DuckDBPyConnection


def effective_weights(con: DuckDBPyConnection) -> pl.DataFrame:
    """indicator, weight, effective (share of what moves the score, 0–100), ratio bounds, n, breached.

    Effective weights are shares among the indicators judged; stated weights are given as such shares too.
    """
    return con.sql(
        """
        with judged as (
            select c.item as indicator, d.weight, c.value, c.minimum, c.maximum, c.n, c.breached, c.signed,
                   d.position
            from coherence c join indicator_definitions d on d.indicator = c.item
            where c."check" = 'effective_weight'
        )
        select indicator, 100 * weight / sum(weight) over () as weight, value as effective, minimum,
               maximum, n, breached, signed
        from judged order by position
        """
    ).pl()


def coherence(con: DuckDBPyConnection) -> pl.DataFrame:
    """One row a kind of check: check, items_n, breached_n, unsigned_n, and the items (or pairs) in breach."""
    return con.sql(
        """
        select "check", count(*) as items_n, count(*) filter (breached) as breached_n,
               count(*) filter (breached and not signed) as unsigned_n,
               list(list_filter([item, other], lambda one: one is not null) order by item)
                   filter (breached) as items
        from coherence group by "check" order by breached_n desc, "check"
        """
    ).pl()


def sensitivity(con: DuckDBPyConnection) -> pl.DataFrame:
    """Sobol' indices: output, input, first and total with their intervals, the weightiest input first."""
    return con.sql("select * from sensitivity order by output, total desc, input").pl()
