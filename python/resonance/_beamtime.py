"""A beamtime as a whole: the database and the frame store beside it."""

from __future__ import annotations

import dataclasses
import os
import pathlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Unpack

import pandas as pd

from . import _core, _sqlite
from ._arguments import followed, names_arguments, texts
from ._catalog import Catalog
from ._options import FrameOptions, ImportOptions, WriterOptions
from ._run import Run
from ._writer import RunWriter

__all__ = [
    "Beamtime",
    "Report",
    "back_up",
    "check_backup",
    "describe_schema",
    "import_file",
    "import_formats",
    "init_data_root",
    "migrate",
    "recover",
    "repair",
    "simulate",
    "statistics",
    "verify",
]

Path = str | os.PathLike[str]
Progress = Callable[[int, int], object]
ProgressWithWords = Callable[[str, int, int], object]


@dataclasses.dataclass(frozen=True)
class Report:
    """What whole-file work counted, and what it found one by one.

    Attributes
    ----------
    counts : dict
        Numbers by name, as ``resonance --json`` prints them.
    findings : list of dict
        Faults, notes, or what was mended: ``kind``, ``message``, and where it is.
    """

    counts: dict[str, Any]
    findings: list[dict[str, Any]]

    @property
    def faults(self) -> list[dict[str, Any]]:
        """Findings that are more than a note."""
        return [finding for finding in self.findings if finding.get("severity", "fault") == "fault" and finding.get("outcome") != "note"]

    def __bool__(self) -> bool:
        """True when nothing is wrong."""
        return not self.faults

    def __getitem__(self, name: str) -> Any:
        return self.counts[name]

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """The findings."""
        return iter(self.findings)


@names_arguments
def statistics(database: Path) -> dict[str, Any]:
    """Count what a beamtime holds: runs, events, frames, bytes, rates."""
    with _sqlite.using(database):
        return _core.statistics(os.fspath(database))


@names_arguments
def describe_schema(database: Path) -> dict[str, Any]:
    """Which tables a database has, and how they differ from the format. Changes nothing."""
    with _sqlite.using(database):
        return _core.describe_schema(os.fspath(database))


@names_arguments
def migrate(database: Path, target: int = _core.BEAMTIME_SCHEMA_VERSION, *, dry_run: bool = False, backup: bool = True) -> dict[str, Any]:
    """Bring a beamtime file to a schema version, after a copy to ``<name>.db.v<N>.bak``.

    Returns
    -------
    dict
        ``from``, ``to``, ``steps`` (in words) and ``backup``.
    """
    with _sqlite.using(database):
        return _core.migrate(os.fspath(database), target, dry_run, backup)


@names_arguments
def init_data_root(root: Path, researcher: str | None = None, *, zone: str | None = None) -> pathlib.Path:
    """Make a data root with its master index. Idempotent.

    Parameters
    ----------
    root : path
    researcher : str, optional
        Add this one to the index, with a folder of the same name.
    zone : str, optional
        IANA name of the facility's time zone, which days and dates are in.

    Returns
    -------
    pathlib.Path
        The index.
    """
    with _sqlite.using(pathlib.Path(root) / "index.db"):
        return _core.init_data_root(os.fspath(root), researcher, zone)


@names_arguments
def verify(
    database: Path, runs: Sequence[str] = (), *, frames: bool = False, full: bool = True, threads: int = 0, progress: Progress | None = None
) -> Report:
    """Is everything that a beamtime names still there and as it was written? Changes nothing; works while runs are recorded.

    Parameters
    ----------
    database : path
    runs : sequence of str
        uids, prefixes, scan_ids, or ``"-1"`` …; default: all.
    frames : bool
        Read and decode every frame and compare its checksum.
    full : bool
        SQLite's complete check; False: its quick one.
    threads : int
        That decode frames; 0: one for each core.
    progress : callable, optional
        Called as ``progress(frames_done, frames_in_all)``; an exception ends the check.
    """
    wanted = texts(runs, "runs")
    with _sqlite.using(database):
        return Report(*_core.verify(os.fspath(database), wanted, frames, full, threads, progress))


