"""Options of writers, with their types."""

from __future__ import annotations

import os
from typing import Literal, TypedDict

__all__ = ["FrameOptions", "ImportOptions", "WriterOptions"]


class FrameOptions(TypedDict, total=False):
    """How frames are stored.

    Attributes
    ----------
    codec : {"blosc", "zstd", "gzip", "none"}
        ``blosc`` is lz4 behind a bit shuffle. Frames stored with ``none`` can be read without a copy.
    level : int
        Compression level; -1 is the codec's usual one.
    shuffle : {"bits", "bytes", "none"}, compressor : str
        For ``blosc``.
    shard_bytes, frames_per_chunk : int
        Layout of the shard files; the defaults suit all but special cases.
    """

    codec: Literal["blosc", "zstd", "gzip", "none"]
    level: int
    shuffle: Literal["bits", "bytes", "none"]
    compressor: str
    shard_bytes: int
    frames_per_chunk: int


class ImportOptions(FrameOptions, total=False):
    """How an imported run is stored.

    Attributes
    ----------
    data_root : path
        Keep the runs in the master index of this data root (`init_data_root`), on a thread of its own. An index that is locked or broken
        never delays or fails the recording; the next `MasterIndex.sync` catches up.
    """

    data_root: str | os.PathLike[str] | None


class WriterOptions(ImportOptions, total=False):
    """How a `RunWriter` records; all may be left out.

    Attributes
    ----------
    durability : {"commit", "strict", "group"}
        What has happened when a call returns. ``commit``: committed, and safe when the process dies; on stable storage within
        `sync_interval`. ``strict``: on stable storage. ``group``: queued, committed within `commit_interval`; for fly scans.
    commit_interval, sync_interval, publish_interval : float, seconds
        0.02, 1.0 and 0.05. The last is the shortest time between two rewrites of one ``zarr.json``.
    busy_timeout : float, seconds
        How long to wait for another process's transaction (10).
    encode_threads : int
        Threads that compress frames; 0: one for each core.
    queue_bytes : int
        Memory for frames on their way to disk; who writes more has to wait.
    allow_undeclared : bool
        Take data keys and frame fields that `open_stream` did not declare, of any name, and any exit status.
    make_store : bool
        Make the frame store at once, not with the first frame.
    allow_network_file_system : bool
        Record where SQLite's locks cannot be trusted (NFS, SMB, FUSE).
    """

    durability: Literal["commit", "strict", "group"]
    commit_interval: float
    sync_interval: float
    publish_interval: float
    busy_timeout: float
    encode_threads: int
    queue_bytes: int
    allow_undeclared: bool
    make_store: bool
    allow_network_file_system: bool
