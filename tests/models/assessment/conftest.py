"""Small populations with hand-set scores, for the assessment's tests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from models.assessment.cells import Cells
from models.assessment.composite.ranking import Floats
from models.assessment.methodology import Methodology, load
from models.assessment.noise import society_keys


@pytest.fixture(scope="session")
def methodology() -> Methodology:
    return load(2025)


@pytest.fixture(scope="session")
def revised() -> Callable[..., Methodology]:
    """The methodology with parts of blocks replaced: revised(exemplars={"places_minimum": 3})."""

    def make(**blocks: Mapping[str, object]) -> Methodology:
        base = load(2025)
        changed = {name: getattr(base, name).model_copy(update=dict(new)) for name, new in blocks.items()}
        return base.model_copy(update=changed)

    return make


@pytest.fixture(scope="session")
def indicator_frame(methodology: Methodology) -> Callable[..., pl.DataFrame]:
    """Scores as the `indicators` frame: each society gets `base` for every indicator but those named."""

    def make(
        base: Mapping[str, float | None],
        named: Mapping[tuple[str, str], float | None] | None = None,
        unverified: frozenset[tuple[str, str]] = frozenset(),
    ) -> pl.DataFrame:
        named = named or {}
        rows = [
            (society, i.code, named.get((society, i.code), named.get((society, i.dimension), score)),
             (society, i.code) not in unverified and (society, i.dimension) not in unverified)
            for society, score in base.items()
            for i in methodology.indicators
        ]  # fmt: skip
        return pl.DataFrame(
            rows,
            schema={
                "society_id": pl.String,
                "indicator": pl.String,
                "score": pl.Float64,
                "is_verified": pl.Boolean,
            },
            orient="row",
        )

    return make


@pytest.fixture(scope="session")
def society_frame() -> Callable[..., pl.DataFrame]:
    """Societies from {society_id: {column: value}} over ordinary defaults."""
    ordinary = {
        "level": "city", "size_class": "medium", "cast_class": "A", "supervisor_id": "U1", "filed": True,
        "has_cases": False, "peer_group": "city", "reporting_line": "110000",
    }  # fmt: skip
    schema = {
        "society_id": pl.String, "level": pl.String, "size_class": pl.String, "cast_class": pl.String,
        "supervisor_id": pl.String, "filed": pl.Boolean, "has_cases": pl.Boolean, "peer_group": pl.String,
        "reporting_line": pl.String,
    }  # fmt: skip

    def make(societies: Mapping[str, Mapping[str, object]]) -> pl.DataFrame:
        rows = [{"society_id": society, **ordinary, **given} for society, given in societies.items()]
        return pl.DataFrame(rows, schema=schema).sort("society_id")

    return make


@pytest.fixture(scope="session")
def plain(revised: Callable[..., Methodology]) -> Methodology:
    """The methodology whose draws vary the weights only."""
    base = load(2025).uncertainty
    first = {
        name: getattr(base, name).model_copy(
            update={option: float(n == 0) for n, option in enumerate(type(getattr(base, name)).model_fields)}
        )
        for name in ("normalisation", "aggregation", "missing_required", "peer_grouping")
    }
    return revised(uncertainty=first)


@pytest.fixture(scope="session")
def certain_cells() -> Callable[..., Cells]:
    """Cells without any doubt from scores (n, k) in 0–1 with NaN; every society has peer group 0."""

    def make(indicator: Floats, is_rated: NDArray[np.bool_] | None = None, **changed: object) -> Cells:
        n, shape = len(indicator), indicator.shape
        no = np.zeros(shape, dtype=np.bool_)
        cells = Cells(
            keys=society_keys([f"S{i:05d}" for i in range(n)]),
            group=np.zeros((2, n), dtype=np.int64),
            is_rated=np.ones(n, dtype=np.bool_) if is_rated is None else is_rated,
            is_vetoed=np.zeros(n, dtype=np.bool_),
            value=np.stack([indicator, indicator]),
            is_sampled=no,
            sampled=np.zeros(0, dtype=np.int64),
            mean=np.empty((2, n, 0)),
            tries=np.empty((2, n, 0)),
            mix=np.empty((n, 0, 0)),
            reach=np.ones(shape),
            self_reported=np.zeros(shape),
            is_owed=no,
            is_open=no,
            worst=indicator,
            best=indicator,
            false_absence=np.zeros(shape),
            family=np.arange(shape[1]),
            peer_mean=np.full(shape, 0.5),
        )
        return replace(cells, **changed)  # type: ignore[arg-type]

    return make


@pytest.fixture(scope="session")
def barred_frame() -> Callable[..., pl.DataFrame]:
    """What stands against societies, from {society_id: {"veto", "hold", "objection", "hint"}}."""

    def make(given: Mapping[str, Mapping[str, object]]) -> pl.DataFrame:
        ids = sorted(given)
        columns = {
            "veto_code": "veto",
            "hold_code": "hold",
            "objection_code": "objection",
            "hint_codes": "hint",
        }
        return pl.DataFrame(
            {"society_id": ids, **{c: [given[s].get(k) for s in ids] for c, k in columns.items()}},
            schema=dict.fromkeys(("society_id", *columns), pl.String),
        ).with_columns(has_open_objection=pl.lit(value=False))

    return make