@names_arguments
def repair(database: Path, output: Path | None = None, *, threads: int = 0, progress: ProgressWithWords | None = None) -> Report:
    """Make a damaged beamtime whole again, as far as possible, in new files: ``<name>.repaired.db`` and ``.zarr``.

    The damaged one is never changed. ``report["sound"]`` is true when nothing was damaged and nothing was made.
    """
    with _sqlite.using(database):
        return Report(*_core.repair(os.fspath(database), None if output is None else os.fspath(output), threads, progress))


@names_arguments
def recover(path: Path, *, dry_run: bool = False, progress: Progress | None = None) -> dict[str, Any]:
    """Bring in order what a killed writer left behind, as the next writer would, and record nothing.

    Runs whose writer died are closed as ``failed``; their last frames are compared with their checksums and published to readers of
    Zarr alone; what belongs to no event goes to quarantine, and the log into the database. What is being recorded is left alone.

    Parameters
    ----------
    path : path
        A beamtime, or a folder: then all beamtimes below it.
    dry_run : bool
        Change nothing, and say what would be done.
    progress : callable, optional
        Of a folder: called as ``progress(beamtimes_done, beamtimes)``; an exception ends it between two of them.

    Returns
    -------
    dict
        Of a beamtime ``runs`` (those that were closed), ``live_runs``, ``log_bytes``, ``complete`` …; of a folder ``beamtimes``,
        ``recovered`` (one such dict each) and ``failures``.
    """
    with _sqlite.using(path):
        return _core.recover(os.fspath(path), dry_run, progress)


@names_arguments
def back_up(database: Path, folder: Path, *, progress: Progress | None = None) -> Report:
    """Bring the copy of a beamtime in `folder` up to date, or make it; also while runs are recorded.

    Parameters
    ----------
    progress : callable, optional
        Called as ``progress(bytes_done, bytes_in_all)``; an exception ends the backup, which the next one continues.
    """
    with _sqlite.using(database):
        return Report(*_core.back_up(os.fspath(database), os.fspath(folder), progress))


@names_arguments
def check_backup(folder: Path, *, frames: bool = False, threads: int = 0, progress: ProgressWithWords | None = None) -> Report:
    """Read a backup from the disk, compare it with its manifests, and verify the beamtime in it."""
    return Report(*_core.check_backup(os.fspath(folder), frames, threads, progress))


def import_formats() -> list[dict[str, str]]:
    """Formats that `import_file` reads: ``name`` and ``description``."""
    return _core.import_formats()


@names_arguments
def import_file(
    file: Path,
    into: Path,
    *,
    format: str | None = None,
    sample: str | None = None,
    operator: str | None = None,
    tags: Sequence[str] = (),
    columns: Mapping[str, str] | None = None,
    delimiter: str | None = None,
    decimal: str | None = None,
    comment: str | None = None,
    skip: int = 0,
    zone: str | None = None,
    progress: Progress | None = None,
    **frames: Unpack[ImportOptions],
) -> dict[str, Any]:
    """Import one foreign file as one run, with the frames that it names. A second import changes nothing.

    Parameters
    ----------
    file, into : path
        The foreign file, and the beamtime's database.
    format : str, optional
        One of `import_formats`; default: found from the content.
    sample, operator, tags
        For the run; default: what the file says.
    columns : mapping of str to str, optional
        What columns of a table are: ``{"barcode": "text"}``; ``number``, ``integer`` or ``time`` else.
    delimiter, decimal, comment : str, optional
        What stands between cells (``" "``: any number of blanks and tabs), ``"."`` or ``","``, and how lines of comment begin; found from the
        content where they are not said.
    skip : int
        Lines before the table.
    zone : str, optional
        IANA name of the time zone of times that name none; default: that of the data root, else UTC.
    progress : callable, optional
        Called as ``progress(rows_done, rows_in_all)``.
    **frames
        How they are stored: `resonance.FrameOptions`, and ``data_root`` as in `resonance.WriterOptions`.

    Returns
    -------
    dict
        ``run_uid``, ``format``, ``already_there``, ``events``, ``frames``, ``missing_frames``, ``damaged_frames``,
        ``unsupported_frames``, ``notes``.
    """
    words = texts(tags, "tags")
    with _sqlite.using(into):
        return _core.import_file(
            os.fspath(file),
            os.fspath(into),
            format=format,
            sample=sample,
            operator=operator,
            tags=words,
            zone=zone,
            progress=progress,
            columns=None if columns is None else dict(columns),
            delimiter=delimiter,
            decimal=decimal,
            comment=comment,
            skip=skip,
            **frames,
        )


