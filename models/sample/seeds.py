"""Random streams by name: the same seed and name give the same numbers, whatever else is drawn."""

from __future__ import annotations

from zlib import crc32

import numpy as np


def stream(seed: int, *tags: str | int) -> np.random.Generator:
    """An independent generator for these tags."""
    parts = [tag if isinstance(tag, int) else crc32(tag.encode()) for tag in tags]
    return np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, *parts])))
