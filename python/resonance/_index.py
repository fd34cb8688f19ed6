"""Questions about runs: of one beamtime, and of all beamtimes of a data root."""

from __future__ import annotations

import operator
import os
import pathlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from . import _core, _sqlite
from ._arguments import names_arguments, texts
from .errors import InvalidArgumentError, InvalidStateError, NotFoundError
from .models import Explanation, Facet, FoundRun, IndexedBeamtime, IndexedSample, Researcher

__all__ = ["Found", "MasterIndex"]

_PAGE = 200
Progress = Callable[[int, int], object]


class Found:
    """Runs that a search found, fetched page by page as they are asked for: iterate, or make a list or a data frame of it."""

    def __init__(self, fetch: Callable[[int, str], dict[str, Any]], limit: int | None) -> None:
        self._fetch = fetch
        self._limit = limit
        self._first = fetch(min(_PAGE, limit or _PAGE), "")  # a mistake in the query is raised here
        if limit == 0:
            self._first = {"runs": [], "next": None}

    def __iter__(self) -> Iterator[FoundRun]:
        left = self._limit
        page = self._first
        while True:
            forms, following = page["runs"], page["next"]
            for form in forms[:left]:
                yield FoundRun._of(dict(form))
            left = None if left is None else left - len(forms)
            if not following or (left is not None and left <= 0):
                return
            page = self._fetch(_PAGE if left is None else min(_PAGE, left), following)

    def to_pandas(self) -> pd.DataFrame:
        """A data frame with one row per run, index ``uid``."""
        rows = [vars(run) for run in self]
        frame = pd.DataFrame(rows, columns=None if rows else list(FoundRun.__dataclass_fields__))
        return frame.set_index("uid")

    def __repr__(self) -> str:
        number = len(self._first["runs"])
        return f"<resonance.Found: {number}{' or more' if self._first['next'] and self._limit != number else ''} runs>"

    def _repr_html_(self) -> str:
        shown = [FoundRun._of(dict(form)) for form in self._first["runs"][:20]]
        frame = pd.DataFrame([vars(run) for run in shown], columns=["uid", "scan_id", "plan_name", "sample_name", "num_events", "num_frames", "exit_status", "beamtime"])
        return frame.to_html(index=False)


T = TypeVar("T")


def of_reference(reference: str | int, find: Callable[[str], T], scan_id: Callable[[T], int | None]) -> T:
    """What `find` has for a reference. A number is a scan_id, or -n; it is never the beginning of a uid, as a text may be."""
    if isinstance(reference, str):
        return find(reference)
    if isinstance(reference, (bool, np.bool_)) or not hasattr(reference, "__index__"):
        raise TypeError(f"a run is named by its uid, the beginning of it, its scan_id or -1, not by {reference!r}")
    number = operator.index(reference)
    try:
        found = find(str(number))
    except InvalidArgumentError:  # the beginning of several uids
        pass
    else:
        if number < 0 or scan_id(found) == number:
            return found
    raise NotFoundError(f"there is no run of scan_id {number}; by its uid, or the beginning of it, a run is named as text")


def _report(form: dict[str, Any]) -> Any:
    from ._beamtime import Report

    findings = form.pop("faults") + form.pop("differences", [])
    return Report(form, findings)


def _facets(forms: list[dict[str, Any]]) -> dict[str, Facet]:
    return {
        form["name"]: Facet(form["name"], {each["value"]: each["count"] for each in form["values"]}, form["num_values"]) for form in forms
    }


