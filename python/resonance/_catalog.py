"""Finding runs."""

from __future__ import annotations

import datetime
import os
import pathlib
import warnings
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Any

import numpy as np
import pandas as pd

from . import _core, _sqlite
from ._arguments import names_arguments, texts
from ._index import Found, _facets, of_reference
from ._run import Run
from .errors import IncompleteCopyWarning, InvalidStateError
from .models import Explanation, Facet, RunSummary

__all__ = ["Catalog"]


def _seconds(time: float | str | datetime.datetime | None) -> float | None:
    """A time that no query has to be asked for."""
    if isinstance(time, str):
        return None
    return time.timestamp() if isinstance(time, datetime.datetime) else time


def _time_term(name: str, time: str) -> str:
    quoted = time.replace("\\", "\\\\").replace('"', '\\"')
    return f'{name}:"{quoted}"'


@names_arguments
class Catalog:
    """The runs of one beamtime. Nothing here ever writes.

    Parameters
    ----------
    database : path
        ``<name>.db``, of Resonance or of the Python package `resonance.api.data`, versions 1 and 2; also one that is being recorded.
    threads : int
        Threads that read and decode ranges of frames; 0: one for each core.

    Raises
    ------
    resonance.NotFoundError
        No such file (also a FileNotFoundError and a sqlite3.OperationalError).
    resonance.CorruptError
        Not a database, or no beamtime (also a sqlite3.DatabaseError).
    resonance.UnsupportedError
        It is of a newer version.

    Warns
    -----
    resonance.IncompleteCopyWarning
        It was copied without its log or its frame store; `missing_log` and `missing_store` say so, too.

    Examples
    --------
    >>> catalog = resonance.Catalog("scan.db")
    >>> catalog.runs()                       # a data frame, newest first
    >>> run = catalog[-1]                    # the newest; or a uid, the beginning of one, or a scan_id
    >>> run.table().plot(x="energy", y="i0")
    """

    def __init__(self, database: str | os.PathLike[str], *, threads: int = 0) -> None:
        with _sqlite.using(database):
            self._catalog: _core.Catalog | None = _core.Catalog(os.fspath(database), threads)
        self._threads = threads
        for missing in (self.missing_log, self.missing_store):
            if missing is not None:
                warnings.warn(missing, IncompleteCopyWarning, stacklevel=3)

    @property
    def _open(self) -> _core.Catalog:
        if self._catalog is None:
            raise InvalidStateError("the catalog is closed")
        return self._catalog

    @property
    def database(self) -> pathlib.Path:
        """The beamtime's database."""
        return self._open.database

    @property
    def frame_store(self) -> pathlib.Path:
        """The Zarr store beside it."""
        return self._open.frame_store

    @property
    def missing_log(self) -> str | None:
        """What this copy lacks, in words, when it was made without the database's log: the last runs and events may be missing."""
        return self._open.missing_log

    @property
    def missing_store(self) -> str | None:
        """The same when runs have frames and the frame store is not there."""
        return self._open.missing_store

    def find(
        self,
        *,
        plan: str | None = None,
        sample: str | None = None,
        status: str | None = None,
        tag: str | None = None,
        since: float | str | datetime.datetime | None = None,
        until: float | str | datetime.datetime | None = None,
        limit: int | None = None,
    ) -> list[RunSummary]:
        """Runs that meet all conditions, newest first.

        Parameters
        ----------
        plan, sample : str
            Exact, but ``*`` and ``?`` are wildcards.
        status : str
            ``success``, ``aborted``, ``failed``, or ``open`` for runs without an end.
        tag : str
        since, until : float, str or datetime
            ``since <= time_start < until``, seconds since the Unix epoch, UTC. As text a time of the query language (``"2026-03-14 19:43"``,
            ``"yesterday"``, ``"2h"``), in the zone of the data root, or else UTC.
        limit : int
        """
        spoken = [_time_term(name, time) for name, time in (("after", since), ("before", until)) if isinstance(time, str)]
        found = self._open.find(
            plan=plan, sample=sample, status=status, tag=tag, since=_seconds(since), until=_seconds(until), limit=None if spoken else limit
        )
        if spoken:
            within = {run.uid for run in self.search(" ".join(spoken))}
            found = [form for form in found if form["uid"] in within][:limit]
        return [RunSummary._of(form) for form in found]

    def recent(self, n: int = 10) -> list[RunSummary]:
        """The newest `n` runs, newest first."""
        return self.find(limit=n)

    def by_sample(self, name: str) -> list[RunSummary]:
        """Runs of the sample of exactly this name, newest first."""
        return [RunSummary._of(form) for form in self._open.by_sample(name)]

    def search(self, query: str = "", *, sort: str = "-time_start", limit: int | None = None, zone: str | None = None) -> Found:
        """Runs that a query finds, in the language of ``docs/search.md``: ``plan:nexafs sample:"PS*" after:2026-03-01 energy>280``.

        Parameters
        ----------
        query : str
            Empty: every run.
        sort : str
            ``time_start``, ``plan_name``, ``sample``, ``scan_id``, ``num_events``, ``num_frames``, ``bytes``, ``duration`` or ``rank``; with
            ``-`` in front descending.
        limit : int, optional
            At most so many runs; default: all, fetched as they are asked for.
        zone : str, optional
            IANA name of the time zone of dates in the query.

        Raises
        ------
        resonance.InvalidArgumentError
            The query has a mistake; its column is named.
        """
        catalog = self._open
        return Found(lambda size, cursor: _core.search(catalog, query, sort, size, cursor, zone), limit)

    def explain(self, query: str, *, zone: str | None = None) -> Explanation:
        """How a query is read, and what may have been meant when it finds nothing.

        Parameters
        ----------
        query : str
        zone : str, optional
            As for `search`.

        Returns
        -------
        Explanation
            ``read_as`` is the query in its own language with nothing left to be understood; ``hints`` are sentences, each about runs that
            another query would find, or about what the runs there have.

        Examples
        --------
        >>> catalog.explain("rsoxs or nexafs").read_as
        '"rsoxs" AND "or" AND "nexafs"'
        """
        return Explanation(**_core.explain(self._open, query, zone))

    def count(self, query: str = "", *, zone: str | None = None) -> int:
        """How many runs a query finds; `zone` as for `search`."""
        return _core.count_runs(self._open, query, zone)

    def facets(self, query: str = "", names: Sequence[str] = (), *, limit: int = 20, zone: str | None = None) -> dict[str, Facet]:
        """How often each plan, sample, operator, status, day and tag occurs among the runs that a query finds."""
        return _facets(_core.facets(self._open, query, texts(names, "names"), limit, zone))

    def runs(self, **conditions: Any) -> pd.DataFrame:
        """Runs as a data frame, newest first.

        Parameters
        ----------
        **conditions
            As for `find`.

        Returns
        -------
        pandas.DataFrame
            Index ``uid``. ``start`` and ``stop`` are times in UTC, ``duration`` a time difference; NaT also where a number is no time of
            this or the last centuries.
        """
        found = self.find(**conditions)
        start, stop = (
            pd.to_datetime(np.array(times, dtype=float), unit="s", utc=True, errors="coerce")  # None becomes NaT
            for times in ([run.time_start for run in found], [run.time_stop for run in found])
        )
        columns = {
            "scan_id": pd.array([run.scan_id for run in found], dtype="Int64"),
            "start": start,
            "stop": stop,
            "duration": stop - start,
            "plan_name": [run.plan_name for run in found],
            "sample": [run.sample_name for run in found],
            "events": pd.array([run.num_events for run in found], dtype="int64"),
            "frames": pd.array([run.num_frames for run in found], dtype="int64"),
            "status": [run.exit_status for run in found],
            "operator": [run.operator for run in found],
            "tags": [run.tags for run in found],
        }
        return pd.DataFrame(columns, index=pd.Index([run.uid for run in found], name="uid", dtype=object))

    def run(self, reference: str | int) -> Run:
        """One run.

        Parameters
        ----------
        reference : str or int
            Its scan_id, or -1 (the newest), -2, …; as text also its uid or the beginning of it.

        Raises
        ------
        resonance.NotFoundError
            No such run (a KeyError).
        resonance.InvalidArgumentError
            Several runs begin like this.
        """
        catalog = self._open
        return Run(of_reference(reference, catalog.run, lambda run: run.summary()["scan_id"]))

    def __getitem__(self, reference: str | int) -> Run:
        return self.run(reference)

    def __iter__(self) -> Iterator[Run]:
        """All runs, newest first."""
        for summary in self.find():
            yield self.run(summary.uid)

    def __len__(self) -> int:
        return _core.count_runs(self._open, "")

    def __bool__(self) -> bool:
        return True

    def close(self) -> None:
        """Let go of the database; runs that came from it keep it open as long as they live."""
        self._catalog = None

    def __enter__(self) -> Catalog:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def __repr__(self) -> str:
        if self._catalog is None:
            return "<resonance.Catalog, closed>"
        count = len(self)
        return f"<resonance.Catalog {str(self.database)!r}: {count} run{'s' if count != 1 else ''}>"

    def _repr_html_(self) -> str:
        from ._html import catalog_html

        return catalog_html(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return _reopen, (self.database, self._threads)


def _reopen(database: pathlib.Path, threads: int) -> Catalog:
    return Catalog(database, threads=threads)
