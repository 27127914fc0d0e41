"""Keep a dataclass of Polars frames between two Dagster steps: one Parquet file a frame."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar

import polars as pl

Frames = TypeVar("Frames")


def save_frames(frames: Any, folder: Path) -> None:
    """Write every frame of the dataclass below `folder`, replacing what an earlier run left."""
    folder.mkdir(parents=True, exist_ok=True)
    for field in fields(frames):
        value = getattr(frames, field.name)
        if isinstance(value, pl.DataFrame):
            value.write_parquet(folder / f"{field.name}.parquet")


def load_frames(kind: type[Frames], folder: Path, **rest: Any) -> Frames:
    """Read back what `save_frames` wrote; `rest` gives the dataclass's fields that are no frames."""
    names = [field.name for field in fields(kind) if field.name not in rest]  # type: ignore[arg-type]
    return kind(**{name: pl.read_parquet(folder / f"{name}.parquet") for name in names}, **rest)
