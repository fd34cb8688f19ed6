"""A drop-in for the Python package `resonance.api.data`, on the C++ library.

The same names, signatures, return types and exceptions; files written by either package open in the other. The native interface,
which can do more and is stricter about what was declared, is the package `resonance` itself.
"""

from __future__ import annotations

from .catalog import Catalog, LazyImageSequence, Run
from .compression import compress_array, decompress_array
from .models import BeamtimeInfo, RunSummary, SampleMetadata
from .schema import (
    BEAMTIME_SCHEMA_VERSION,
    INDEX_SCHEMA_VERSION,
    create_beamtime_schema,
    create_index_schema,
    migrate_beamtime_schema,
    migrate_index_schema,
)
from .writer import IndexWriter, RunWriter

__all__ = [
    "BEAMTIME_SCHEMA_VERSION",
    "INDEX_SCHEMA_VERSION",
    "BeamtimeInfo",
    "Catalog",
    "IndexWriter",
    "LazyImageSequence",
    "Run",
    "RunSummary",
    "RunWriter",
    "SampleMetadata",
    "compress_array",
    "create_beamtime_schema",
    "create_index_schema",
    "decompress_array",
    "migrate_beamtime_schema",
    "migrate_index_schema",
]
