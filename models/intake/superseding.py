"""Which rows are current: those of the newest report, the newest of a key. The rest is history."""

from __future__ import annotations

import duckdb
import polars as pl

from data_contracts.contract import Contract, load_contracts
from data_contracts.ddl import HISTORY_SCHEMA
from models.clock import utc_now


def supersede_reports(con: duckdb.DuckDBPyConnection, batch_id: str) -> pl.DataFrame:
    """Of each society and year keep the newest report: highest revision, then the last to land.

    Leaves a temporary table `superseded` (file_id, winner, is_new) for the rows of this batch.

    Returns:
        Reports of this batch that landed after one of the same or a higher revision: file_id,
        society_id, report_year, the revision that holds (a) and its own (b), as text.
    """
    con.execute("create or replace temp table outdone (file_id varchar)")
    con.execute(
        """
        create or replace temp table reports as
        select file_id, society_id, report_year, status, batch_id = $1 as is_new,
            coalesce(revision, -1) as revision,
            first_value(file_id) over newest as winner,
            first_value(revision) over newest as winner_revision,
            max(coalesce(revision, -1)) over (
                partition by society_id, report_year order by landed_at
                rows between unbounded preceding and 1 preceding
            ) as revision_before
        from files
        where origin = 'society' and status <> 'refused' and (society_id, report_year) in
            (select (society_id, report_year) from files where batch_id = $1 and status <> 'refused')
        window newest as (
            partition by society_id, report_year order by coalesce(revision, -1) desc, landed_at desc
        );
        """,
        [batch_id],
    )
    con.execute(
        "create or replace temp table superseded as "
        "select file_id, winner, is_new from reports where status = 'current' and file_id <> winner"
    )
    con.execute("update files set status = 'superseded' where file_id in (select file_id from superseded)")
    repeats = con.sql(
        "select file_id, society_id, report_year, winner_revision::varchar as a, "
        "revision::varchar as b from reports where is_new and revision_before >= revision"
    ).pl()
    if con.sql("select 1 from superseded where not is_new limit 1").fetchall():
        for family in load_contracts():
            _move_to_history(con, family, "select file_id, winner from superseded", "source_file")
    return repeats


def _move_to_history(con: duckdb.DuckDBPyConnection, family: str, losers: str, column: str) -> None:
    """Move current rows whose `column` is among the losers: a query of (value, winning file)."""
    con.execute(
        f"insert into {HISTORY_SCHEMA}.{family} by name "
        f"select c.*, l.winner as superseded_by, $1 as superseded_at "
        f"from main.{family} c join ({losers}) l(loser, winner) on c.{column} = l.loser",
        [utc_now()],
    )
    con.execute(
        f"delete from main.{family} where {column} in (select loser from ({losers}) l(loser, winner))"
    )


def load_family(con: duckdb.DuckDBPyConnection, contract: Contract, frame: pl.DataFrame) -> None:
    """Accepted rows of one family: current, or to history if their file or key has a newer one.

    A row stands against the rows of other files with the same key. A register or check-in export
    prevails over what the society wrote, then the file that landed last.
    """
    family = contract.name
    fresh = _without_superseded(con, family, frame)
    key = list(contract.key)
    stored = con.sql(
        f"select distinct {', '.join(key)} from main.{family} semi join fresh using ({', '.join(key)})"
    )
    clashing = pl.concat([stored.pl(), fresh.filter(_is_repeated(key)).select(key)]).unique()
    if clashing.is_empty():
        # Nearly always: nobody else has these keys, so nothing has to be weighed.
        con.execute(f"insert into main.{family} by name select * from fresh")
        return
    contested = fresh.join(clashing, on=key, how="semi")
    con.register("uncontested", fresh.join(clashing, on=key, how="anti"))
    con.execute(f"insert into main.{family} by name select * from uncontested")
    con.unregister("uncontested")
    _weigh(con, contract, contested)


def _without_superseded(con: duckdb.DuckDBPyConnection, family: str, frame: pl.DataFrame) -> pl.DataFrame:
    """The rows but those of files already superseded, which go to history at once."""
    superseded = con.sql("select file_id as source_file, winner from superseded").pl()
    late = frame.join(superseded, on="source_file")
    if late.is_empty():
        return frame
    con.execute(
        f"insert into {HISTORY_SCHEMA}.{family} by name "
        "select * exclude (winner), winner as superseded_by, $1 as superseded_at from late",
        [utc_now()],
    )
    return frame.join(superseded, on="source_file", how="anti")


def _is_repeated(key: list[str]) -> pl.Expr:
    # Of the hashes: they are several times faster to count than the keys, and the keys decide afterwards.
    return pl.struct(key).hash().is_duplicated()


def _weigh(con: duckdb.DuckDBPyConnection, contract: Contract, contested: pl.DataFrame) -> None:
    """Of rows with the same key the one that prevails becomes current, the others history."""
    family, key = contract.name, ", ".join(contract.key)
    con.execute(
        f"""
        create or replace temp table contest as
        select row_id, source_file, is_new, row_number() over prevailing as place,
            first_value(source_file) over prevailing as winner
        from (
            select {key}, row_id, source_file, true as is_new from contested
            union all
            select {key}, row_id, source_file, false from main.{family} semi join contested using ({key})
        ) join (select file_id as source_file, origin, landed_at from files) using (source_file)
        window prevailing as (
            partition by {key} order by origin <> 'society' desc, landed_at desc, row_id
        )
        """
    )
    con.execute("delete from contest where place = 1 and not is_new")
    con.execute("insert into outdone select distinct source_file from contest where place > 1")
    beaten = "select row_id, winner from contest where place > 1 and not is_new"
    _move_to_history(con, family, beaten, "row_id")
    con.execute(
        f"insert into {HISTORY_SCHEMA}.{family} by name "
        "select f.*, winner as superseded_by, $1 as superseded_at from contested f join "
        "(select row_id, winner from contest where place > 1 and is_new) using (row_id)",
        [utc_now()],
    )
    con.execute(
        f"insert into main.{family} by name select f.* from contested f "
        "semi join (select row_id from contest where place = 1) using (row_id)"
    )


def retire_outdone(con: duckdb.DuckDBPyConnection) -> None:
    """Files that lost rows to other files and have no current row left are superseded."""
    current = " union all ".join(
        f"select source_file from main.{family} where source_file in (select file_id from outdone)"
        for family in load_contracts()
    )
    con.execute(
        "update files set status = 'superseded' where status = 'current' "
        f"and file_id in (select file_id from outdone) and file_id not in ({current})"
    )
