"""Kalaha: how many more stones player 0 has in the store. What lies in the pits is nobody's yet."""

from __future__ import annotations

import numpy as np
from numba import njit

STORE = np.uint64(48)
BYTE = np.uint64(0xFF)


@njit(error_model="numpy")
def heuristic(state):
    """Stones in store 0 minus stones in store 1; byte 6 of a player's word is his store."""
    return np.int64((state[0] >> STORE) & BYTE) - np.int64((state[1] >> STORE) & BYTE)
