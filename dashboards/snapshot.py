"""Queries on a run as a whole and on one society: a session's connection (access.py) → a frame or values."""

from __future__ import annotations

from typing import Any

import polars as pl
from duckdb import DuckDBPyConnection

from data_contracts.defects import consequences
from models.publication.exports import run_facts

Row = dict[str, Any]


def run(con: DuckDBPyConnection) -> Row:
    """The run shown: run_id, year, created_at, manifest, methodology, previous_run_id."""
    return run_facts(con)


def labels(con: DuckDBPyConnection, lang: str) -> dict[tuple[str, str], str]:
    """(kind, code) → name, in the order of display."""
    column = "en" if lang == "en" else "zh"
    found = con.sql(f"select kind, code, {column} from labels order by kind, position").fetchall()
    return {(kind, code): text for kind, code, text in found}


def merged_groups(con: DuckDBPyConnection, variables: list[str]) -> list[tuple[str, str, list[str]]]:
    """(peer group, variable, codes) of the groups that gather what was too small to stand alone.

    Such a group's name ends in “rest”; the codes are those its members have in the first of `variables` (the
    methodology's, coarsest first) that the name does not give.
    """
    found = []
    groups = con.sql(
        "select distinct peer_group from societies where ends_with(peer_group, '/rest') order by 1"
    ).fetchall()
    for (group,) in groups:
        given = group.split("/")[:-1]
        column = variables[0 if given == ["all"] else len(given)]
        codes = con.sql(
            f'select distinct "{column}" from societies where peer_group = $1 and "{column}" is not null',
            params=[group],
        ).fetchall()
        found.append((group, column, [code for (code,) in codes]))
    return found


def _one(
    con: DuckDBPyConnection, query: str, parameters: list[Any] | dict[str, Any] | None = None
) -> Row | None:
    relation = con.sql(query, params=parameters)
    row = relation.fetchone()
    return None if row is None else dict(zip(relation.columns, row, strict=True))


# ---- overview ----


def headline(con: DuckDBPyConnection) -> Row:
    """societies_n, filed_n, rated_n, selected_n, mean_score, verified_share and best_share of the run."""
    found = _one(
        con,
        """
        select count(*) as societies_n, count(*) filter (s.filed) as filed_n,
               count(*) filter (c.band <> 'unrated') as rated_n,
               count(*) filter (e.decision = 'selected') as selected_n,
               avg(c.score) as mean_score,
               avg(c.verified_share) filter (c.band <> 'unrated') as verified_share,
               count(*) filter (c.band in ('excellent', 'good'))
                   / nullif(count(*) filter (c.band <> 'unrated'), 0)
                   as best_share
        from societies s join composite c using (society_id) left join exemplars e using (society_id)
        """,
    )
    assert found is not None
    return found


def intake(con: DuckDBPyConnection) -> Row:
    """Rows by verdict over the run's files: files_n, rows_read, accepted, returned, quarantined, non_data."""
    found = _one(
        con,
        """
        select count(*) filter (status <> 'container') as files_n,
               count(*) filter (status = 'container') as archives_n,
               count(*) filter (status = 'superseded') as superseded_n,
               count(*) filter (status = 'refused') as refused_n,
               coalesce(sum(rows_read), 0)::bigint as rows_read,
               coalesce(sum(accepted), 0)::bigint as accepted,
               coalesce(sum(returned), 0)::bigint as returned,
               coalesce(sum(quarantined), 0)::bigint as quarantined,
               coalesce(sum(non_data), 0)::bigint as non_data
        from files
        """,
    )
    assert found is not None
    return found


def bands(con: DuckDBPyConnection) -> pl.DataFrame:
    """band, societies_n — every band, in the order of display."""
    return con.sql(
        """
        select l.code as band, count(c.society_id) as societies_n
        from labels l left join composite c on c.band = l.code
        where l.kind = 'band' group by l.code, l.position order by l.position
        """
    ).pl()


def dimension_means(con: DuckDBPyConnection) -> pl.DataFrame:
    """dimension, mean, p25, p75, societies_n over the societies that were rated."""
    return con.sql(
        """
        select d.dimension, avg(d.score) as mean, quantile_cont(d.score, 0.25) as p25,
               quantile_cont(d.score, 0.75) as p75, count(d.score) as societies_n
        from dimensions d join composite c using (society_id)
        where c.band <> 'unrated' and d.score is not null
        group by d.dimension order by d.dimension
        """
    ).pl()


