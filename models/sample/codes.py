"""Fictitious credit codes of region 99 with valid check characters (GB 32100, GB 11714)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from data_contracts.coding import ALPHABET, SOCIETY_PREFIX

REGION = "990000"  # GB/T 2260 gives it to no place
_BODY_WEIGHTS = np.array([3, 7, 9, 10, 5, 8, 4, 2])
_CODE_WEIGHTS = np.array([pow(3, i, 31) for i in range(17)])
_LETTERS = np.array(list(ALPHABET))


def credit_codes(bodies: NDArray[np.int64], prefix: str = SOCIETY_PREFIX) -> NDArray[np.str_]:
    """The 18-character codes of organisations whose eight-digit body numbers are given, shape (n,)."""
    digits = bodies[:, None] // 10 ** np.arange(7, -1, -1) % 10
    inner = (11 - digits @ _BODY_WEIGHTS % 11) % 11
    head = np.array([int(c) for c in prefix + REGION])
    # Ten is written X.
    inner = np.where(inner == 10, ALPHABET.index("X"), inner)
    values = np.concatenate([np.broadcast_to(head, (len(bodies), 8)), digits, inner[:, None]], axis=1)
    check = (31 - values @ _CODE_WEIGHTS % 31) % 31
    characters = _LETTERS[np.concatenate([values, check[:, None]], axis=1)]
    return np.ascontiguousarray(characters).view("U18").ravel()
