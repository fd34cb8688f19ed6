"""Events as columns: from the library's memory into NumPy, pandas and Arrow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from . import _core
from ._extras import extra

if TYPE_CHECKING:
    import pyarrow

__all__ = ["Columns"]


class Columns:
    """The events of a stream as typed columns, read at once.

    The numbers lie in the library's memory; arrays and Arrow tables made from this are views of it where they can be.
    Any library that speaks the Arrow C data interface takes it as it is: ``polars.DataFrame(run.columns())``.
    """

    def __init__(self, table: _core.Table, attributes: dict[str, Any]) -> None:
        self._table = table
        self._attributes = attributes
        self._columns: list[tuple[str, str, Any, Any, str | None, str | None]] | None = None

    @property
    def _parts(self) -> list[tuple[str, str, Any, Any, str | None, str | None]]:
        if self._columns is None:
            self._columns = self._table.columns()
        return self._columns

    def __len__(self) -> int:
        return len(self._table)

    @property
    def names(self) -> list[str]:
        """``seq_num`` and ``time``, then the data keys."""
        return [part[0] for part in self._parts]

    @property
    def units(self) -> dict[str, str]:
        """Units of the columns that have any."""
        return {name: units for name, _, _, _, units, _ in self._parts if units}

    @property
    def types(self) -> dict[str, str]:
        """``float64``, ``int64``, ``uint64``, ``bool``, ``string`` or ``json`` (anything else) of each column's values."""
        return {name: kind for name, kind, _, _, _, _ in self._parts}

    def to_numpy(self) -> dict[str, np.ndarray[Any, Any]]:
        """Column name → array.

        Returns
        -------
        dict of str to numpy.ndarray
            float64, int64, uint64 and bool columns are read-only views with one row per event, array-valued keys of shape
            ``(events, *shape)``; text and everything else is of dtype object. Columns in which values are missing are
            `numpy.ma.MaskedArray`.
        """
        out: dict[str, np.ndarray[Any, Any]] = {}
        for name, _, values, valid, _, _ in self._parts:
            if isinstance(values, list):
                array = np.empty(len(values), dtype=object)
                array[:] = values
            else:
                array = values
            if valid is not None:
                missing = ~valid
                mask = np.broadcast_to(missing.reshape(missing.shape + (1,) * (array.ndim - 1)), array.shape)
                array = np.ma.MaskedArray(array, mask=mask)
            out[name] = array
        return out

    def to_pandas(self) -> pd.DataFrame:
        """A data frame with ``seq_num`` as its index and ``time`` (s) as its first column.

        Returns
        -------
        pandas.DataFrame
            Whole numbers stay integers: where values are missing the dtype is ``Int64``, ``UInt64`` or ``boolean`` with ``pandas.NA``.
            Missing floats are NaN. An array-valued key is a column of arrays. ``attrs["units"]`` maps columns to units. It is the caller's
            own, to change as he likes.
        """
        columns = {name: _series(kind, values, valid) for name, kind, values, valid, _, _ in self._parts}
        index = pd.Index(columns.pop("seq_num"), name="seq_num")
        frame = pd.DataFrame(columns, index=index, copy=False)
        frame.attrs.update(self._attributes, units=self.units)
        return frame

    def arrow(self) -> pyarrow.Table:
        """An Arrow table over the same memory; numbers are not copied.

        Returns
        -------
        pyarrow.Table
            Units are field metadata (``units``). Array-valued keys are fixed-size lists; values that are no single type are JSON text.
        """
        pa = extra("pyarrow", "arrow")
        table: pyarrow.Table = pa.Table.from_batches([pa.record_batch(self)])
        return table

    def __arrow_c_array__(self, requested_schema: object | None = None) -> tuple[object, object]:
        return self._table.arrow_schema(), self._table.arrow_array()

    def __arrow_c_schema__(self) -> object:
        return self._table.arrow_schema()

    def __repr__(self) -> str:
        return f"<resonance.Columns: {len(self)} events × {len(self.names)} columns>"


def _cells(values: np.ndarray[Any, Any], valid: np.ndarray[Any, Any] | None) -> np.ndarray[Any, Any]:
    """One array per row."""
    values = values.copy()
    out = np.empty(len(values), dtype=object)
    for row in range(len(values)):
        out[row] = values[row] if valid is None or valid[row] else None
    return out


def _series(kind: str, values: Any, valid: np.ndarray[Any, Any] | None) -> Any:
    if kind == "json":
        out = np.empty(len(values), dtype=object)
        out[:] = values
        return out
    if kind == "string":
        return pd.array(values, dtype="str") if hasattr(pd, "StringDtype") and _HAS_STR else np.array(values, dtype=object)
    if values.ndim > 1:
        return _cells(values, valid)
    if valid is None:
        return values.copy()
    if kind == "float64":
        return np.where(valid, values, np.nan)
    if kind == "bool":
        return pd.arrays.BooleanArray(values.copy(), ~valid)
    return pd.arrays.IntegerArray(values.copy(), ~valid)


_HAS_STR = int(pd.__version__.split(".")[0]) >= 3


def plain_frame(table: _core.Table) -> pd.DataFrame:
    """The data frame that pandas makes of a list of dicts, as programs written for `resonance.api.data` expect it."""
    columns: dict[str, Any] = {}
    for _, kind, values, valid, _, key in table.columns():
        if key is None:
            continue
        cells = _plain_column(kind, values, valid)
        own = columns.get(key)  # a data key named "time" or "seq_num" takes the place of the event's own where it has a value
        columns[key] = cells if own is None else pd.Series(cells).combine_first(pd.Series(own))
    return pd.DataFrame(columns, columns=pd.Index(list(columns)), copy=False)


def _plain_column(kind: str, values: Any, valid: np.ndarray[Any, Any] | None) -> Any:
    if kind == "string" and valid is None:
        return pd.Series(values, dtype=None if values else object)
    if kind in ("json", "string") or getattr(values, "ndim", 1) > 1:
        cells = [value.tolist() if isinstance(value, np.ndarray) else value for value in values]
        if valid is not None:
            cells = [cell if there else None for cell, there in zip(cells, valid, strict=True)]
        return pd.Series(cells, dtype=None if kind == "string" else object)
    if valid is None:
        return values.copy()
    if kind == "bool" or not exact_with_nan(values, valid):
        return with_none(values, valid)
    return np.where(valid, values, np.nan)


def exact_with_nan(values: np.ndarray[Any, Any], valid: np.ndarray[Any, Any]) -> bool:
    """Whether these are numbers that float64, which has a NaN for what is missing, holds to the last digit."""
    if values.dtype.kind not in "iu":
        return bool(values.dtype.kind == "f")
    there = values[valid]
    return there.size == 0 or (int(there.max()) <= _EXACT and int(there.min()) >= -_EXACT)


def with_none(values: np.ndarray[Any, Any], valid: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Python's own values, and None for what is missing."""
    out = values.astype(object)
    out[~valid] = None
    return out


_EXACT = 1 << 53