def filing_by_unit(con: DuckDBPyConnection, limit: int) -> pl.DataFrame:
    """supervisor_id, supervisor_name, due_n, filed_n, unfiled_n: the units with most unfiled first."""
    return con.sql(
        """
        select supervisor_id, any_value(supervisor_name) as supervisor_name, count(*) as due_n,
               count(*) filter (filed) as filed_n, count(*) filter (not filed) as unfiled_n
        from societies group by supervisor_id
        order by unfiled_n desc, due_n desc, supervisor_id nulls last limit $1
        """,
        params=[limit],
    ).pl()


def top_findings(con: DuckDBPyConnection, limit: int, is_consequence: bool = False) -> pl.DataFrame:
    """code, verdict, findings_n, societies_n: the most frequent that ask somebody to act (not repairs).

    Causes, or apart from them what only follows from them (a row returned because its cover was).
    """
    return con.sql(
        """
        select code, verdict, sum(findings_n)::bigint as findings_n, max(societies_n)::bigint as societies_n
        from findings_summary where verdict <> 'A' and list_contains($2, code) = $3 group by code, verdict
        order by findings_n desc, code, verdict limit $1
        """,
        params=[limit, sorted(consequences()), is_consequence],
    ).pl()


def checks_n(con: DuckDBPyConnection) -> int:
    """How many table checks the run recorded."""
    return int(con.sql("select count(*) from expectation_results").fetchall()[0][0])


def warnings(con: DuckDBPyConnection) -> pl.DataFrame:
    """family, description, severity, observed of the table checks that do not hold."""
    return con.sql(
        """
        select family, description, severity, observed, unexpected_n from expectation_results
        where not success order by severity desc, family, expectation
        """
    ).pl()


# ---- one society ----


def find_societies(con: DuckDBPyConnection, text: str, limit: int) -> list[tuple[str, str]]:
    """(society_id, name) of those whose name holds the text or whose code starts with it."""
    return con.sql(
        """
        select society_id, name from societies
        where contains(name, $1) or starts_with(society_id, upper($1)) order by name, society_id limit $2
        """,
        params=[text.strip(), limit],
    ).fetchall()


def society(con: DuckDBPyConnection, society_id: str) -> Row | None:
    """A society with its composite and exemplar decision; None if the scope does not hold it."""
    return _one(
        con,
        """
        select s.* exclude (peer_group, peer_n), c.* exclude (society_id), e.decision, e.reason_code,
               e.reason_zh, e.reason_en, e.stability, e.practice_tag
        from societies s join composite c using (society_id) left join exemplars e using (society_id)
        where s.society_id = $1
        """,
        [society_id],
    )


def dimensions(con: DuckDBPyConnection, society_id: str) -> pl.DataFrame:
    """The society's dimensions in order, each with the spread of its peer group (p25, p75)."""
    return con.sql(
        """
        with peers as (
            select d.dimension, quantile_cont(d.score, 0.25) as p25, quantile_cont(d.score, 0.75) as p75
            from dimensions d join societies s using (society_id)
            where s.peer_group = (select peer_group from societies where society_id = $1)
                and d.score is not null
            group by d.dimension
        )
        select d.*, p.p25, p.p75 from dimensions d left join peers p using (dimension)
        where d.society_id = $1 order by d.dimension
        """,
        params=[society_id],
    ).pl()


def indicators(con: DuckDBPyConnection, society_id: str) -> pl.DataFrame:
    """The society's indicators in the methodology's order, with unit and number of source rows."""
    return con.sql(
        """
        select i.*, d.unit, d.is_lower_better, coalesce(n.sources_n, 0) as sources_n
        from indicators i join indicator_definitions d using (indicator)
        left join (
            select indicator, count(*) as sources_n from contributions
            where society_id = $1 group by indicator
        ) n using (indicator)
        where i.society_id = $1 order by d.position
        """,
        params=[society_id],
    ).pl()


def society_findings(con: DuckDBPyConnection, society_id: str, limit: int) -> pl.DataFrame:
    """What intake returned, set aside or warned of in the society's files."""
    return con.sql(
        """
        select f.code, f.verdict, files.name as file, f.sheet, f.row, f.header, f.value, f.message_zh,
               f.message_en
        from findings f left join files using (file_id)
        where f.society_id = $1
        order by case f.verdict when 'Q' then 1 when 'R' then 2 else 3 end, file, f.sheet, f.row limit $2
        """,
        params=[society_id, limit],
    ).pl()
