"""Samples, lines of a listing, and beamtimes of the master index."""

from __future__ import annotations

from resonance.models import BeamtimeInfo, RunSummary, SampleMetadata

__all__ = ["BeamtimeInfo", "RunSummary", "SampleMetadata"]
