"""What outlives a call: writers until the interpreter ends, one catalog for all that is unpickled, and everything over a fork()."""

from __future__ import annotations

import atexit
import contextlib
import os
import sys
import weakref
from typing import TYPE_CHECKING

from . import _core, _sqlite
from ._arguments import followed

if TYPE_CHECKING:
    from ._writer import RunWriter

# A child has the locks that other threads of its parent held, for ever: SQLite's, too. So nobody is inside the library during os.fork().
os.register_at_fork(
    before=_core.before_fork, after_in_parent=_core.after_fork_in_parent, after_in_child=_core.after_fork_in_child
)

_open_writers: weakref.WeakSet[RunWriter] = weakref.WeakSet()
_finalized_in = 0  # the process of multiprocessing that closes writers at its end


def opened(writer: RunWriter) -> None:
    """A writer that is to be closed at the end of this process, if nobody does it before."""
    _open_writers.add(writer)
    _finalize_in_child()


def closed(writer: RunWriter) -> None:
    _open_writers.discard(writer)


@atexit.register
def _close_all() -> None:
    """At the end of the interpreter: runs that are still open are closed as failed, and background threads end before Python does."""
    for writer in list(_open_writers):
        if writer._process == os.getpid():
            with contextlib.suppress(Exception):
                writer.close()


def _finalize_in_child() -> None:
    """A process of multiprocessing that was made with fork() ends by os._exit(), without atexit, but has an exit of its own."""
    global _finalized_in
    if "multiprocessing" not in sys.modules or _finalized_in == os.getpid():
        return
    import multiprocessing.util

    if multiprocessing.parent_process() is not None:
        multiprocessing.util.Finalize(None, _close_all, exitpriority=0)
        _finalized_in = os.getpid()


_catalogs: weakref.WeakValueDictionary[tuple[object, ...], _core.Catalog] = weakref.WeakValueDictionary()


def shared_catalog(database: str | os.PathLike[str], threads: int = 0) -> _core.Catalog:
    """A catalog of that database that runs of this process keep open already, else a new one: for what is unpickled, by the hundred."""
    path = os.fspath(followed(database))
    key = (path, _sqlite._identity(path), threads)  # another file of that name is another beamtime
    catalog = _catalogs.get(key)
    if catalog is None:
        with _sqlite.using(path):
            catalog = _catalogs[key] = _core.Catalog(path, threads)
    return catalog
