"""Recording, as programs written for `resonance.api.data` do it."""

from __future__ import annotations

import dataclasses
import os
import pathlib
import sqlite3
from collections.abc import Mapping
from types import TracebackType
from typing import Any

from numpy.typing import ArrayLike

import resonance
from resonance.errors import AlreadyExistsError, InvalidStateError, NotFoundError
from resonance.models import SampleMetadata

from .index import IndexWriter

__all__ = ["IndexWriter", "RunWriter"]


# As before, these are errors of sqlite3, too.
class _StreamExistsError(AlreadyExistsError, sqlite3.IntegrityError):
    pass


class _NoSuchEventError(NotFoundError, sqlite3.IntegrityError):
    pass


def _text(value: Any) -> str | None:
    return value if value is None else str(value)


class RunWriter:
    """Record runs of one sample into a beamtime.

    Parameters
    ----------
    db_path : path
        ``<name>.db``; made when missing. Frames go to ``<name>.zarr`` beside it.
    sample : SampleMetadata
        Found by its name, else made; its `id` is filled in by `open`.

    Attributes
    ----------
    allow_network_file_system : bool
        Set it, on the class or before `open`, to record where SQLite's locks cannot be trusted (NFS, SMB, FUSE).

    Notes
    -----
    As a context manager it is opened on entry. An exception that leaves the block marks the open run ``failed`` and goes on; without one
    an open run is closed as ``success``. Each event is committed when `write_event` returns: it is in the file if the process dies then.
    Events and images of keys that `open_stream` did not declare are taken, under any name.
    """

    allow_network_file_system: bool = False

    def __init__(self, db_path: str | os.PathLike[str], sample: SampleMetadata) -> None:
        self.db_path = pathlib.Path(db_path)
        self.sample = sample
        self._writer: resonance.RunWriter | None = None
        self._run_uid: str | None = None
        self._stream: str | None = None

    def open(self) -> None:
        """Open the beamtime for writing; database and frame store are made when they are missing.

        Raises
        ------
        RuntimeError
            It is open.
        sqlite3.DatabaseError, OSError
            The database cannot be opened.
        """
        if self._writer is not None:
            raise InvalidStateError("the writer is open already")
        writer = resonance.RunWriter(
            self.db_path, allow_undeclared=True, make_store=True, allow_network_file_system=self.allow_network_file_system
        )
        try:
            self.sample.id = writer.add_sample(self._sample_as_text())
        except BaseException:
            writer.close()
            raise
        self._writer = writer

    def _sample_as_text(self) -> SampleMetadata:
        """Numbers are taken for serials and tags, too."""
        sample = self.sample
        return dataclasses.replace(
            sample,
            name=str(sample.name),
            formula=_text(sample.formula),
            serial=_text(sample.serial),
            beamline_pos=_text(sample.beamline_pos),
            tags=[str(tag) for tag in sample.tags or ()],
            extra=sample.extra or {},
        )

    def _opened(self) -> resonance.RunWriter:
        if self._writer is None:
            raise InvalidStateError("the writer is not open; call open(), or use it in a with block")
        return self._writer

    def _running(self) -> resonance.RunWriter:
        writer = self._opened()
        if self._run_uid is None:
            raise InvalidStateError("no run is open; call open_run() first")
        return writer

    def _with_stream(self) -> resonance.RunWriter:
        writer = self._running()
        if self._stream is None:
            raise InvalidStateError("no stream is open; call open_stream() first")
        return writer

    def open_run(self, plan_name: str, *, metadata: Mapping[str, Any] | None = None) -> str:
        """Begin a run of the sample. One that is still open is closed as ``failed``.

        Returns
        -------
        str
            Its uid: 32 hexadecimal digits.

        Raises
        ------
        RuntimeError
            The writer is not open.
        """
        writer = self._opened()
        if writer.run_open:
            writer.close_run("failed", reason="another run was begun")
            self._run_uid = None
        self._run_uid = writer.open_run(plan_name, sample=self._sample_as_text(), metadata=metadata)
        self._stream = None
        return self._run_uid

    def open_stream(self, name: str, data_keys: Mapping[str, Any]) -> str:
        """Begin a stream, to which events go from now on.

        Parameters
        ----------
        name : str
        data_keys : mapping
            Data key → its description; may be empty. Anything that JSON can hold is taken.

        Returns
        -------
        str
            The stream's uid.

        Raises
        ------
        RuntimeError
            No run is open.
        sqlite3.IntegrityError
            The run has a stream of this name.
        """
        writer = self._running()
        try:
            uid = writer.open_stream(name, data_keys)
        except AlreadyExistsError as error:
            raise _StreamExistsError(str(error)) from None
        self._stream = name
        return uid

    def write_event(self, data: Mapping[str, Any], timestamps: Mapping[str, float] | None = None) -> str:
        """Append one event to the stream.

        Returns
        -------
        str
            The event's uid, for `write_image`.
        """
        writer = self._with_stream()
        return writer.write_event(str(self._stream), data, timestamps)

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

        Raises
        ------
        RuntimeError
            No run or no stream is open.
        sqlite3.IntegrityError
            There is no such event.
        """
        writer = self._with_stream()
        try:
            return writer.write_frame(event_uid, field_name, image)
        except NotFoundError as error:
            raise _NoSuchEventError(str(error)) from None

    def close_run(self, *, exit_status: str = "success") -> None:
        """End the run: ``success``, ``aborted``, ``failed``, or a word of one's own. Afterwards another can be opened.

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
