"""Frames of a run as NumPy sees arrays."""

from __future__ import annotations

import time
from collections.abc import Iterator
from types import EllipsisType
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from . import _core
from ._others import labelled, lazy, stored
from ._selection import as_range, part, plain
from .errors import UnsupportedError

if TYPE_CHECKING:
    import dask.array
    import xarray
    import zarr

    from ._run import Run

__all__ = ["ImageSequence"]

Array = np.ndarray[Any, Any]


class ImageSequence:
    """The frames of one field of a run, in the order of their events. Indexed like an array of shape ``(frames, rows, columns)``.

    ``images[i]``, ``images[a:b:c]``, ``images[[1, 5, 2]]``, ``images[mask]``, ``images[:, 10:20, ::2]``, ``numpy.asarray(images)``:
    only what is chosen is read and decoded, compressed frames on all cores. Frames that are stored raw (codec ``none``) come as
    read-only arrays over the mapped file, without a copy, where they are taken whole; ``read()`` always copies.

    A sequence holds what was committed when it was made. It stays usable when its catalog is closed; it can be pickled, and be used in
    a child after ``fork()``.
    """

    __slots__ = ("_count", "_dtypes", "_first", "_images", "_mappable", "_run", "__weakref__")

    def __init__(self, run: Run, images: _core.Images, first: int = 0, count: int | None = None) -> None:
        self._run = run
        self._images = images
        self._first = first
        self._count = len(images) - first if count is None else count
        self._mappable: bool | None = None
        self._dtypes: dict[str, np.dtype[Any]] | None = None

    # what it is

    def __len__(self) -> int:
        return self._count

    @property
    def field(self) -> str:
        """The data key."""
        return self._images.field

    @property
    def shape(self) -> tuple[int, int, int]:
        """``(frames, rows, columns)``; of the first frame where they differ."""
        _, height, width = self._images.shape
        return self._count, height, width

    @property
    def ndim(self) -> int:
        return 3

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the pixels; of the first frame's where they differ."""
        return np.dtype(self._images.dtype)

    @property
    def size(self) -> int:
        """Number of pixels."""
        frames, height, width = self.shape
        return frames * height * width

    @property
    def nbytes(self) -> int:
        """Bytes of all frames in memory."""
        return self.size * self.dtype.itemsize

    @property
    def uniform(self) -> bool:
        """Whether all frames have the same shape and dtype."""
        return self._images.uniform

    @property
    def mappable(self) -> bool:
        """Whether every frame is stored raw, so that it can be read without a copy."""
        if self._mappable is None:
            self._mappable = self._images.mappable
        return self._mappable

    @property
    def seq_nums(self) -> Array:
        """``seq_num`` of the event that each frame belongs to, int64."""
        return np.array(self._images.seq_nums()[self._first : self._first + self._count], dtype=np.int64)

    @property
    def streams(self) -> dict[str, range]:
        """Which frames belong to events of which stream, in the order of the frames."""
        starts = self._images.streams()
        ends = [first for first, _ in starts[1:]] + [len(self._images)]
        parts = {
            name: range(max(0, first - self._first), min(self._count, end - self._first)) for (first, name), end in zip(starts, ends)
        }
        return {name: frames for name, frames in parts.items() if frames}

    # reading

    @overload
    def __getitem__(self, key: tuple[Any, ...]) -> Any: ...
    @overload
    def __getitem__(self, key: int | slice | list[int] | list[bool] | Array | EllipsisType) -> Array: ...
    def __getitem__(self, key: Any) -> Any:
        """Frames and parts of them.

        Returns
        -------
        numpy.ndarray
            Of the frames' dtype; read-only where it is a view of the file. One pixel is a scalar.

        Raises
        ------
        IndexError
            No such frame, row or column.
        ValueError
            The chosen frames differ in shape or dtype; read them one by one.
        resonance.CorruptError
            A frame is lost or damaged; run, field, frame, file and byte are named.
        """
        if type(key) is int:  # the usual one, fast
            return self._one(key)
        key = plain(key)
        if not isinstance(key, tuple):
            if isinstance(key, slice):
                whole = range(*key.indices(self._count))
                if whole.step == 1 and len(whole) > 0 and self.mappable:
                    mapped = self._map(whole)
                    if mapped is not None:
                        return mapped
            elif not isinstance(key, (list, np.ndarray)) and key is not Ellipsis:
                return self._one(key)
        return self.read(key)

    def _map(self, frames: range) -> Array | None:
        try:
            return self._images.map_range(self._first + frames.start, len(frames))
        except UnsupportedError:
            return None

    def _one(self, key: Any) -> Array:
        frames, _ = as_range(key, self._count, "frames")
        number = self._first + frames.start
        if self.mappable:
            try:
                return self._images.map(number)
            except UnsupportedError:
                pass
        return self._images.frame(number)

    @overload
    def read(self, key: tuple[Any, ...], *, out: Array | None = None) -> Any: ...
    @overload
    def read(self, key: int | slice | list[int] | list[bool] | Array | EllipsisType = ..., *, out: Array | None = None) -> Array: ...
    def read(self, key: Any = slice(None), *, out: Array | None = None) -> Any:
        """Frames and parts of them, copied into memory of the caller's.

        Parameters
        ----------
        key
            As in ``images[key]``.
        out : numpy.ndarray, optional
            Where to: of the right shape and dtype, in C order. Memory that begins at a multiple of 64 bytes is fastest.

        Returns
        -------
        numpy.ndarray
            `out`, or a new array; one pixel is a scalar.
        """
        frames, rows, columns, squeeze, dtype = self._resolve(key)
        shape = tuple(len(axis) for axis in (frames, rows, columns))
        row_part, flip_rows = part(rows)
        column_part, flip_columns = part(columns)
        direct = not (flip_rows or flip_columns)
        result_shape = tuple(extent for extent, drop in zip(shape, squeeze, strict=True) if not drop)
        if out is not None and (out.shape != result_shape or out.dtype != dtype):
            raise ValueError(f"out has shape {out.shape} and dtype {out.dtype}; the frames are {result_shape} and {dtype}")
        whole = out.reshape(shape) if out is not None and direct and out.flags.c_contiguous else np.empty(shape, dtype)
        if whole.size:
            self._fill(whole, frames, row_part, column_part)
        turned = whole[:, :: -1 if flip_rows else 1, :: -1 if flip_columns else 1]
        result = turned.reshape(result_shape)
        if out is None:
            return result if result_shape else result[()]
        if not np.shares_memory(out, whole):
            out[...] = result
        return out

    def _fill(self, out: Array, frames: range | list[int], rows: tuple[int, int, int], columns: tuple[int, int, int]) -> None:
        if isinstance(frames, range):
            self._images.read_into(self._first + frames.start, len(frames), frames.step, rows, columns, out)
            return
        for place, number in enumerate(frames):
            self._images.read_into(self._first + number, 1, 1, rows, columns, out[place : place + 1])

    def _resolve(self, key: Any) -> tuple[range | list[int], range, range, tuple[bool, bool, bool], np.dtype[Any]]:
        """Frames, rows, columns, which of them were chosen by one number, and the dtype."""
        keys = tuple(map(plain, key if isinstance(key, tuple) else (key,)))
        if any(item is Ellipsis for item in keys):
            if sum(item is Ellipsis for item in keys) > 1:
                raise IndexError("there can be one ellipsis")
            place = next(i for i, item in enumerate(keys) if item is Ellipsis)
            keys = (*keys[:place], *(slice(None) for _ in range(4 - len(keys))), *keys[place + 1 :])
        if len(keys) > 3:
            raise IndexError(f"frames have 3 axes (frame, row, column), not {len(keys)}")
        keys = (*keys, *(slice(None) for _ in range(3 - len(keys))))
        frames: range | list[int]
        if isinstance(keys[0], (list, np.ndarray)):
            frames, single = self._listed(keys[0]), False
        else:
            frames, single = as_range(keys[0], self._count, "frames")
        height, width, dtype = self._geometry(frames)
        rows, one_row = as_range(keys[1], height, "rows")
        columns, one_column = as_range(keys[2], width, "columns")
        return frames, rows, columns, (single, one_row, one_column), dtype

    def _geometry(self, frames: range | list[int]) -> tuple[int, int, np.dtype[Any]]:
        """Rows, columns and dtype that all of these have."""
        if len(frames) == 0 or self.uniform:
            return (*self.shape[1:], self.dtype)
        if isinstance(frames, range):
            return (*self._images.geometry(self._first + frames.start, len(frames), frames.step), self._dtype_of(frames[0]))
        found = {number: self._geometry(range(number, number + 1)) for number in sorted(set(frames))}
        if len(set(found.values())) > 1:
            other = next(number for number in frames if found[number] != found[frames[0]])
            raise ValueError(f"frames {frames[0]} and {other} of {self.field} have different geometries; read them one by one")
        return found[frames[0]]

    def _dtype_of(self, number: int) -> np.dtype[Any]:
        if self._dtypes is None:
            self._dtypes = {store["zarr_group"]: np.dtype(store["dtype"]) for store in self._run.frame_stores()}
        return self._dtypes[self._images.zarr_group(self._first + number)]

    def _listed(self, key: Any) -> range | list[int]:
        numbers = np.asarray(key)
        if numbers.dtype == bool:
            if numbers.shape != (self._count,):
                raise IndexError(f"the mask has shape {numbers.shape}, there are {self._count} frames")
            numbers = np.flatnonzero(numbers)
        elif numbers.size == 0:
            numbers = numbers.astype(np.int64)
        elif numbers.dtype.kind not in "iu":
            raise TypeError(f"frames are chosen by integers, not by {numbers.dtype}")
        if numbers.ndim != 1:
            raise IndexError("frames are chosen by a list of numbers")
        chosen = [as_range(number, self._count, "frames")[0].start for number in numbers.tolist()]
        steps = {after - before for before, after in zip(chosen, chosen[1:])}
        if len(chosen) > 1 and len(steps) == 1 and 0 not in steps:  # evenly spaced: one call, read on all cores
            step = steps.pop()
            return range(chosen[0], chosen[-1] + (1 if step > 0 else -1), step)
        return chosen

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        if copy is False and self._count:
            mapped = self._map(range(self._count)) if self.mappable else None
            if mapped is None or (dtype is not None and np.dtype(dtype) != mapped.dtype):
                raise ValueError(f"the frames of '{self.field}' cannot be had without a copy: they are compressed, in several pieces, or of another dtype")
            return mapped
        whole: Array = self.read() if copy else self[:]
        return whole if dtype is None else whole.astype(dtype, copy=False)

    def __iter__(self) -> Iterator[Array]:
        for number in range(self._count):
            yield self[number]

    def verify(self, i: int) -> bool:
        """Read a frame and compare it with the checksum that was recorded.

        Returns
        -------
        bool
            Whether there was a checksum.

        Raises
        ------
        resonance.CorruptError
            Lost, damaged, or other pixels than were recorded.
        """
        frames, _ = as_range(i, self._count, "frames")
        return self._images.verify(self._first + frames.start)

    # other people's arrays

    def zarr(self) -> zarr.Array[Any]:
        """The array in the frame store, as zarr-python opens it (read-only). It may hold frames that no event refers to yet.

        Raises
        ------
        ValueError
            The frames lie in several arrays, because their shape changed within the run, or there are none.
        """
        return stored(self)

    def dask(self, chunks: int | None = None) -> dask.array.Array:
        """A lazy dask array.

        Parameters
        ----------
        chunks : int, optional
            Frames in a chunk; default: about 64 MiB.
        """
        return lazy(self, chunks)

    def xarray(self, stream: str | None = None, *, chunks: int | None = None) -> xarray.DataArray:
        """The frames with what was recorded beside them.

        Parameters
        ----------
        stream : str, optional
            The stream whose frames, and events, are wanted; default: the only one that has frames of this field.
        chunks : int, optional
            Frames in a chunk of a lazy dask array; default: everything in memory, or mapped where the frames are stored raw.

        Returns
        -------
        xarray.DataArray
            Dimensions ``frame``, ``y``, ``x``. Coordinates along ``frame``: ``seq_num``, ``time`` and every data key with one number,
            bool or text per event, each with its ``units``. A data key whose name is taken, by a dimension or the field, is
            ``data.<name>`` (a motor ``x`` is ``data.x``), and so is a field that has the name of a dimension. A missing number is NaN;
            whole numbers that float64 does not hold to the last digit stay integers beside None. Attributes: ``run``, ``field``
            (as it was recorded), ``plan_name``, ``sample``.

        Raises
        ------
        ValueError
            The frames come from several streams, and `stream` does not say which.
        """
        return labelled(self, stream, chunks)

    # live

    def follow(self, *, poll: float = 0.05, timeout: float | None = None) -> Iterator[Array]:
        """The frames of this sequence, then each new one as it is committed, until the run ends.

        Parameters
        ----------
        poll : float, seconds
            How often to look.
        timeout : float, seconds, optional
            End when no frame came for so long.
        """
        seen = self
        yield from self
        read = self._first + self._count
        if read < len(self._images):  # it was pickled, and there have been more since
            yield from ImageSequence(self._run, self._images, read)
        last = time.monotonic()
        while True:
            ended = self._run.state in ("closed", "dead")
            seen = self._run._images_since(seen)  # also an empty one knows how far it looked
            if len(seen):
                yield from seen
                last = time.monotonic()
            elif ended or (timeout is not None and time.monotonic() - last > timeout):
                return
            else:
                time.sleep(poll)

    # looks

    def png(self, i: int = 0, *, low_percentile: float = 0.5, high_percentile: float = 99.5, logarithmic: bool = False) -> bytes:
        """A frame as an 8-bit grey PNG, scaled between two percentiles. NaN is black."""
        return _core.encode_png(self[i], low_percentile, high_percentile, logarithmic)

    def save(self, path: Any, first: int = 0, count: int | None = None) -> None:
        """Write frames to ``.png`` (one frame), ``.tif`` (exact values, one page a frame) or ``.npy``. The file appears whole or not at all."""
        number = self._count - first if count is None else count
        _core.write_image_file(path, self._images, self._first + first, number, 0.5, 99.5, False)

    def __repr__(self) -> str:
        frames, height, width = self.shape
        return f"<resonance.ImageSequence '{self.field}': {frames} frames of {height} × {width} {self.dtype}>"

    def _repr_html_(self) -> str:
        from ._html import images_html

        return images_html(self)

    def __reduce__(self) -> tuple[Any, ...]:
        first = self._images.offset + self._first
        return _reopen, (self._run, self.field, first, self._count)


def _reopen(run: Run, field: str, first: int, count: int) -> ImageSequence:
    return ImageSequence(run, run._run.images(field), first, count)
