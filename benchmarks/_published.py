"""A home with published runs of a whole nation, by the fast road: accepted facts, then assessment, snapshot.

No workbook is written and none is read (`models.sample.facts`); what follows is the code of `fengqing run`.
Intake's books hold one file a society and invented findings, for the pages that count them.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from data_contracts.contract import load_contracts
from data_contracts.defects import load_defects
from models import warehouse
from models.assessment.assess import assess
from models.assessment.methodology import load
from models.home import Home
from models.measures import engine
from models.publication import manifest as manifests
from models.publication.snapshot import past_selections, publish
from models.sample.facts import Facts, accepted
from models.sample.population import population
from models.sample.records.year import year_records
from models.sample.season import Season

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

YEARS, SEED = (2024, 2025), 20230090
STAMP = "benchmark.json"
FINDINGS_A_FILE = 3
Told = Callable[[str], None]


def home_of(root: Path, societies: int, told: Told, *, is_any_code: bool = False) -> Home:
    """The home in `root`, made unless its stamp says that it fits; FileExistsError for a folder of others.

    With `is_any_code` one made by other code is used too. The warehouse goes when all is published: it
    holds six million check-ins a year, and no page reads it.
    """
    home, stamp = Home(root), {"societies": societies, "years": list(YEARS), "seed": SEED}
    found = json.loads((root / STAMP).read_text(encoding="utf-8")) if (root / STAMP).exists() else None
    code = manifests.code_version()
    if found is not None and (is_any_code or found["code"] == code) and found["made_of"] == stamp:
        return home
    if found is None and root.exists() and any(root.iterdir()):
        raise FileExistsError(f"{root} holds something else 目录非空且不是基准数据")
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    nation = population(societies, list(YEARS), SEED)
    for year in YEARS:
        told(f"{year}: facts")
        season = Season(nation, year, YEARS[0], SEED)
        _fill(home, accepted(season, year_records(season)), year)
        _publish(home, year, told)
    home.warehouse.unlink()
    (root / STAMP).write_text(json.dumps({"made_of": stamp, "code": code}), encoding="utf-8")
    return home


def _publish(home: Home, year: int, told: Told) -> None:
    methodology = load(year)
    past = past_selections(home, year)
    with warehouse.open_reader(home) as con:
        told(f"{year}: measures")
        measures = engine.compute(con, year, methodology)
        told(f"{year}: assessment")
        result = assess(con, year, methodology, SEED, past=past, measures=measures)
        told(f"{year}: snapshot")
        publish(home, result, measures, manifests.build(con, methodology, year, SEED, past), con)


def _fill(home: Home, facts: Facts, year: int) -> None:
    with warehouse.open_writer(home) as con:
        for family in load_contracts():
            rows = facts.pop(family)
            owner = pl.lit("authority") if "society_id" not in rows.columns else pl.col("society_id")
            con.register("incoming", rows.with_columns(source_file=pl.concat_str(owner, pl.lit(f"-{year}"))))
            con.execute(
                f"insert into {family} by name "
                "select * replace (sha256(source_file) as source_file) from incoming"
            )
            con.unregister("incoming")
        _keep_books(con, year)


def _keep_books(con: DuckDBPyConnection, year: int) -> None:
    """A file a society that filed, with the rows it holds; invented findings in half of them."""
    counts = " union all ".join(
        f"select society_id, count(*) as n from {family} where report_year = $year group by society_id"
        for family, contract in load_contracts().items()
        if family not in {"societies", "units"} and "society_id" in {f.name for f in contract.fields}
    )
    con.execute(
        f"""
        insert into files
        select sha256(society_id || '-' || $year), society_id || '_' || $year || '_r1.xlsx', 20480, 'society',
               society_id, $year, 1, 'current', n + 40, n, 0, 0, 40,
               make_timestamp($year + 1, 4, 1, 8, 0, 0.0), 'b' || $year, null
        from (select society_id, sum(n)::bigint as n from ({counts}) group by society_id)
        """,
        {"year": year},
    )
    rng = np.random.default_rng([SEED, year])
    files = con.sql(
        "select file_id, society_id from files where report_year = $1 order by 1", params=[year]
    ).pl()
    told = files.filter(rng.random(files.height) < 0.5)
    told = told[np.repeat(np.arange(told.height), FINDINGS_A_FILE)]
    defects = list(load_defects().values())
    chosen = rng.integers(0, len(defects), told.height)
    verdicts = np.array(["W", "R", "Q"])[rng.choice(3, told.height, p=[0.5, 0.4, 0.1])]
    con.register(
        "incoming",
        told.with_columns(
            sheet=pl.lit("表2制度文件"),
            row=pl.Series(rng.integers(7, 60, told.height)),
            code=pl.Series([d.code for d in defects]).gather(chosen),
            verdict=pl.Series(verdicts),
            message_zh=pl.Series([d.title_zh for d in defects]).gather(chosen),
            message_en=pl.Series([d.title_en for d in defects]).gather(chosen),
            report_year=pl.lit(year),
        ),
    )
    con.execute("insert into findings by name select * from incoming")
    con.unregister("incoming")
