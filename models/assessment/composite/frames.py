"""Between frames and arrays: iData and iMeta tables in, one frame a stage out. No computing here."""

from collections import Counter

import numpy as np
import polars as pl

from models.assessment.composite.imputation import check_panel_method, impute_panel
from models.assessment.composite.messages import CompositeError, Issue
from models.assessment.composite.metadata import REQUIRED, MetaTree, tree_from_rows
from models.assessment.composite.pipeline import BuildResult, CompositeData
from models.assessment.composite.ranking import Floats

UNIT, TIME = "uCode", "Time"
MISSING_MARKS = ("", "NA")


def tree_from_frame(meta: pl.DataFrame) -> MetaTree:
    """Build the tree from an iMeta frame of text columns (columns as COINr's iMeta)."""
    absent = [name for name in REQUIRED if name not in meta.columns]
    if absent:
        raise CompositeError("meta_columns", columns=absent)
    return tree_from_rows(_blank_to_null(meta).to_dicts())


def data_from_frame(
    data: pl.DataFrame, tree: MetaTree, *, panel: str | None = None
) -> tuple[CompositeData, tuple[Issue, ...]]:
    """Take units, indicators, denominators and groups from an iData frame of text columns.

    With several values of Time, `panel` ("latest", "constant", "linear") fills the indicators along time and
    the units of the last point are kept; without it several times are refused.

    Raises:
        CompositeError: naming absent columns, repeated units, and the cell that is not a number.
    """
    if panel is not None:
        check_panel_method(panel)
    measures = tuple(dict.fromkeys(code for code in tree.denominator if code))
    absent = [name for name in (UNIT, *tree.indicators, *measures) if name not in data.columns]
    if absent:
        raise CompositeError("data_columns", columns=absent)
    if data.is_empty():
        raise CompositeError("data_empty")
    frame = _blank_to_null(data)
    numeric = [*tree.indicators, *measures, *([TIME] if TIME in frame.columns else [])]
    frame = _to_numbers(frame, numeric)
    issues: tuple[Issue, ...] = ()
    times = frame[TIME].drop_nulls().unique().sort().to_list() if TIME in frame.columns else []
    if panel is None and len(times) > 1:
        raise CompositeError("data_times", times=[f"{time:g}" for time in times])
    if panel is None:
        values = _array(frame, tree.indicators)
    else:
        frame, values, issues = _panel(frame, tree, times, panel)
    units = tuple(unit or "" for unit in frame[UNIT].to_list())
    others = [code for code in frame.columns if code not in {UNIT, *numeric}]
    return (
        CompositeData(
            units=units,
            values=values,
            tree=tree,
            groups={code: frame[code].to_numpy().astype(object) for code in others},
            denominators={code: _array(frame, (code,))[:, 0] for code in measures},
        ),
        issues,
    )


def result_frames(result: BuildResult) -> dict[str, pl.DataFrame]:
    """One frame a stage, uCode first, sorted by it; what is missing is null.

    "imputed", "treated" and "normalised" hold the indicators, "aggregated" also the aggregates, "ranks" the
    rank in the top aggregate (Rank) and in every aggregate, the top first.
    """
    tree = result.tree
    scores = np.hstack([result.normalised, result.aggregated])
    ranks = np.hstack([result.ranks[:, -1:], result.ranks[:, ::-1]])
    return {
        "imputed": _frame(result.all_units, result.imputed, tree.indicators),
        "treated": _frame(result.units, result.treated, tree.indicators),
        "normalised": _frame(result.units, result.normalised, tree.indicators),
        "aggregated": _frame(result.units, scores, tree.codes),
        "ranks": _frame(result.units, ranks, ("Rank", *reversed(tree.aggregates))).with_columns(
            pl.exclude(UNIT).cast(pl.Int64)
        ),
    }


def _frame(units: tuple[str, ...], values: Floats, codes: tuple[str, ...]) -> pl.DataFrame:
    table = pl.DataFrame(values, schema=list(codes), orient="row", nan_to_null=True)
    return table.insert_column(0, pl.Series(UNIT, units)).sort(UNIT)


def _blank_to_null(frame: pl.DataFrame) -> pl.DataFrame:
    stripped = pl.col(pl.String).str.strip_chars()
    return frame.with_columns(
        pl.when(stripped.is_in(MISSING_MARKS)).then(None).otherwise(stripped).name.keep()
    )


def _to_numbers(frame: pl.DataFrame, columns: list[str]) -> pl.DataFrame:
    cast = frame.with_columns(pl.col(columns).cast(pl.Float64, strict=False))
    for name in columns:
        wrong = (cast[name].is_null() & frame[name].is_not_null()) | cast[name].is_nan().fill_null(False)
        if wrong.any():
            row = int(wrong.arg_true()[0])
            raise CompositeError("data_number", columns=[name], row=row + 1, value=frame[name][row])
    return cast


def _array(frame: pl.DataFrame, codes: tuple[str, ...]) -> Floats:
    return frame.select(pl.col(codes).fill_null(float("nan"))).to_numpy().astype(np.float64)


def _panel(
    frame: pl.DataFrame, tree: MetaTree, times: list[float], method: str
) -> tuple[pl.DataFrame, Floats, tuple[Issue, ...]]:
    if len(times) < 2:
        raise CompositeError("panel_times", times=[f"{time:g}" for time in times] or ["—"])
    if frame[TIME].null_count():
        row = int(frame[TIME].is_null().arg_true()[0])
        raise CompositeError("data_number", columns=[TIME], row=row + 1, value="")
    last = frame.filter(pl.col(TIME) == times[-1])
    place = {unit: number for number, unit in enumerate(last[UNIT].to_list())}
    known = frame.filter(pl.col(UNIT).is_in(last[UNIT].implode()))
    cells = list(zip(known[TIME].to_list(), known[UNIT].to_list(), strict=True))
    repeated = sorted({str(unit) for (_, unit), count in Counter(cells).items() if count > 1})
    if repeated:
        raise CompositeError("data_units", units=repeated)
    cube = np.full((len(times), len(place), tree.size), np.nan)
    when = np.searchsorted(times, known[TIME].to_numpy())
    who = np.array([place[unit] for _, unit in cells])
    cube[when, who] = _array(known, tree.indicators)
    filled, issues = impute_panel(cube, np.array(times), tree.indicators, method=method)
    return last, filled[-1], issues
