"""Eight gaming moves through files and intake: what each gains before and after, and which flag catches it.

Writes what it finds to docs/validity.json, of which `make docs` makes the chapter.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from benchmarks._measure import Meter
from benchmarks._moves import MOVES, Move, gamers_of, made
from benchmarks._store import keep
from models.assessment.assess import Assessment, assess
from models.assessment.methodology import Methodology, load
from models.home import Home
from models.intake.batch import ingest
from models.sample.facts import accepted, connected
from models.sample.generate import write_clean
from models.sample.population import population
from models.sample.records.year import YearRecords, year_records
from models.sample.season import Season
from models.warehouse import open_reader

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

YEAR, SOCIETIES, SEED, GAMERS = 2025, 200, 7, 8
# The others show only where the society also files what gives it away: winners of the award, a roster.
WHOLLY_CAUGHT = ("views", "december", "copied", "split", "unfiled")
LOOKED_AT_ON = date(YEAR + 1, 12, 31)


@dataclass(frozen=True)
class Filing:
    """A year as filed and taken in: its assessment, and the findings and signals of each society."""

    result: Assessment
    flags: pl.DataFrame


def run(meter: Meter) -> None:
    methodology = load(YEAR)
    season = Season(population(SOCIETIES, [YEAR], SEED), YEAR, YEAR, SEED)
    records = year_records(season)
    honest = filing(season, records, methodology)
    rows = []
    for move in meter.track(MOVES, "gaming moves", len(MOVES)):
        gamers = gamers_of(move, season, records, GAMERS)
        rows.append(outcome(move, season, records, gamers, honest, methodology))
    keep("gaming", {"societies": SOCIETIES, "moves": rows})
    for row in rows:
        meter.figure(f"{row['move']}: gain unnoticed", row["gross"], unit="points")
        meter.figure(f"{row['move']}: gain after intake", row["net"], unit="points")
        meter.figure(f"{row['move']}: flagged ({', '.join(row['caught_by']) or 'by nothing'})", row["caught"])
    told = {row["move"]: row for row in rows}
    for name in WHOLLY_CAUGHT:
        meter.figure(f"{name}: every gamer flagged", told[name]["caught"], minimum=1)


def filing(season: Season, records: YearRecords, methodology: Methodology) -> Filing:
    """Write the files, take them in, assess what was accepted."""
    with tempfile.TemporaryDirectory() as folder:
        inbox, home = Path(folder) / "inbox", Home(Path(folder) / "home")
        write_clean(season, records, inbox)
        ingest(inbox, home, today=LOOKED_AT_ON)
        with open_reader(home) as con:
            return Filing(assess(con, season.year, methodology, SEED), _flags(con, season.year))


def _flags(con: DuckDBPyConnection, year: int) -> pl.DataFrame:
    """society_id, flag: codes of findings about this year's rows, whatever their verdict."""
    return con.sql(
        "select distinct society_id, code as flag from findings where report_year = $year "
        "and society_id is not null",
        params={"year": year},
    ).pl()


@contextmanager
def _straight(season: Season, records: YearRecords) -> Iterator[DuckDBPyConnection]:
    with connected(accepted(season, records)) as con:
        yield con


