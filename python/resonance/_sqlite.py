"""One copy of SQLite in the process, or a guard.

POSIX drops all locks of a process on a file when any descriptor of that file is closed, so two copies of SQLite that have the same
database open take each other's locks away, and two processes may then write at once. On Linux the extension shares the copy of Python's
sqlite3: both ask for ``libsqlite3.so.0``, which is loaded once. Python builds that carry SQLite inside them do not share it. There this
module sees to it that no database is open in both copies at the same time.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3  # before the extension, so that its copy of the library is the one in the process
import sys
import urllib.parse
from collections.abc import Iterator
from typing import Any

from . import _core
from .errors import BusyError, _make

#: Whether Resonance and Python's sqlite3 use one copy of SQLite, so that both may open the same database.
shared: bool = _core.same_sqlite(lambda: sqlite3.connect(":memory:").close())

_ours: set[tuple[int, int]] = set()  # device and inode of databases that Resonance has opened


def _identity(path: str | bytes | os.PathLike[Any]) -> tuple[int, int] | None:
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return None
    return found.st_dev, found.st_ino


def _open_here(identity: tuple[int, int]) -> bool:
    """Whether this process has a descriptor of the file."""
    try:
        names = os.listdir("/proc/self/fd")
    except OSError:
        return True  # no way to know: take it for open
    return any(_identity(f"/proc/self/fd/{name}") == identity for name in names)


def _path_of(database: Any) -> Any:
    if isinstance(database, str) and database.startswith("file:"):
        path = urllib.parse.urlsplit(database).path
        return urllib.parse.unquote(path)
    return database


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if event != "sqlite3.connect" or not _ours:
        return
    identity = _identity(_path_of(arguments[0]))
    if identity is None or identity not in _ours:
        return
    if _open_here(identity):
        raise _make(
            "busy",
            f"{arguments[0]} is open in Resonance, and this Python has another copy of SQLite in its sqlite3 module: two copies in one "
            "process take each other's file locks away. Close the Catalog or RunWriter and its runs first, or read the database in another process",
            str(_path_of(arguments[0])), None, 0, True,
        )
    _ours.discard(identity)


@contextlib.contextmanager
def using(database: str | os.PathLike[str]) -> Iterator[None]:
    """Around everything in which Resonance opens a database; refuses one that the other copy of SQLite has open."""
    if shared:
        yield
        return
    identity = _identity(database)
    if identity is not None and identity not in _ours and _open_here(identity):
        raise _make(
            "busy",
            f"{os.fspath(database)} is open in this process, by a copy of SQLite that is not Resonance's: two copies take each other's file "
            "locks away. Close it first, or use another process",
            os.fspath(database), None, 0, True,
        )
    try:
        yield
    finally:
        if (identity := _identity(database)) is not None:
            _ours.add(identity)


if not shared:
    sys.addaudithook(_watch)

__all__ = ["shared", "using"]
