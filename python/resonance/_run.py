"""One run: what was measured, and how."""

from __future__ import annotations

import os
import pathlib
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from . import _core, _lifetime, _sqlite
from ._arguments import names_arguments, texts
from ._images import ImageSequence
from ._table import Columns
from .errors import NotFoundError
from .models import Event, RunSummary, SampleMetadata

if TYPE_CHECKING:
    import numpy as np
    import pyarrow

__all__ = ["Run"]

_PAGE = 2000  # events fetched at a time


@names_arguments
class Run:
    """One acquisition from start to stop.

    Comes from a `Catalog`, and stays usable when that is closed. Each call reads what is committed then, so that a run can be followed
    while it is recorded. Any thread may call. Runs can be pickled, and used in a child after ``fork()``.
    """

    __slots__ = ("_run", "__weakref__")

    def __init__(self, run: _core.Run) -> None:
        self._run = run

    @property
    def uid(self) -> str:
        """32 hexadecimal digits."""
        return self._run.uid

    @property
    def database(self) -> pathlib.Path:
        """The beamtime's database."""
        return self._run.database

    @property
    def frame_store(self) -> pathlib.Path:
        """The beamtime's Zarr store."""
        return self._run.frame_store

    def summary(self) -> RunSummary:
        """What a listing says of it."""
        return RunSummary._of(self._run.summary())

    @property
    def plan_name(self) -> str:
        """What kind of acquisition it was."""
        return self.summary().plan_name

    @property
    def scan_id(self) -> int | None:
        """The number that people call it by."""
        return self.summary().scan_id

    @property
    def time_start(self) -> float:
        """Seconds since the Unix epoch, UTC."""
        return self.summary().time_start

    @property
    def time_stop(self) -> float | None:
        """Seconds since the Unix epoch, UTC; None while it is open, or when its writer died."""
        return self.summary().time_stop

    @property
    def exit_status(self) -> str | None:
        """``success``, ``aborted`` or ``failed``; None while it is open."""
        return self.summary().exit_status

    @property
    def num_events(self) -> int:
        """Events of all streams."""
        return self.summary().num_events

    @property
    def num_frames(self) -> int:
        """Frames of all fields."""
        return self.summary().num_frames

    @property
    def operator(self) -> str | None:
        """Who recorded it."""
        return self.summary().operator

    @property
    def tags(self) -> list[str]:
        """Words to find it by."""
        return self.summary().tags

    @property
    def state(self) -> Literal["closed", "live", "dead", "unknown"]:
        """Whether it is being recorded: ``live``; ``dead`` when its writer is gone, ``unknown`` when another program records it."""
        return self._run.state()

    @property
    def metadata(self) -> dict[str, Any]:
        """What the run was opened with."""
        return self._run.metadata()

    @property
    def sample(self) -> SampleMetadata | None:
        """The specimen, if one was named."""
        return self._run.sample()

    @property
    def reason(self) -> str | None:
        """Why it ended as it did, as given to `RunWriter.close_run` or found by recovery."""
        return self._run.reason()

    @property
    def streams(self) -> list[str]:
        """Names of the streams, in order of creation."""
        return [stream["name"] for stream in self._run.streams()]

    @property
    def fields(self) -> list[str]:
        """Names of the frame fields."""
        return self._run.fields()

    def data_keys(self, stream: str = "primary") -> dict[str, Any]:
        """What a stream records: data key → ``dtype``, ``shape``, ``source``, ``units`` and so on.

        Raises
        ------
        resonance.NotFoundError
            No such stream (a KeyError).
        """
        found = {item["name"]: item["data_keys"] for item in self._run.streams()}
        if stream not in found:
            raise self._no_stream(stream, list(found))
        keys: dict[str, Any] = found[stream]
        return keys

    def _no_stream(self, stream: str, names: list[str]) -> NotFoundError:
        return NotFoundError(f"run {self.uid} has no stream '{stream}'; it has: {', '.join(names) or 'none'}")

    @property
    def notes(self) -> list[dict[str, Any]]:
        """What people wrote about it, oldest first: ``time``, ``author`` and ``text``."""
        return self._run.notes()

    def data_key_ranges(self) -> list[dict[str, Any]]:
        """Between which values the data keys lie: ``stream``, ``data_key``, ``low``, ``high``, ``units``."""
        return self._run.data_key_ranges()

    def add_tags(self, *tags: str) -> list[str]:
        """Add tags; also while the run is recorded.

        Returns
        -------
        list of str
            Those that it did not have.
        """
        with _sqlite.using(self.database):
            return _core.change_tags(self.database, self.uid, list(tags), True)

    def remove_tags(self, *tags: str) -> list[str]:
        """Take tags away.

        Returns
        -------
        list of str
            Those that it had.
        """
        with _sqlite.using(self.database):
            return _core.change_tags(self.database, self.uid, list(tags), False)

    def add_note(self, text: str, author: str | None = None) -> dict[str, Any]:
        """Append to the run's notes, which are a log: what is written stays.

        Returns
        -------
        dict
            The note as it was written: ``time``, ``author``, ``text``.
        """
        with _sqlite.using(self.database):
            return _core.add_note(self.database, self.uid, text, author)

    def frame_stores(self) -> list[dict[str, Any]]:
        """Each array of frames: ``field``, ``zarr_group``, ``shape``, ``dtype``, ``codec`` and ``bytes`` on disk."""
        return self._run.frame_stores()

    def lost_frames(self) -> list[dict[str, Any]]:
        """Frames that did not survive a power failure, or were lost later."""
        return self._run.lost_frames()

    # tables

    def columns(
        self, stream: str = "primary", columns: Sequence[str] | None = None, *, first_seq_num: int = 0, max_rows: int | None = None
    ) -> Columns:
        """Read events into typed columns, from which NumPy, pandas and Arrow get theirs.

        Parameters
        ----------
        stream : str
        columns : sequence of str, optional
            Data keys; default: all. ``seq_num`` and ``time`` always come first.
        first_seq_num, max_rows : int
            Which events.

        Raises
        ------
        resonance.NotFoundError
            No such stream or column (a KeyError), with the names there are.
        """
        wanted = [] if columns is None else ["time", *texts(columns, "columns")]
        table = self._run.table(stream, list(dict.fromkeys(wanted)), first_seq_num, max_rows)
        return Columns(table, {"run": self.uid, "stream": stream})

    def table(
        self, stream: str = "primary", columns: Sequence[str] | None = None, *, first_seq_num: int = 0, max_rows: int | None = None
    ) -> pd.DataFrame:
        """Events as a data frame: index ``seq_num``, first column ``time``; see `Columns.to_pandas`. Parameters as in `columns`."""
        return self.columns(stream, columns, first_seq_num=first_seq_num, max_rows=max_rows).to_pandas()

    def arrow(self, stream: str = "primary", columns: Sequence[str] | None = None) -> pyarrow.Table:
        """Events as an Arrow table, without a copy of the numbers; see `Columns.arrow`."""
        return self.columns(stream, columns).arrow()

    def to_numpy(self, stream: str = "primary", columns: Sequence[str] | None = None) -> dict[str, np.ndarray[Any, Any]]:
        """Events as one array per column; see `Columns.to_numpy`."""
        return self.columns(stream, columns).to_numpy()

    def events(self, stream: str = "primary", *, first_seq_num: int = 0) -> Iterator[Event]:
        """One event after the other, in order of ``seq_num``; memory stays bounded."""
        following = first_seq_num
        while True:
            page, more = self._run.events(stream, following, _PAGE)
            for row in page:
                yield Event(*row)
            if not more:
                return
            following = page[-1][1] + 1

    def follow(
        self, stream: str = "primary", *, first_seq_num: int = 0, poll: float = 0.05, timeout: float | None = None
    ) -> Iterator[Event]:
        """Every event that there is, then each new one as it is committed, until the run ends.

        Parameters
        ----------
        stream : str
            May be declared later, while the run is recorded.
        first_seq_num : int
            Where to begin.
        poll : float, seconds
            How often to look.
        timeout : float, seconds, optional
            End when no event came for so long. Without it the iterator waits for a run of another program for ever.

        Yields
        ------
        resonance.Event

        Raises
        ------
        resonance.NotFoundError
            The run has ended, and has no such stream (a KeyError).
        """
        following, last = first_seq_num, time.monotonic()
        while True:
            ended = self.state in ("closed", "dead")  # before reading: what was committed until then is read below
            found = False
            try:
                for event in self.events(stream, first_seq_num=following):
                    found, following = True, event.seq_num + 1
                    yield event
            except NotFoundError:
                if ended:
                    raise
                # not declared yet
            if found:
                last = time.monotonic()
            elif ended or (timeout is not None and time.monotonic() - last > timeout):
                return
            else:
                time.sleep(poll)

    # frames

    def images(self, field: str | None = None) -> ImageSequence:
        """The frames of a field; empty while a run is recorded that has none yet, and when one was declared that never came.

        Parameters
        ----------
        field : str, optional
            Default: the run's only field, or ``detector_image``.

        Raises
        ------
        resonance.NotFoundError
            There is no such field (a KeyError), with the names there are.
        """
        if field is None:
            fields = self.fields
            field = fields[0] if len(fields) == 1 else "detector_image"
            known = not fields
        else:
            known = False
        images = self._images_of(field)
        if len(images) == 0 and not known and self.state in ("closed", "dead") and not self._declares(field):
            raise NotFoundError(f"run {self.uid} has no frames of '{field}'; it has frames of: {', '.join(self.fields) or 'nothing'}")
        return images

    def _images_of(self, field: str) -> ImageSequence:
        return ImageSequence(self, self._run.images(field))

    def _declares(self, field: str) -> bool:
        return any(field in stream["data_keys"] for stream in self._run.streams())

    def _images_since(self, seen: ImageSequence) -> ImageSequence:
        return ImageSequence(self, self._run.images_since(seen._images))

    # looks

    def __repr__(self) -> str:
        run = self.summary()
        status = run.exit_status or self.state
        return f"<resonance.Run {run.uid[:12]} scan {run.scan_id}: {run.plan_name}, {run.num_events} events, {run.num_frames} frames, {status}>"

    def _repr_html_(self) -> str:
        from ._html import run_html

        return run_html(self)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Run) and other.uid == self.uid and other.database == self.database

    def __hash__(self) -> int:
        return hash((self.uid, os.fspath(self.database)))

    def __reduce__(self) -> tuple[Any, ...]:
        return _reopen, (self.database, self.uid)


def _reopen(database: pathlib.Path, uid: str) -> Run:
    return Run(_lifetime.shared_catalog(database).run(uid))
