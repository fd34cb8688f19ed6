"""Frames as other packages' arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ._extras import extra
from ._table import exact_with_nan, with_none

if TYPE_CHECKING:
    import dask.array
    import xarray
    import zarr

    from ._images import ImageSequence

__all__ = ["labelled", "lazy", "stored"]

_DIMENSIONS = ("frame", "y", "x")


def stored(images: ImageSequence) -> zarr.Array[Any]:
    """See `ImageSequence.zarr`."""
    if len(images) == 0:
        raise ValueError(f"'{images.field}' has no frames, so it has no array")
    groups = {images._images.zarr_group(images._first + number) for number in (0, len(images) - 1)}
    if not images.uniform or len(groups) > 1:
        raise ValueError(f"the frames of '{images.field}' lie in several arrays: {', '.join(sorted(groups))}, …")
    array: zarr.Array[Any] = extra("zarr", "zarr").open_array(str(images._run.frame_store / groups.pop()), mode="r")
    return array


def lazy(images: ImageSequence, chunks: int | None) -> dask.array.Array:
    """See `ImageSequence.dask`."""
    frames, height, width = images.shape
    at_once = chunks or max(1, (64 << 20) // max(1, height * width * images.dtype.itemsize))
    array: dask.array.Array = extra("dask.array", "dask").from_array(
        images, chunks=(max(1, min(at_once, frames)), height, width), name=False, asarray=False, fancy=False
    )
    return array


def _chosen(images: ImageSequence, stream: str | None) -> tuple[str, range]:
    parts = images.streams
    if stream is not None:
        return stream, parts.get(stream, range(0))
    if len(parts) > 1:
        raise ValueError(f"the frames of '{images.field}' come from several streams: {', '.join(parts)}; say which: xarray(stream)")
    return next(iter(parts.items()), ("primary", range(0)))


def _apart(names: list[str]) -> list[str]:
    """Each once: a name that is taken gets as many ``data.`` in front as it needs, as in tables."""
    out: dict[str, None] = {}
    for name in names:
        while name in out:
            name = f"data.{name}"
        out[name] = None
    return list(out)


def _filled(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """What is missing is NaN, or None where float64 would not hold the values to the last digit, of bools and of text."""
    if not isinstance(values, np.ma.MaskedArray):
        return values
    valid = ~np.ma.getmaskarray(values)
    if exact_with_nan(values.data, valid):
        return np.where(valid, values.data, np.nan)
    return with_none(values.data, valid)


def labelled(images: ImageSequence, stream: str | None, chunks: int | None) -> xarray.DataArray:
    """See `ImageSequence.xarray`."""
    xr = extra("xarray", "xarray")
    name, frames = _chosen(images, stream)
    events = images._run.columns(name)
    columns = events.to_numpy()
    seq_nums = images.seq_nums[frames.start : frames.stop]
    rows = np.minimum(np.searchsorted(columns["seq_num"], seq_nums), max(0, len(events) - 1))
    if len(rows) and (len(events) == 0 or not np.array_equal(columns["seq_num"][rows], seq_nums)):
        raise ValueError(f"stream '{name}' does not have the events of all frames of '{images.field}'")
    chosen_columns = {key: values for key, values in columns.items() if values.ndim == 1 and events.types[key] != "json"}
    labels = _apart([*_DIMENSIONS, "seq_num", "time", images.field, *list(chosen_columns)[2:]])[len(_DIMENSIONS) :]
    own_name = labels.pop(2)
    coordinates: dict[str, Any] = {
        label: ("frame", _filled(values[rows]), {"units": events.units[key]} if key in events.units else {})
        for label, (key, values) in zip(labels, chosen_columns.items(), strict=True)
    }
    chosen = images if chunks is None else images.dask(chunks)
    summary = images._run.summary()
    array: xarray.DataArray = xr.DataArray(
        chosen[frames.start : frames.stop],
        dims=_DIMENSIONS,
        coords=coordinates,
        name=own_name,
        attrs={"run": summary.uid, "field": images.field, "plan_name": summary.plan_name, "sample": summary.sample_name or ""},
    )
    return array
