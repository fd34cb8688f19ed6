"""Which frames, rows and columns an index means."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

__all__ = ["as_range", "part", "plain"]


def as_range(key: Any, length: int, axis: str) -> tuple[range, bool]:
    """Which indexes, and whether it was a single one."""
    if isinstance(key, slice):
        return range(*key.indices(length)), False
    try:
        index = operator.index(key)
    except TypeError:
        index = None
    if index is None or isinstance(key, (bool, np.bool_)):  # what NumPy takes True for, a new axis, is nobody's wish here
        raise TypeError(f"{axis} are chosen by integers and slices, not by {type(key).__name__}") from None
    if not -length <= index < length:
        raise IndexError(f"there is no index {index} in {length} {axis}")
    index %= length
    return range(index, index + 1), True


def plain(key: Any) -> Any:
    """An array without axes is its value."""
    return key[()] if isinstance(key, np.ndarray) and key.ndim == 0 else key


def part(rows: range) -> tuple[tuple[int, int, int], bool]:
    """(start, count, step) upwards, and whether to turn it round afterwards."""
    if rows.step > 0:
        return (rows.start, len(rows), rows.step), False
    turned = rows[::-1]
    return (turned.start, len(turned), turned.step), True
