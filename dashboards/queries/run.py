"""Queries on the run shown: its row, its labels, what merged peer groups hold."""

from __future__ import annotations

from duckdb import DuckDBPyConnection

from dashboards.queries.base import Row
from models.publication.exports import run_facts


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
