"""Recording, as programs written for `resonance.api.data` do it."""

from __future__ import annotations

import os
import pathlib
from collections.abc import Mapping
from types import TracebackType
from typing import Any

from numpy.typing import ArrayLike

import resonance
from resonance.errors import InvalidStateError
from resonance.models import SampleMetadata

from .index import IndexWriter

__all__ = ["IndexWriter", "RunWriter"]


class RunWriter:
    """Record runs of one sample into a beamtime.

    Parameters
    ----------
    db_path : path
        ``<name>.db``; made when missing. Frames go to ``<name>.zarr`` beside it.
    sample : SampleMetadata
        Found by its name, else made; its `id` is filled in by `open`.

    Notes
    -----
    As a context manager it is opened on entry. An exception that leaves the block marks the open run ``failed`` and goes on; without one
    an open run is closed as ``success``. Each event is committed when `write_event` returns: it is in the file if the process dies then.
    Events and images of keys that `open_stream` did not declare are taken.
    """

    def __init__(self, db_path: str | os.PathLike[str], sample: SampleMetadata) -> None:
        self.db_path = pathlib.Path(db_path)
        self.sample = sample
        self._writer: resonance.RunWriter | None = None
        self._run_uid: str | None = None
        self._stream: str | None = None

    def open(self) -> None:
        """Open the beamtime for writing.

        Raises
        ------
        RuntimeError
            It is open.
        sqlite3.DatabaseError, OSError
            The database cannot be opened.
        """
        if self._writer is not None:
            raise self._wrong("the writer is open already")
        self._writer = resonance.RunWriter(self.db_path, allow_undeclared=True)
        self.sample.id = self._writer.add_sample(self.sample)

    @staticmethod
    def _wrong(message: str) -> InvalidStateError:
        error = InvalidStateError(message)
        error._message = message
        return error

    def _opened(self) -> resonance.RunWriter:
        if self._writer is None:
            raise self._wrong("the writer is not open; call open(), or use it in a with block")
        return self._writer

    def _running(self) -> resonance.RunWriter:
        writer = self._opened()
        if self._run_uid is None:
            raise self._wrong("no run is open; call open_run() first")
        return writer

    def open_run(self, plan_name: str, *, metadata: Mapping[str, Any] | None = None) -> str:
        """Begin a run of the sample.

        Returns
        -------
        str
            Its uid: 32 hexadecimal digits.

        Raises
        ------
        RuntimeError
            The writer is not open, or a run is.
        """
        writer = self._opened()
        if self._run_uid is not None:
            raise self._wrong(f"run {self._run_uid} is open; close it first")
        self._run_uid = writer.open_run(plan_name, sample=self.sample, metadata=metadata)
        self._stream = None
        return self._run_uid

    def open_stream(self, name: str, data_keys: Mapping[str, Any]) -> str:
        """Begin a stream, to which events go from now on.

        Parameters
        ----------
        name : str
        data_keys : mapping
            Data key → its description; may be empty.

        Returns
        -------
        str
            The stream's uid.
        """
        uid = self._running().open_stream(name, data_keys)
        self._stream = name
        return uid

    def write_event(self, data: Mapping[str, Any], timestamps: Mapping[str, float] | None = None) -> str:
        """Append one event to the stream.

        Returns
        -------
        str
            The event's uid, for `write_image`.
        """
        writer = self._running()
        if self._stream is None:
            raise self._wrong("no stream is open; call open_stream() first")
        return writer.write_event(self._stream, data, timestamps)

    def write_image(self, event_uid: str, field_name: str, image: ArrayLike) -> int:
        """Add a frame to an event.

        Parameters
        ----------
        event_uid : str
            From `write_event`.
        field_name : str
        image : array_like
            Two axes (rows, columns), of bool, integers or floats.

        Returns
        -------
        int
            The frame's number in its array, from 0.
        """
        return self._running().write_frame(event_uid, field_name, image)

    def close_run(self, *, exit_status: str = "success") -> None:
        """End the run: ``success``, ``aborted`` or ``failed``. Afterwards another can be opened.

        Raises
        ------
        RuntimeError
            No run is open.
        """
        writer = self._running()
        try:
            writer.close_run(exit_status)
        finally:
            if not writer.run_open:
                self._run_uid = None
                self._stream = None

    def close(self) -> None:
        """Let go of the beamtime; a run that is open is marked ``failed``. A second call does nothing."""
        writer, self._writer = self._writer, None
        self._run_uid = None
        self._stream = None
        if writer is not None:
            writer.close()

    def __enter__(self) -> RunWriter:
        if self._writer is None:
            self.open()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        writer, self._writer = self._writer, None
        self._run_uid = None
        self._stream = None
        if writer is None:
            return
        if kind is not None and writer.run_open:
            try:
                writer.close_run("failed", reason=f"{kind.__name__}: {error}"[:1000])
            except Exception as second:  # must not take the place of the one that is on its way
                if error is not None:
                    error.add_note(f"and the run could not be closed: {second}")
        writer.__exit__(kind, error, trace)
