"""Resonance: record, store, find and read the runs of synchrotron beamtimes.

Start at `RunWriter` (recording) and `Catalog` (reading). A beamtime is a SQLite database ``<name>.db`` and a Zarr store ``<name>.zarr``;
both can be read without Resonance. Programs written for `resonance.api.data` run unchanged on the modules of that name.
"""

from __future__ import annotations

import sqlite3  # noqa: F401  before the extension: both then share one copy of SQLite (_sqlite.py)

from ._core import BEAMTIME_SCHEMA_VERSION, INDEX_SCHEMA_VERSION, __version__
from ._beamtime import (
    Beamtime,
    Report,
    back_up,
    check_backup,
    describe_schema,
    import_file,
    import_formats,
    init_data_root,
    migrate,
    recover,
    repair,
    simulate,
    statistics,
    verify,
)
from ._catalog import Catalog
from ._images import ImageSequence
from ._index import Found, MasterIndex
from ._options import FrameOptions, WriterOptions
from ._run import Run
from ._table import Columns
from ._writer import RunWriter
from .errors import (
    AlreadyExistsError,
    BusyError,
    CorruptError,
    Error,
    IncompleteCopyWarning,
    InternalError,
    InvalidArgumentError,
    InvalidStateError,
    IoError,
    NoSpaceError,
    NotFoundError,
    UnsupportedError,
)
from .keys import array_key, boolean_key, image_key, integer_key, number_key, string_key
from .models import Event, Explanation, Facet, FoundRun, IndexedBeamtime, IndexedSample, Researcher, RunSummary, SampleMetadata

__all__ = [
    "BEAMTIME_SCHEMA_VERSION",
    "INDEX_SCHEMA_VERSION",
    "AlreadyExistsError",
    "Beamtime",
    "BusyError",
    "Catalog",
    "Columns",
    "CorruptError",
    "Error",
    "Event",
    "Explanation",
    "Facet",
    "Found",
    "FoundRun",
    "FrameOptions",
    "ImageSequence",
    "IncompleteCopyWarning",
    "IndexedBeamtime",
    "IndexedSample",
    "InternalError",
    "InvalidArgumentError",
    "InvalidStateError",
    "IoError",
    "MasterIndex",
    "NoSpaceError",
    "NotFoundError",
    "Report",
    "Researcher",
    "Run",
    "RunSummary",
    "RunWriter",
    "SampleMetadata",
    "UnsupportedError",
    "WriterOptions",
    "__version__",
    "array_key",
    "back_up",
    "boolean_key",
    "check_backup",
    "describe_schema",
    "image_key",
    "import_file",
    "import_formats",
    "init_data_root",
    "integer_key",
    "migrate",
    "number_key",
    "recover",
    "repair",
    "simulate",
    "statistics",
    "string_key",
    "verify",
]
