"""Frames kept between steps come back as they were."""

from dataclasses import dataclass

import polars as pl
from polars.testing import assert_frame_equal

from pipelines.frames import load_frames, save_frames


@dataclass(frozen=True)
class Pair:
    year: int
    left: pl.DataFrame
    right: pl.DataFrame


def test_frames_survive_to_the_bit(tmp_path):
    left = pl.DataFrame({"a": [0.1 + 0.2, None, float("inf")], "b": ["x", None, "、"]})
    right = pl.DataFrame({"c": [["p"], [], None]}, schema={"c": pl.List(pl.String)})
    save_frames(Pair(2025, left, right), tmp_path / "one")
    back = load_frames(Pair, tmp_path / "one", year=2025)
    assert back.year == 2025
    assert_frame_equal(back.left, left, check_exact=True)
    assert_frame_equal(back.right, right, check_exact=True)


def test_saving_again_replaces(tmp_path):
    empty = pl.DataFrame({"a": [1]})
    save_frames(Pair(1, empty, empty), tmp_path)
    changed = pl.DataFrame({"a": [2]})
    save_frames(Pair(1, changed, empty), tmp_path)
    assert load_frames(Pair, tmp_path, year=1).left["a"].to_list() == [2]
