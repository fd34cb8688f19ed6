"""The pixels that the programs of this folder write: pixels.hpp says how they are made."""

import numpy as np
import pytest

DTYPES = "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64".split()
CODECS = "none blosc zstd gzip".split()


def table(dtype):
    dtype, m = np.dtype(dtype), np.arange(101)
    if dtype.kind == "b":
        return m % 2 == 1
    if dtype.kind == "f":
        limits = np.finfo(dtype)
        special = [np.nan, np.inf, -np.inf, -0.0, limits.max, limits.smallest_subnormal]
        return np.concatenate([np.array(special, dtype), ((m[6:] - 50) / 8).astype(dtype)])
    limits, step = np.iinfo(dtype), np.iinfo(f"u{dtype.itemsize}").max // 255
    special = [limits.min, limits.max, limits.max - 1]
    return np.array(special + [(int(n) - (50 if dtype.kind == "i" else 0)) * step for n in m[3:]], dtype)


def pixels(field, shape, dtype):
    frame, y, x = np.ogrid[: shape[0], : shape[1], : shape[2]]
    out = table(dtype)[(37 * field + 11 * frame + 5 * y + 3 * x) % 101]
    out[3::7] = 0
    return out


def difference(found, wanted):
    """What is wrong with `found`, bit for bit, in words; None when nothing is."""
    if found.dtype != wanted.dtype or found.shape != wanted.shape:
        return f"{found.shape} {found.dtype} instead of {wanted.shape} {wanted.dtype}"
    bits = f"u{wanted.dtype.itemsize}"
    wrong = np.argwhere(np.ascontiguousarray(found).view(bits) != np.ascontiguousarray(wanted).view(bits))
    if len(wrong):
        at = tuple(wrong[0])
        return f"{len(wrong)} pixels differ, the first at {at}: {found[at]} instead of {wanted[at]}"
    return None


def require_none(faults):
    if faults := list(faults):
        pytest.fail(f"{len(faults)} faults:\n" + "\n".join(faults[:20]), pytrace=False)
