"""Plain values: samples, lines of a listing, beamtimes of the master index."""

from __future__ import annotations

import dataclasses
from typing import Any

__all__ = ["BeamtimeInfo", "Event", "RunSummary", "SampleMetadata"]


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
    def _of(cls, form: dict[str, Any]) -> RunSummary:
        return cls(sample_name=form.pop("sample"), **form)


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


@dataclasses.dataclass
class BeamtimeInfo:
    """One beamtime of the master index. `db_path` is relative to the data root."""

    label: str
    db_path: str
    id: int | None = None
    researcher_id: int | None = None
    time_start: float | None = None
    time_stop: float | None = None
    description: str | None = None
    extra: dict[str, Any] = dataclasses.field(default_factory=dict)
