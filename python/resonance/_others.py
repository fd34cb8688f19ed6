"""Frames as other packages' arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ._extras import extra

if TYPE_CHECKING:
    import dask.array
    import xarray
    import zarr

    from ._images import ImageSequence

__all__ = ["labelled", "lazy", "stored"]


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
    coordinates: dict[str, Any] = {
        "data.frame" if key == "frame" else key: ("frame", values[rows], {"units": events.units[key]} if key in events.units else {})
        for key, values in columns.items()
        if values.ndim == 1 and key != images.field and events.types[key] != "json"
    }
    chosen = images if chunks is None else images.dask(chunks)
    summary = images._run.summary()
    array: xarray.DataArray = xr.DataArray(
        chosen[frames.start : frames.stop],
        dims=("frame", "y", "x"),
        coords=coordinates,
        name=images.field,
        attrs={"run": summary.uid, "field": images.field, "plan_name": summary.plan_name, "sample": summary.sample_name or ""},
    )
    return array