@names_arguments
class MasterIndex:
    """The index of all beamtimes of a data root; questions do not open them.

    Parameters
    ----------
    root : path
        Made by `resonance.init_data_root`.
    busy_timeout : float, seconds
        How long to wait for another process's transaction.

    Raises
    ------
    resonance.NotFoundError
        The folder is no data root.

    Notes
    -----
    It is a cache: all but researchers and what was registered by hand follows from the beamtimes, and `sync` or `rebuild` bring it back.
    Any thread may call; a call waits while another one runs. A `progress` must therefore not ask the same index, from no thread: both
    would wait for ever. Another `MasterIndex` of the root may be asked there.

    Examples
    --------
    >>> index = resonance.MasterIndex("/data")
    >>> index.sync()
    >>> for run in index.search('plan:nexafs sample:"PS*" energy>280'):
    ...     print(run.uid, run.beamtime)
    """

    def __init__(self, root: str | os.PathLike[str], *, busy_timeout: float = 10.0) -> None:
        with _sqlite.using(pathlib.Path(root) / "index.db"):
            self._index: _core.MasterIndex | None = _core.MasterIndex(os.fspath(root), busy_timeout)
        self._process = os.getpid()
        self._busy_timeout = busy_timeout

    @property
    def _open(self) -> _core.MasterIndex:
        if self._index is None:
            raise InvalidStateError("the index is closed")
        if self._process != os.getpid():
            raise InvalidStateError("this index belongs to the parent process; open another one after fork()")
        return self._index

    @property
    def root(self) -> pathlib.Path:
        """The data root."""
        return self._open.root

    def search(self, query: str = "", *, sort: str = "-time_start", limit: int | None = None, zone: str | None = None) -> Found:
        """Runs that a query finds; see `Catalog.search`."""
        index = self._open
        return Found(lambda size, cursor: index.search(query, sort, size, cursor, zone), limit)

    def explain(self, query: str, *, zone: str | None = None) -> Explanation:
        """How a query is read; see `Catalog.explain`."""
        return Explanation(**self._open.explain(query, zone))

    def count(self, query: str = "", *, zone: str | None = None) -> int:
        """How many runs a query finds; `zone` as for `search`."""
        return self._open.count(query, zone)

    def facets(self, query: str = "", names: Sequence[str] = (), *, limit: int = 20, zone: str | None = None) -> dict[str, Facet]:
        """How often each plan, sample, operator, status, day, researcher, beamtime and tag occurs among the runs that a query finds."""
        return _facets(self._open.facets(query, texts(names, "names"), limit, zone))

    def run(self, reference: str | int) -> FoundRun:
        """One run by its scan_id, -1 being the newest, or as text also by its uid or the beginning of it.

        Raises
        ------
        resonance.NotFoundError
            No such run (a KeyError).
        """
        return FoundRun._of(of_reference(reference, self._open.run, lambda form: form["scan_id"]))

    def database_of(self, run: FoundRun) -> pathlib.Path:
        """The database of a run that was found, for `Catalog`."""
        return self.root / run.db_path

    @property
    def researchers(self) -> list[Researcher]:
        """By name."""
        return [Researcher(**form) for form in self._open.researchers()]

    @property
    def beamtimes(self) -> list[IndexedBeamtime]:
        """Newest first."""
        return [IndexedBeamtime(**form) for form in self._open.beamtimes()]

    def samples(self, pattern: str = "*") -> list[IndexedSample]:
        """Samples whose name fits; ``*`` and ``?`` are wildcards, case does not matter."""
        return [IndexedSample(**form) for form in self._open.samples(pattern)]

    def register_researcher(
        self,
        name: str,
        *,
        email: str | None = None,
        orcid: str | None = None,
        affiliation: str | None = None,
        root_path: str = "",
        extra: Mapping[str, Any] | None = None,
    ) -> int:
        """Insert a researcher, or change the one of that name.

        Returns
        -------
        int
            ``researchers.id``
        """
        return self._open.register_researcher(name, email, orcid, affiliation, root_path, extra)

    def register_beamtime(
        self,
        db_path: str | os.PathLike[str],
        *,
        label: str = "",
        researcher: str = "",
        description: str | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> int:
        """Insert or change a beamtime, and index its runs when its database is there.

        Parameters
        ----------
        db_path : path
            Relative to the data root, or absolute below it.
        label, researcher : str
            Default: the file's name; whose folder it is in.

        Returns
        -------
        int
            ``beamtimes.id``
        """
        return self._open.register_beamtime(os.fspath(db_path), label, researcher, description, extra)

    def index_run(self, database: str | os.PathLike[str], uid: str) -> None:
        """Bring one run up to date with its beamtime's database."""
        self._open.index_run(os.fspath(database), uid)

    def sync(self, *, threads: int = 0, progress: Progress | None = None) -> Any:
        """Find new, changed, moved and deleted beamtimes below the root, and bring the index up to date.

        Returns
        -------
        Report
            Counts, and beamtimes that could not be read.
        """
        return _report(self._open.sync(threads, progress))

    def rebuild(self, *, threads: int = 0, progress: Progress | None = None) -> Any:
        """Make the index anew from the beamtimes; keeps researchers and registrations. Returns as `sync`."""
        return _report(self._open.rebuild(threads, progress))

    def verify(self, *, threads: int = 0, progress: Progress | None = None) -> Any:
        """Compare every run with its beamtime. Changes nothing. True when they agree."""
        return _report(self._open.verify(threads, progress))

    def close(self) -> None:
        """Let go of the index."""
        self._index = None

    def __enter__(self) -> MasterIndex:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def __repr__(self) -> str:
        return "<resonance.MasterIndex, closed>" if self._index is None else f"<resonance.MasterIndex {str(self.root)!r}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return _reopen, (self.root, self._busy_timeout)


def _reopen(root: pathlib.Path, busy_timeout: float) -> MasterIndex:
    return MasterIndex(root, busy_timeout=busy_timeout)
