"""Data keys for `RunWriter.open_stream`: what a stream records, by the rules of the Bluesky event-model.

`source` says where the value comes from (``"mono"``, ``"BL1101:AI3"``), `units` in what it is measured.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from . import _core
from ._arguments import names_arguments

__all__ = ["array_key", "boolean_key", "image_key", "integer_key", "number_key", "string_key"]


@names_arguments
def number_key(source: str, units: str = "") -> dict[str, Any]:
    """A float per event."""
    return _core.number_key(source, units)


@names_arguments
def integer_key(source: str, units: str = "") -> dict[str, Any]:
    """An integer per event, of any size."""
    return _core.integer_key(source, units)


@names_arguments
def string_key(source: str) -> dict[str, Any]:
    """A text per event."""
    return _core.string_key(source)


@names_arguments
def boolean_key(source: str) -> dict[str, Any]:
    """True or False per event."""
    return _core.boolean_key(source)


@names_arguments
def array_key(source: str, shape: Sequence[int], units: str = "") -> dict[str, Any]:
    """Numbers of this shape per event."""
    return _core.array_key(source, list(shape), units)


@names_arguments
def image_key(source: str, height: int, width: int, dtype: DTypeLike = "uint16") -> dict[str, Any]:
    """A detector field: frames of `height` rows and `width` columns, which are kept in the frame store."""
    return _core.image_key(source, height, width, np.dtype(dtype).name)
