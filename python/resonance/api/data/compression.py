"""Arrays as compressed bytes, for those who keep some outside the frame store."""

from __future__ import annotations

import math
import zlib
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

__all__ = ["compress_array", "decompress_array"]


def _require_known(method: str) -> None:
    if method not in ("zlib", "none"):
        raise ValueError(f"unknown compression method {method!r}; there are 'zlib' and 'none'")


def compress_array(data: ArrayLike, *, method: str = "zlib") -> tuple[bytes, str]:
    """The bytes of an array in C order, compressed.

    Parameters
    ----------
    data : array_like
        Of numbers or bools, of any layout.
    method : {"zlib", "none"}

    Returns
    -------
    (bytes, str)
        The bytes, and the method that `decompress_array` needs.

    Raises
    ------
    ValueError
        Unknown method.
    TypeError
        An array of Python objects, which has no bytes of its own.
    """
    _require_known(method)
    array = np.asarray(data)
    if array.dtype.hasobject:
        raise TypeError("an array of Python objects cannot be compressed")
    raw = array.tobytes()
    return (zlib.compress(raw) if method == "zlib" else raw), method


def decompress_array(
    buffer: bytes | bytearray | memoryview, *, method: str, dtype: DTypeLike, shape: int | tuple[int, ...]
) -> NDArray[Any]:
    """The array that `compress_array` was given.

    Parameters
    ----------
    buffer : bytes-like
    method : {"zlib", "none"}
    dtype : dtype
    shape : tuple of int
        One of them may be -1: what the bytes make of it.

    Returns
    -------
    numpy.ndarray
        Writable, in C order.

    Raises
    ------
    ValueError
        Unknown method, or bytes of another number than dtype and shape need.
    zlib.error
        Bytes that are not compressed by zlib.
    """
    _require_known(method)
    kind = np.dtype(dtype)
    extents = (shape,) if isinstance(shape, int) else tuple(shape)
    if -1 in extents:
        raw = zlib.decompress(buffer) if method == "zlib" else bytes(buffer)
        return np.frombuffer(raw, kind).reshape(extents).copy()
    wanted = math.prod(extents) * kind.itemsize
    if method == "zlib":
        stream = zlib.decompressobj()
        raw = stream.decompress(buffer, wanted + 1)  # never more memory than the array needs
        if len(raw) == wanted and not stream.eof:
            raw += stream.decompress(stream.unconsumed_tail, 1)
        if not stream.eof and len(raw) <= wanted:
            raise ValueError("the compressed bytes end too early")
    else:
        raw = bytes(buffer)
    if len(raw) != wanted:
        raise ValueError(f"the bytes are not those of an array of {kind} with shape {extents}, which has {wanted}")
    return np.frombuffer(raw, kind).reshape(extents).copy()
