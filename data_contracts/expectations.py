"""Great Expectations suites from the contracts: hard checks block a run, drift rules warn."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from data_contracts.checks import Check, checks_of
from data_contracts.contract import load_contract, load_contracts
from data_contracts.drift import DriftRule, load_drift_rules

if TYPE_CHECKING:
    import polars as pl

# The rollback on close discards a DuckDB result that is still being read: without these two keywords
# every metric fails with “list index out of range”.
ENGINE_OPTIONS = {"isolation_level": "AUTOCOMMIT", "skip_autocommit_rollback": True}


def run_suites(db_path: Path, families: Sequence[str] | None = None, year: int | None = None) -> pl.DataFrame:
    """Check the accepted tables against their contracts.

    Args:
        db_path: a DuckDB file with the family tables in schema main; opened read-only.
        families: which families; all when not given.
        year: the report year to check; all years when not given (drift: the latest against the one before).

    Returns:
        One row a check: family, expectation, description_zh, description_en, severity (hard | drift),
        success, observed (text), unexpected_n, details (JSON; no values of cells).

    Raises:
        RuntimeError: a check could not be computed, which is not the same as data that fail it.
    """
    import polars as pl

    names = list(families) if families is not None else list(load_contracts())
    # Before Great Expectations opens the file: one process cannot have it open under two settings.
    drifts = {name: _measured_drifts(db_path, name, year) for name in names}
    rows: list[dict[str, Any]] = []
    with _data_source(db_path) as source:
        for name in names:
            checks = list(checks_of(load_contract(name)))
            expectations = [_expectation(check) for check in checks]
            expectations += [_rows_expectation(d.violations_sql("{batch}")) for d in drifts[name]]
            results = _validate(source, name, expectations, year)
            rows += map(_row, checks, results)
            rows += map(_drift_row, drifts[name], results[len(checks) :])
    texts = ("family", "expectation", "description_zh", "description_en", "severity")
    schema = {
        **dict.fromkeys(texts, pl.String),
        "success": pl.Boolean,
        "observed": pl.String,
        "unexpected_n": pl.Int64,
        "details": pl.String,
    }
    return pl.DataFrame(rows, schema=schema)


@dataclass(frozen=True)
class _MeasuredDrift:
    """A drift rule, the year it looks at, and the figure it found (null: too few rows to say)."""

    rule: DriftRule
    year: int
    figure: float | None

    def violations_sql(self, rows_sql: str) -> str:
        return self.rule.violations_sql(rows_sql, self.year)


def _measured_drifts(db_path: Path, family: str, year: int | None) -> list[_MeasuredDrift]:
    with duckdb.connect(str(db_path), read_only=True) as con:

        def value(query: str) -> Any:
            return con.sql(query).fetchall()[0][0]

        of_year = year if year is not None else value(f"select max(report_year) from {family}")
        if of_year is None:  # an empty table has no year to look at
            return []
        rules = [r for r in load_drift_rules() if r.family == family]
        return [_MeasuredDrift(r, of_year, value(r.sql(family, of_year))) for r in rules]


@contextmanager
def _data_source(db_path: Path) -> Iterator[Any]:
    """A Great Expectations data source on the file; nothing sent, nothing shown, nothing written."""
    with warnings.catch_warnings():
        # Great Expectations 1.24 imports two modules that Python has renamed.
        warnings.filterwarnings("ignore", "module 'sre_(constants|parse)' is deprecated", DeprecationWarning)
        import great_expectations as gx
        from great_expectations.data_context.types.base import ProgressBarsConfig

        context = gx.get_context(mode="ephemeral")
        context.enable_analytics(False)
        context.variables.progress_bars = ProgressBarsConfig(globally=False)
        source = context.data_sources.add_sql(
            "warehouse",
            connection_string=f"duckdb:///{db_path}",
            kwargs={  # type: ignore[call-arg]
                **ENGINE_OPTIONS,
                "connect_args": {"read_only": True},
            },
        )
        try:
            yield source
        finally:
            # Both of its engines, or the file stays open and the next writer is locked out.
            source.get_execution_engine().close()
            source.get_engine().dispose()


def _validate(source: Any, family: str, expectations: Sequence[Any], year: int | None) -> list[Any]:
    """Results in the order of the expectations."""
    import great_expectations as gx

    where = "" if year is None else f" where report_year = {year:d}"
    asset = source.add_query_asset(family, query=f"select * from main.{family}{where}")
    batch = asset.add_batch_definition_whole_table("all").get_batch()
    for place, expectation in enumerate(expectations):
        expectation.meta = {"place": place}  # results come back in another order
    suite = gx.ExpectationSuite(name=family, expectations=list(expectations))
    run = batch.validate(suite, result_format={"result_format": "SUMMARY", "partial_unexpected_count": 0})
    results = sorted(run.results, key=lambda r: r.expectation_config.meta["place"])
    for result in results:
        if not result.success and not result.result:
            raise RuntimeError(
                f"检验无法计算 {family}：{_reason(result)} The check could not be computed on {family}."
            )
    return results


def _expectation(check: Check) -> Any:
    import great_expectations.expectations as gxe

    if check.builtin:
        return getattr(gxe, check.builtin)(**check.options)
    return _rows_expectation(check.unexpected.replace("{rows}", "(select * from {batch}) as checked"))


def _rows_expectation(query: str) -> Any:
    import great_expectations.expectations as gxe

    return gxe.UnexpectedRowsExpectation(unexpected_rows_query=query)


def _reason(result: Any) -> str:
    """The last line of what went wrong, from either shape Great Expectations reports it in."""
    info = result.exception_info
    messages = [info] if "exception_message" in info else list(info.values())
    return "; ".join(sorted({str(m["exception_message"]).strip().splitlines()[0] for m in messages}))


def _row(check: Check, result: Any) -> dict[str, Any]:
    found = result.result
    # Of an empty table the count comes back as null, the sum of nothing.
    unexpected = found.get("unexpected_count", found.get("observed_value")) or 0
    share = found.get("unexpected_percent")
    return {
        "family": check.family,
        "expectation": check.name,
        "description_zh": check.zh,
        "description_en": check.en,
        "severity": check.severity,
        "success": bool(result.success),
        "observed": str(unexpected),
        "unexpected_n": int(unexpected),
        "details": json.dumps({"rows_n": found.get("element_count"), "unexpected_percent": share}),
    }


def _drift_row(drift: _MeasuredDrift, result: Any) -> dict[str, Any]:
    rule, figure = drift.rule, drift.figure
    return {
        "family": rule.family,
        "expectation": f"drift:{rule.name}" + (f":{rule.column}" if rule.column else ""),
        "description_zh": rule.zh,
        "description_en": rule.en,
        "severity": "drift",
        "success": bool(result.success),
        "observed": None if figure is None else f"{figure:.3f}",
        "unexpected_n": int(not result.success),
        "details": json.dumps({"low": rule.low, "high": rule.high, "at_least": rule.at_least}),
    }
