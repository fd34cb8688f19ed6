"""Recording."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Unpack

from numpy.typing import ArrayLike

from . import _core, _lifetime, _sqlite
from ._arguments import named, names_arguments, texts
from ._options import WriterOptions
from .models import SampleMetadata

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["RunWriter"]

ExitStatus = Literal["success", "aborted", "failed"]

_write_event = _core.RunWriter.write_event  # called for every event, so without the detour over super()


def _status_of(kind: type[BaseException]) -> ExitStatus:
    return "aborted" if issubclass(kind, KeyboardInterrupt) else "failed"


@names_arguments
class RunWriter(_core.RunWriter):
    """Append runs to one beamtime.

    Use it as a context manager: a run that is open when the block is left is closed as ``success``, or as ``failed`` when an exception
    leaves the block (``aborted`` for Ctrl-C), and the exception goes on.

    Parameters
    ----------
    database : path
        ``<name>.db``; made with its tables when missing. The frame store ``<name>.zarr`` beside it appears with the first frame.
    **options
        `resonance.WriterOptions`: ``durability`` (``commit``, ``strict``, ``group``), ``codec`` (``blosc``, ``zstd``, ``gzip``, ``none``),
        ``data_root`` and so on, each with its meaning and default there.

    Raises
    ------
    resonance.IoError, resonance.CorruptError, resonance.BusyError
        The database cannot be opened for writing.

    Notes
    -----
    Any thread may call; calls are serialised, and other Python threads go on meanwhile. Several writers, in several processes, may
    record different runs of one beamtime at the same time. After ``fork()`` a child opens its own: the parent's raises
    `resonance.InvalidStateError` there. What the library cannot raise goes to the logger ``resonance``.

    Examples
    --------
    >>> with resonance.RunWriter("scan.db") as writer:
    ...     writer.open_run("energy_scan", sample="PS-b-PMMA 3", metadata={"edge": "carbon"})
    ...     writer.open_stream("primary", {"energy": resonance.number_key("mono", "eV"),
    ...                                    "ccd": resonance.image_key("camera", 512, 512, "uint16")})
    ...     for energy in numpy.arange(270, 300, 0.5):
    ...         writer.write_event("primary", {"energy": energy}, frames={"ccd": camera.read()})
    """

    def __init__(self, database: str | os.PathLike[str], **options: Unpack[WriterOptions]) -> None:
        with _sqlite.using(database):
            super().__init__(os.fspath(database), **options)
        self._process = os.getpid()
        _lifetime.opened(self)

    def add_sample(self, sample: SampleMetadata | str) -> int:
        """The sample of that name, or a new one.

        Returns
        -------
        int
            ``samples.id``
        """
        return super().add_sample(sample)

    def open_run(
        self,
        plan_name: str,
        *,
        sample: SampleMetadata | str | None = None,
        metadata: Mapping[str, Any] | None = None,
        operator: str | None = None,
        tags: Sequence[str] = (),
        scan_id: int | None = None,
        uid: str | None = None,
        time_start: float | None = None,
    ) -> str:
        """Begin a run; it is on stable storage when this returns.

        Parameters
        ----------
        plan_name : str
            What kind of acquisition it is.
        sample : SampleMetadata or str, optional
            Found by its name, else made.
        metadata : mapping, optional
            Anything that JSON can hold; NumPy's numbers and arrays, too.
        operator : str, optional
            Who records.
        tags : sequence of str
            Words to find it by.
        scan_id : int, optional
            Default: ``metadata["scan_id"]``, else the beamtime's largest + 1.
        uid : str, optional
            32 lower-case hexadecimal digits; default: a new one, ordered by time.
        time_start : float, optional
            Seconds since the Unix epoch, UTC; default: now.

        Returns
        -------
        str
            The run's uid.

        Raises
        ------
        resonance.InvalidStateError
            A run is open (a RuntimeError).
        resonance.AlreadyExistsError
            The uid is taken.
        """
        words = texts(tags, "tags")
        return super().open_run(
            plan_name, sample=sample, metadata=metadata, operator=operator, tags=words, scan_id=scan_id, uid=uid, time_start=time_start
        )

    def open_stream(self, name: str, data_keys: Mapping[str, Any]) -> str:
        """Declare a stream of events. A run may have several.

        Parameters
        ----------
        name : str
            ``primary``, ``baseline``, …
        data_keys : mapping
            Data key → description, as `number_key`, `image_key` and so on make them.

        Returns
        -------
        str
            The stream's uid.

        Raises
        ------
        resonance.InvalidArgumentError
            A description breaks a rule of the event-model; key and rule are named.
        """
        return super().open_stream(name, data_keys)

    def write_event(  # type: ignore[override]  # stricter than the extension: by name
        self,
        stream: str,
        data: Mapping[str, Any],
        timestamps: Mapping[str, float] | None = None,
        *,
        time: float | None = None,
        frames: Mapping[str, ArrayLike] | None = None,
        uid: str | None = None,
    ) -> str:
        """Append one event with its frames: both can be seen together, or neither.

        Parameters
        ----------
        stream : str
        data : mapping
            Data key → None, bool, int, float, str, list or dict, or NumPy's of these.
        timestamps : mapping, optional
            Data key → seconds since the Unix epoch, for keys that were read at another time than the event's.
        time : float, optional
            Seconds since the Unix epoch, UTC; default: now.
        frames : mapping, optional
            Field → array of shape ``(rows, columns)``, or ``(n, rows, columns)`` for a burst, of bool, integers or floats. Any layout and
            byte order is taken; C order in native byte order without a copy.
        uid : str, optional
            32 lower-case hexadecimal digits. An event that is there already, with the same content, is not written a second time.

        Returns
        -------
        str
            The event's uid.

        Raises
        ------
        resonance.NotFoundError
            No such stream.
        resonance.InvalidArgumentError
            An undeclared key or field, a value of another type, a frame of another shape.
        TypeError
            A value that is nothing of the above; its place is named.
        """
        try:
            return _write_event(self, stream, data, timestamps, time, frames, uid)
        except TypeError as error:
            raise named(error, {"stream": stream, "time": time, "uid": uid}) from None

    def try_write_event(  # type: ignore[override]
        self,
        stream: str,
        data: Mapping[str, Any],
        timestamps: Mapping[str, float] | None = None,
        *,
        time: float | None = None,
        frames: Mapping[str, ArrayLike] | None = None,
        uid: str | None = None,
    ) -> str | None:
        """As `write_event`, but when it would have to wait for memory nothing is written and None is returned."""
        return super().try_write_event(stream, data, timestamps, time, frames, uid)

    def write_events(
        self,
        stream: str,
        columns: Mapping[str, Any] | pd.DataFrame,
        *,
        time: ArrayLike | None = None,
        frames: Mapping[str, ArrayLike] | None = None,
        timestamps: Mapping[str, Any] | None = None,
    ) -> list[str]:
        """Append a block of events in one transaction.

        Parameters
        ----------
        stream : str
        columns : mapping or pandas.DataFrame
            Data key → one value per event.
        time : array_like, optional
            One time per event, seconds since the Unix epoch; default: now for all.
        frames : mapping, optional
            Field → array of shape ``(events, rows, columns)``.
        timestamps : mapping, optional
            Data key → one time per event.

        Returns
        -------
        list of str
            The events' uids.
        """
        return super().write_events(stream, columns, time=time, frames=frames, timestamps=timestamps)

    def write_frame(self, event_uid: str, field: str, image: ArrayLike) -> int:
        """Add a frame to an event that was written before.

        Parameters
        ----------
        event_uid, field : str
        image : array_like
            Shape ``(rows, columns)``.

        Returns
        -------
        int
            The frame's number in its array, from 0.
        """
        return super().write_frame(event_uid, field, image)

    def write_frames(self, event_uids: Sequence[str] | str, field: str, images: ArrayLike) -> int:
        """Add a frame to each event, or all of them to one event, in one transaction; compressed on all cores.

        Parameters
        ----------
        event_uids : sequence of str, or str
        field : str
        images : array_like
            Shape ``(frames, rows, columns)``.

        Returns
        -------
        int
            The number of the first frame in its array.
        """
        return super().write_frames(event_uids, field, images)

    def write_encoded_frames(
        self, event_uids: Sequence[str], field: str, frames: Sequence[bytes], *, height: int, width: int, dtype: str
    ) -> int:
        """Add frames that were compressed elsewhere, by the detector say, with the codec of this writer. Each is decoded to check it.

        Raises
        ------
        resonance.InvalidArgumentError
            One does not decode to ``height`` × ``width`` pixels of `dtype`.
        """
        return super().write_encoded_frames(event_uids, field, frames, height=height, width=width, dtype=dtype)

    def flush(self) -> None:
        """Commit what is queued, and publish frame counts for readers of the Zarr store."""
        super().flush()

    def sync(self) -> None:
        """`flush`, then wait until it is on stable storage."""
        super().sync()

    def durable(self, stream: str = "primary") -> int:
        """``seq_num`` of the newest event known to be on stable storage; 0 when none is."""
        return super().durable(stream)

    def close_run(self, exit_status: str = "success", *, reason: str = "", time_stop: float | None = None) -> None:
        """End the run: on stable storage, its frames sealed, its counts final.

        Parameters
        ----------
        exit_status : {"success", "aborted", "failed"}
        reason : str
            Why it ended like that.
        time_stop : float, optional
            Seconds since the Unix epoch, UTC; default: now.

        Raises
        ------
        resonance.InvalidStateError
            No run is open (a RuntimeError).
        """
        super().close_run(exit_status, reason=reason, time_stop=time_stop)

    def close(self) -> None:
        """Release the beamtime; an open run is closed as ``failed``. A second call does nothing."""
        super().close()
        _lifetime.closed(self)

    @contextlib.contextmanager
    def run(
        self,
        plan_name: str,
        *,
        sample: SampleMetadata | str | None = None,
        metadata: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> Iterator[str]:
        """A run for the length of a ``with`` block: ``success``, or ``failed`` with the exception as its reason.

        Parameters
        ----------
        plan_name, sample, metadata, **options
            As `open_run` takes them.

        Yields
        ------
        str
            The run's uid.
        """
        uid = self.open_run(plan_name, sample=sample, metadata=metadata, **options)
        try:
            yield uid
        except BaseException as error:
            self._end_after(type(error), error)
            raise
        if self.run_open:
            self.close_run()

    def _end_after(self, kind: type[BaseException], error: BaseException | None) -> None:
        """Close the open run; an error in doing so must not take the place of the one that is on its way."""
        try:
            if self.run_open:
                self.close_run(_status_of(kind), reason=f"{kind.__name__}: {error}"[:1000])
        except Exception as second:
            if error is not None:
                error.add_note(f"and the run could not be closed: {second}")

    def __enter__(self) -> RunWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if kind is not None:
            self._end_after(kind, error)
            try:
                self.close()
            except Exception as second:
                if error is not None:
                    error.add_note(f"and the writer could not be closed: {second}")
            return
        if self.run_open:
            self.close_run()
        self.close()

    def __repr__(self) -> str:
        return f"<resonance.RunWriter {str(self.database)!r}>"
