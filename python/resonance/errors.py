"""Exceptions of Resonance.

Each derives from `Error` and from the class of Python's own that a program would expect: ``except KeyError`` finds an unknown run,
``except sqlite3.DatabaseError`` a damaged database. Which one belongs to which code of the library is one table in the library
(``src/wire/error_table.cpp``), which the command and the server share.
"""

from __future__ import annotations

import errno as _errno
import os
import sqlite3

__all__ = [
    "AlreadyExistsError",
    "BusyError",
    "CorruptError",
    "Error",
    "IncompleteCopyWarning",
    "InternalError",
    "InvalidArgumentError",
    "InvalidStateError",
    "IoError",
    "NoSpaceError",
    "NotFoundError",
    "UnsupportedError",
]


class IncompleteCopyWarning(UserWarning):
    """A beamtime was copied without its log or its frame store: what is read is not all that was recorded."""


class Error(Exception):
    """Everything that Resonance raises on purpose.

    Attributes
    ----------
    code : str
        The kind of failure: ``"invalid_argument"``, ``"not_found"``, ``"already_exists"``, ``"invalid_state"``, ``"busy"``,
        ``"corrupt"``, ``"unsupported"``, ``"no_space"``, ``"io"`` or ``"internal"``.
    file : str or None
        The file concerned, where there is one.
    offset : int or None
        Byte in that file, where it is known.
    errno : int or None
        What the operating system said, where it said something.
    """

    code: str = "internal"
    file: str | None = None
    offset: int | None = None
    errno: int | None = None
    _message: str = ""

    def __init__(self, *args: object) -> None:
        super().__init__(*args)
        if len(args) == 1:
            self._message = str(args[0])

    def __str__(self) -> str:
        return self._message or super().__str__()  # a KeyError would show its message in quotes

    def __reduce__(self) -> tuple[object, ...]:
        attributes = dict(vars(self))
        if isinstance(self, OSError):
            attributes.update(strerror=self.strerror, filename=self.filename)
        return _restore, (type(self), self.args, attributes)


class InvalidArgumentError(Error, ValueError):
    """The caller's value is wrong."""

    code = "invalid_argument"


class NotFoundError(Error, KeyError):
    """There is no such run, stream, field or file."""

    code = "not_found"


class AlreadyExistsError(Error, FileExistsError):
    """The name is taken."""

    code = "already_exists"


class InvalidStateError(Error, RuntimeError):
    """Closed, or no run is open, or one is."""

    code = "invalid_state"


class BusyError(Error, sqlite3.OperationalError):
    """Another process writes to the beamtime."""

    code = "busy"


class CorruptError(Error):
    """Bytes contradict the format. For database files it is a `sqlite3.DatabaseError`, too."""

    code = "corrupt"


class UnsupportedError(Error, NotImplementedError):
    """A newer format, an unknown codec, no way to migrate."""

    code = "unsupported"


class NoSpaceError(Error, OSError):
    """The disk or the quota is full."""

    code = "no_space"


class IoError(Error, OSError):
    """The operating system said no."""

    code = "io"


class InternalError(Error, RuntimeError):
    """A mistake of Resonance itself; please report it."""

    code = "internal"


# What SQLite reported is an error of Python's sqlite3, too: a program that reads a database expects these.
class _InvalidDatabaseError(InvalidArgumentError, sqlite3.DatabaseError):
    pass


class _MissingFileError(NotFoundError, FileNotFoundError):
    """Of what there is none is a file."""


class _DatabaseNotFoundError(NotFoundError, FileNotFoundError, sqlite3.OperationalError):
    pass


class _CorruptDatabaseError(CorruptError, sqlite3.DatabaseError):
    pass


class _DatabaseNoSpaceError(NoSpaceError, sqlite3.OperationalError):
    pass


class _DatabaseIoError(IoError, sqlite3.OperationalError):
    pass


_CLASSES: dict[str, type[Error]] = {
    kind.code: kind
    for kind in (
        InvalidArgumentError,
        NotFoundError,
        AlreadyExistsError,
        InvalidStateError,
        BusyError,
        CorruptError,
        UnsupportedError,
        NoSpaceError,
        IoError,
        InternalError,
    )
}
_DATABASE_CLASSES: dict[str, type[Error]] = {
    "invalid_argument": _InvalidDatabaseError,
    "not_found": _DatabaseNotFoundError,
    "corrupt": _CorruptDatabaseError,
    "no_space": _DatabaseNoSpaceError,
    "io": _DatabaseIoError,
}
_USUAL_ERRNO = {"no_space": _errno.ENOSPC, "already_exists": _errno.EEXIST, "not_found": _errno.ENOENT, "io": _errno.EIO}


def _restore(kind: type[Error], args: tuple[object, ...], attributes: dict[str, object]) -> Error:
    error = kind(*args)
    for name, value in attributes.items():
        setattr(error, name, value)
    return error


def _make(code: str, message: str, file: str | None, offset: int | None, errno: int, database: bool) -> Error:
    """The exception for an error of the library; called by the extension."""
    kind = _CLASSES.get(code, InternalError)
    if database:
        kind = _DATABASE_CLASSES.get(code, kind)
    elif code == "not_found" and file is not None:
        kind = _MissingFileError
    error = kind(message)
    error.code = code
    error.file = file
    error.offset = offset
    if isinstance(error, OSError):
        error.errno = errno or _USUAL_ERRNO.get(code)
        error.strerror = os.strerror(error.errno) if error.errno else message
        if file is not None:
            error.filename = file
    else:
        error.errno = errno or None
    return error
