"""Reading, as programs written for `resonance.api.data` do it."""

from __future__ import annotations

import os
import sqlite3
from types import TracebackType
from typing import Any

import numpy as np
import pandas as pd

import resonance
from resonance._table import plain_frame
from resonance.errors import InvalidArgumentError, InvalidStateError, NotFoundError
from resonance.models import RunSummary as _Line
from resonance.models import SampleMetadata

from .models import RunSummary

__all__ = ["Catalog", "LazyImageSequence", "Run"]


class _ClosedError(InvalidStateError, sqlite3.ProgrammingError):
    """As before, using what is closed is an error of sqlite3."""


def _summary(line: _Line) -> RunSummary:
    return RunSummary(line.uid, line.plan_name, line.time_start, line.sample_name, line.time_stop, line.exit_status)


class LazyImageSequence:
    """The frames of a run; read from the store when they are asked for.

    ``images[i]`` is an array of shape ``(rows, columns)``, ``images[a:b:c]`` one of shape ``(n, rows, columns)``; both are the caller's own.
    """

    def __init__(self, images: resonance.ImageSequence) -> None:
        self._images = images

    def __len__(self) -> int:
        return len(self._images)

    @property
    def shape(self) -> tuple[int, int, int]:
        """``(n, rows, columns)``"""
        return self._images.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        return self._images.dtype

    def __getitem__(self, key: Any) -> np.ndarray[Any, Any]:
        if isinstance(key, slice):
            return self._images.read(key)
        if isinstance(key, (int, np.integer)) and not isinstance(key, bool):
            number = int(key)
            if not -len(self) <= number < len(self):
                raise IndexError(f"there is no image {number}; there are {len(self)}")
            return self._images._images.frame(number % len(self))
        raise TypeError(f"images are chosen by integers and slices, not by {type(key).__name__}")

    def __repr__(self) -> str:
        return f"<LazyImageSequence of {' × '.join(map(str, self.shape))} {self.dtype}>"


class Run:
    """One run."""

    def __init__(self, run: resonance.Run) -> None:
        self._run = run

    @property
    def uid(self) -> str:
        return self._run.uid

    @property
    def plan_name(self) -> str:
        return self._run.plan_name

    @property
    def time_start(self) -> float:
        """Seconds since the Unix epoch, UTC."""
        return self._run.time_start

    @property
    def time_stop(self) -> float | None:
        """Seconds since the Unix epoch, UTC; None while the run is open."""
        return self._run.time_stop

    @property
    def exit_status(self) -> str | None:
        """None while the run is open."""
        return self._run.exit_status

    @property
    def num_events(self) -> int:
        return self._run.num_events

    @property
    def sample(self) -> SampleMetadata | None:
        return self._run.sample

    @property
    def metadata(self) -> dict[str, Any]:
        return self._run.metadata

    def table(self, stream: str = "primary") -> pd.DataFrame:
        """The events of a stream, one row each: ``seq_num``, ``time``, then the data keys. Without such a stream: no rows.

        A data key named ``time`` or ``seq_num`` takes the place of the event's own, as it always did here.
        """
        try:
            table = self._run._run.table(stream, [], 0, declared_types=False)
        except NotFoundError:
            return pd.DataFrame({"seq_num": pd.Series(dtype="int64"), "time": pd.Series(dtype="float64")})
        return plain_frame(table)

    def images(self, field: str = "detector_image") -> LazyImageSequence:
        """The frames of a field; none when there is no such field."""
        return LazyImageSequence(self._run._images_of(field))

    def __repr__(self) -> str:
        return repr(self._run)

    def _repr_html_(self) -> str:
        return self._run._repr_html_()


class Catalog:
    """The runs of a beamtime.

    Parameters
    ----------
    db_path : path
        Opened for reading.

    Raises
    ------
    sqlite3.OperationalError
        There is no such file.
    sqlite3.DatabaseError
        It is no database, or no beamtime.
    """

    def __init__(self, db_path: str | os.PathLike[str]) -> None:
        self._catalog: resonance.Catalog | None = resonance.Catalog(db_path)
        self.db_path = self._catalog.database

    @property
    def _open(self) -> resonance.Catalog:
        if self._catalog is None:
            raise _ClosedError("the catalog is closed")
        return self._catalog

    def recent(self, n: int = 10) -> list[RunSummary]:
        """The newest `n` runs, newest first; all of them if `n` is negative."""
        return [_summary(line) for line in self._open.find(limit=None if n < 0 else n)]

    def by_sample(self, name: str) -> list[RunSummary]:
        """Runs of the sample of this name, newest first."""
        return [_summary(line) for line in self._open.by_sample(name)]

    def __getitem__(self, uid: str) -> Run:
        """The run of this uid.

        Raises
        ------
        KeyError
            There is none.
        """
        try:
            run = self._open[uid] if isinstance(uid, str) else None
        except InvalidArgumentError:
            run = None
        if run is None or run.uid != uid:  # not by the beginning of a uid, nor by scan_id
            raise NotFoundError(f"there is no run {uid}")
        return Run(run)

    def close(self) -> None:
        """Let go of the database."""
        if self._catalog is not None:
            self._catalog.close()
            self._catalog = None

    def __enter__(self) -> Catalog:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()
