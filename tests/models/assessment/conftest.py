"""Small populations with hand-set scores, for the assessment's tests."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import polars as pl
import pytest

from models.assessment.methodology import Methodology, load


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
        "has_cases": False, "peer_group": "city",
    }  # fmt: skip
    schema = {
        "society_id": pl.String, "level": pl.String, "size_class": pl.String, "cast_class": pl.String,
        "supervisor_id": pl.String, "filed": pl.Boolean, "has_cases": pl.Boolean, "peer_group": pl.String,
    }  # fmt: skip

    def make(societies: Mapping[str, Mapping[str, object]]) -> pl.DataFrame:
        rows = [{"society_id": society, **ordinary, **given} for society, given in societies.items()]
        return pl.DataFrame(rows, schema=schema).sort("society_id")

    return make
