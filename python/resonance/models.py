"""Plain values: samples, lines of a listing, beamtimes of the master index."""

from __future__ import annotations

import dataclasses
from typing import Any, Self

__all__ = ["Event", "Explanation", "Facet", "FoundRun", "IndexedBeamtime", "IndexedSample", "Researcher", "RunSummary", "SampleMetadata"]


@dataclasses.dataclass
class SampleMetadata:
    """The physical specimen. Found by its name when a run is opened, else made.

    Parameters
    ----------
    name : str
        What the sample is called; the only thing that must be given.
    formula, serial, beamline_pos : str, optional
        Chemical formula, serial number, and where it sits at the beamline.
    tags : list of str
        Words to find it by.
    extra : dict
        Anything else that JSON can hold.
    id : int, optional
        ``samples.id``; filled in when a writer opens.
    """

    name: str
    formula: str | None = None
    serial: str | None = None
    tags: list[str] = dataclasses.field(default_factory=list)
    beamline_pos: str | None = None
    extra: dict[str, Any] = dataclasses.field(default_factory=dict)
    id: int | None = None


@dataclasses.dataclass
class RunSummary:
    """One line of a listing. Times are seconds since the Unix epoch, UTC; None while the run is open."""

    uid: str
    plan_name: str
    time_start: float
    time_stop: float | None = None
    exit_status: str | None = None
    num_events: int = 0
    sample_name: str | None = None
    scan_id: int | None = None
    num_frames: int = 0
    operator: str | None = None
    tags: list[str] = dataclasses.field(default_factory=list)

    @property
    def sample(self) -> str | None:
        """The sample's name, as `resonance ls --json` calls it."""
        return self.sample_name

    @classmethod
    def _of(cls, form: dict[str, Any]) -> Self:
        return cls(sample_name=form.pop("sample"), **form)


@dataclasses.dataclass
class FoundRun(RunSummary):
    """A run that a search found: its summary, and where it is.

    Attributes
    ----------
    researcher, beamtime, db_path : str
        Whose it is; the beamtime's label; its database, relative to the data root. Empty where one beamtime was searched.
    bytes : int
        Of its frames on disk.
    num_notes : int
        In its log.
    """

    researcher: str = ""
    beamtime: str = ""
    db_path: str = ""
    bytes: int = 0
    num_notes: int = 0


@dataclasses.dataclass
class Explanation:
    """How a query was read.

    Attributes
    ----------
    read_as : str
        The query in its own language, with nothing left to be understood.
    hints : list of str
        Where it finds nothing: what may have been meant, each a sentence; what it says was tried.
    """

    read_as: str
    hints: list[str]


@dataclasses.dataclass
class Facet:
    """How often each value occurs among the runs found: the most frequent first, days the newest first.

    Attributes
    ----------
    name : str
        ``plan``, ``sample``, ``operator``, ``status``, ``day``, ``researcher``, ``beamtime`` or ``tag``.
    values : dict of str to int
    num_values : int
        Different values, also those that the limit left out.
    """

    name: str
    values: dict[str, int]
    num_values: int


@dataclasses.dataclass
class Researcher:
    """A person whose beamtimes are indexed. `root_path` is the folder below the data root."""

    name: str
    email: str | None = None
    orcid: str | None = None
    affiliation: str | None = None
    root_path: str = ""
    extra: dict[str, Any] = dataclasses.field(default_factory=dict)
    id: int | None = None


@dataclasses.dataclass
class IndexedBeamtime:
    """A beamtime as the master index knows it. `fault` says why it could not be read the last time; None: it could."""

    db_path: str
    label: str = ""
    researcher: str = ""
    description: str | None = None
    extra: dict[str, Any] = dataclasses.field(default_factory=dict)
    time_start: float | None = None
    time_stop: float | None = None
    num_runs: int = 0
    fault: str | None = None
    id: int | None = None


@dataclasses.dataclass
class IndexedSample:
    """What the master index holds of the samples of one name, over all beamtimes."""

    name: str
    formulas: list[str]
    serials: list[str]
    tags: list[str]
    num_runs: int
    num_beamtimes: int
    first_start: float | None
    last_start: float | None


@dataclasses.dataclass
class Event:
    """One event of a stream.

    Attributes
    ----------
    uid : str
        32 hexadecimal digits.
    seq_num : int
        From 1, per stream.
    time : float
        Seconds since the Unix epoch, UTC.
    data : dict
        Data key → value, as it was recorded.
    timestamps : dict
        Data key → seconds since the Unix epoch, of keys that were read at another time than the event's.
    """

    uid: str
    seq_num: int
    time: float
    data: dict[str, Any]
    timestamps: dict[str, float]

    def __getitem__(self, key: str) -> Any:
        return self.data[key]