@names_arguments
def simulate(
    database: Path,
    *,
    runs: int = 4,
    events: int = 60,
    rate: float = 10.0,
    shape: tuple[int, int] = (256, 256),
    dtype: str = "uint16",
    durability: str = "commit",
    seed: int = 0,
    live: bool = False,
    progress: Progress | None = None,
    **frames: Unpack[FrameOptions],
) -> dict[str, Any]:
    """Record a believable beamtime: absorption scans, and scattering frames whose pixel sum is the event's ``counts``.

    Parameters
    ----------
    runs, events : int
        Runs, and events in each.
    rate : float, Hz
        Events per second of simulated time; of real time with `live`.
    shape : (int, int)
        Rows and columns of a frame.
    seed : int
        Equal seeds give equal values.
    **frames
        How they are stored: `resonance.FrameOptions`.
    """
    with _sqlite.using(database):
        return _core.simulate(
            os.fspath(database), runs, events, rate, shape[0], shape[1], str(dtype), durability, seed, live, progress, **frames
        )


class Beamtime:
    """One beamtime: everything that can be done with ``<name>.db`` and ``<name>.zarr``.

    Parameters
    ----------
    database : path
        Made by the first `writer` when missing. Links are followed once, here.

    Examples
    --------
    >>> beamtime = resonance.Beamtime("scan.db")
    >>> with beamtime.writer() as writer, writer.run("energy_scan"):
    ...     ...
    >>> beamtime.runs()
    >>> assert beamtime.verify(frames=True)
    """

    def __init__(self, database: Path) -> None:
        self.database = followed(database)
        self._catalog: Catalog | None = None

    @property
    def catalog(self) -> Catalog:
        """Its runs."""
        if self._catalog is None or self._catalog._catalog is None:
            self._catalog = Catalog(self.database)
        return self._catalog

    def __getitem__(self, reference: str | int) -> Run:
        return self.catalog[reference]

    def runs(self, **conditions: Any) -> pd.DataFrame:
        """See `Catalog.runs`."""
        return self.catalog.runs(**conditions)

    def writer(self, **options: Unpack[WriterOptions]) -> RunWriter:
        """A `RunWriter` with these options: `resonance.WriterOptions`."""
        return RunWriter(self.database, **options)

    def statistics(self) -> dict[str, Any]:
        """See `resonance.statistics`."""
        return statistics(self.database)

    def schema(self) -> dict[str, Any]:
        """See `resonance.describe_schema`."""
        return describe_schema(self.database)

    def migrate(self, target: int = _core.BEAMTIME_SCHEMA_VERSION, *, dry_run: bool = False, backup: bool = True) -> dict[str, Any]:
        """See `resonance.migrate`."""
        return migrate(self.database, target, dry_run=dry_run, backup=backup)

    def verify(self, runs: Sequence[str] = (), **options: Any) -> Report:
        """See `resonance.verify`."""
        return verify(self.database, runs, **options)

    def repair(self, output: Path | None = None, **options: Any) -> Report:
        """See `resonance.repair`."""
        return repair(self.database, output, **options)

    def recover(self, *, dry_run: bool = False) -> dict[str, Any]:
        """See `resonance.recover`."""
        return recover(self.database, dry_run=dry_run)

    def back_up(self, folder: Path, *, progress: Progress | None = None) -> Report:
        """See `resonance.back_up`."""
        return back_up(self.database, folder, progress=progress)

    def import_file(self, file: Path, **options: Any) -> dict[str, Any]:
        """See `resonance.import_file`."""
        return import_file(file, self.database, **options)

    def close(self) -> None:
        """Close its catalog."""
        if self._catalog is not None:
            self._catalog.close()
            self._catalog = None

    def __enter__(self) -> Beamtime:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<resonance.Beamtime {str(self.database)!r}>"

    def _repr_html_(self) -> str:
        return self.catalog._repr_html_()