def outcome(  # noqa: PLR0913, PLR0917 - a move, in a year, by some, beside the honest filing
    move: Move,
    season: Season,
    records: YearRecords,
    gamers: list[int],
    honest: Filing,
    methodology: Methodology,
) -> dict[str, Any]:
    """What the move brings its societies, on average, and what catches them.

    `gross`: points if every row were accepted; `net`: after intake and signals. `places`: share of the peer
    group overtaken, net. `chance`: change in the chance of selection, net, and the largest. `own`: net points
    of the indicators aimed at (0–100 of each). `caught`: share of gamers with a flag that they did not have;
    `caught_by`: those flags; `alarms`: share of honest societies that have one of them. `checked`: share of
    societies of which a check sees the family.
    """
    gamed = made(move, season, records, gamers)
    with _straight(season, gamed) as con:
        unnoticed = assess(con, season.year, methodology, SEED)
    seen = filing(season, gamed, methodology)
    ids = pl.Series("society_id", season.population.ids[gamers])
    new = (
        seen.flags.join(honest.flags, on=["society_id", "flag"], how="anti")
        .filter(pl.col("society_id").is_in(ids.implode()))
        .vstack(_signals(seen, honest, ids))
    )
    # A flag that a society's other rows may bring is no catch of this move.
    caught = new.filter(pl.col("flag").is_in(list(move.flags))) if move.flags else new.clear()
    alarms = honest.flags.filter(pl.col("flag").is_in(list(move.flags)))["society_id"].n_unique()
    checks = records.authority["verifications"].filter(pl.col("family") == move.family)
    gain = _gains(honest.result, seen.result, ids)
    return {
        "move": move.name,
        "gamers": len(gamers),
        "gross": _mean(_gains(honest.result, unnoticed, ids)["score"]),
        "net": _mean(gain["score"]),
        "net_most": float(gain["score"].max() or 0.0),  # type: ignore[arg-type]
        "places": _mean(gain["place"]),
        "chance": _mean(gain["chance"]),
        "chance_most": float(gain["chance"].max() or 0.0),  # type: ignore[arg-type]
        "own": _own(move, honest.result, seen.result, ids),
        "caught": caught["society_id"].n_unique() / len(gamers),
        "caught_by": sorted(caught["flag"].unique()),
        "other_flags": sorted(set(new["flag"].unique()) - set(move.flags)),
        "alarms": alarms / int(season.filed.sum()),
        "checked": checks["society_id"].n_unique() / int(season.filed.sum()),
    }


def _signals(seen: Filing, honest: Filing, ids: pl.Series) -> pl.DataFrame:
    key = ["society_id", "signal"]
    now, before = (f.result.measures.signals.select(key).unique() for f in (seen, honest))
    return (
        now.join(before, on=key, how="anti")
        .filter(pl.col("society_id").is_in(ids.implode()))
        .select("society_id", flag="signal")
    )


def _gains(before: Assessment, after: Assessment, ids: pl.Series) -> pl.DataFrame:
    """score, place (share of the honest peer group overtaken) and chance of selection, after less before."""
    was = before.composite.select("society_id", "score", "peer_group", "peer_n")
    now = after.composite.select("society_id", score_now="score")
    joint = [
        one.selection_probabilities.select("society_id", pl.col("joint").alias(name))
        for one, name in ((before, "chance"), (after, "chance_now"))
    ]
    both = was.join(now, on="society_id").filter(pl.col("society_id").is_in(ids.implode()))
    both = both.drop_nulls(["score", "score_now"])
    peers = was.select("peer_group", other="score").drop_nulls()
    overtaken = (
        both.join(peers, on="peer_group")
        .group_by("society_id")
        .agg(
            place=((pl.col("other") < pl.col("score_now")) & (pl.col("other") > pl.col("score"))).mean()
            - ((pl.col("other") > pl.col("score_now")) & (pl.col("other") < pl.col("score"))).mean()
        )
    )
    for frame in (overtaken, *joint):
        both = both.join(frame, on="society_id", how="left")
    return both.select(
        score=pl.col("score_now") - pl.col("score"),
        place="place",
        chance=pl.col("chance_now").fill_null(0.0) - pl.col("chance").fill_null(0.0),
    )


def _own(move: Move, before: Assessment, after: Assessment, ids: pl.Series) -> dict[str, float]:
    was = before.indicators.select("society_id", "indicator", "score")
    now = after.indicators.select("society_id", "indicator", now="score")
    both = was.join(now, on=["society_id", "indicator"]).filter(
        pl.col("society_id").is_in(ids.implode()), pl.col("indicator").is_in(list(move.indicators))
    )
    gained = (
        both.group_by("indicator").agg(((pl.col("now") - pl.col("score")) * 100).mean()).sort("indicator")
    )
    return {code: value for code, value in gained.iter_rows() if value is not None}


def _mean(values: pl.Series) -> float:
    return float(values.mean() or 0.0)  # type: ignore[arg-type]
