"""Asset checks made from the contracts: hard rules block a family, drift rules warn of it."""

from collections.abc import Iterator

import dagster as dg
import polars as pl

from data_contracts.contract import load_contracts
from data_contracts.expectations import run_suites
from models.ledger import replace_expectation_results
from models.warehouse import open_reader, open_writer
from pipelines import progress
from pipelines.assets import fact_key, manifest_of, year_of
from pipelines.resources import Settings

HARD, DRIFT = "contract", "drift"
SHOWN = 20  # failed expectations listed with a check


@dg.multi_asset_check(
    specs=[
        dg.AssetCheckSpec(name, asset=fact_key(family), blocking=name == HARD, description=description)
        for family in load_contracts()
        for name, description in (
            (HARD, "合约硬规则，不符即停。Hard rules of the contract: a breach stops the run."),
            (DRIFT, "漂移与异常，仅提示。Drift and anomalies: a warning."),
        )
    ]
)
def expectations(context: dg.AssetCheckExecutionContext, settings: Settings) -> Iterator[dg.AssetCheckResult]:
    """Run the Great Expectations suites of every family over the loaded year and keep the results."""
    year = year_of(context)
    with progress.step("expectations"):
        results = run_suites(settings.home.warehouse, year=year)
    run_id = manifest_of(settings, year).run_id
    with open_writer(settings.home) as con:
        replace_expectation_results(con, run_id, results)
    for family in load_contracts():
        for name, severity in ((HARD, "hard"), (DRIFT, "drift")):
            of_family = results.filter((pl.col("family") == family) & (pl.col("severity") == severity))
            failed = of_family.filter(~pl.col("success"))
            yield dg.AssetCheckResult(
                asset_key=fact_key(family),
                check_name=name,
                passed=failed.is_empty(),
                severity=dg.AssetCheckSeverity.ERROR if name == HARD else dg.AssetCheckSeverity.WARN,
                metadata={"expectations": of_family.height, "failed": failed.head(SHOWN).to_dicts()},
            )


@dg.asset_check(asset=fact_key("annual_reports"), name="rows_add_up", blocking=True)
def rows_add_up(settings: Settings) -> dg.AssetCheckResult:
    """读到的行 = 接收 + 退回 + 隔离 + 非数据，逐个文件。The row equation, file by file."""
    with open_reader(settings.home) as con:
        wrong = con.sql(
            "select name, rows_read, accepted, returned, quarantined, non_data from files "
            "where rows_read <> accepted + returned + quarantined + non_data"
        ).pl()
    return dg.AssetCheckResult(passed=wrong.is_empty(), metadata={"files": wrong.head(SHOWN).to_dicts()})


ALL = [expectations, rows_add_up]
