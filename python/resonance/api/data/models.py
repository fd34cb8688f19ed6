"""Samples, lines of a listing, and beamtimes of the master index."""

from __future__ import annotations

import dataclasses

from resonance.models import SampleMetadata

__all__ = ["BeamtimeInfo", "RunSummary", "SampleMetadata"]


@dataclasses.dataclass
class RunSummary:
    """One line of a listing. Times are seconds since the Unix epoch, UTC; `time_stop` and `exit_status` are None while the run is open."""

    uid: str
    plan_name: str
    time_start: float
    sample_name: str | None = None
    time_stop: float | None = None
    exit_status: str | None = None


@dataclasses.dataclass
class BeamtimeInfo:
    """A beamtime of the master index. `db_path` is relative to the data root; times are seconds since the Unix epoch, UTC."""

    id: int
    researcher_name: str
    label: str
    db_path: str
    time_start: float | None = None
    time_stop: float | None = None
