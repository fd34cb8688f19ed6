"""The tables of a beamtime and of the master index, on any connection of Python's `sqlite3`.

Inside a transaction of the caller's the work is a savepoint of it, and the caller commits; otherwise it is one transaction.
"""

from __future__ import annotations

import sqlite3

from resonance import _core

__all__ = [
    "BEAMTIME_SCHEMA_VERSION",
    "INDEX_SCHEMA_VERSION",
    "create_beamtime_schema",
    "create_index_schema",
    "migrate_beamtime_schema",
    "migrate_index_schema",
]

BEAMTIME_SCHEMA_VERSION: int = _core.BEAMTIME_SCHEMA_VERSION
INDEX_SCHEMA_VERSION: int = _core.INDEX_SCHEMA_VERSION


def create_beamtime_schema(conn: sqlite3.Connection) -> None:
    """Make the tables of a beamtime as far as they are missing, and set ``user_version``. Idempotent.

    Parameters
    ----------
    conn : sqlite3.Connection
        Of a file or ``:memory:``; foreign keys are switched on, unless a transaction is open.

    Raises
    ------
    sqlite3.DatabaseError
        The file is no database, is damaged, or has other columns; it is named.
    NotImplementedError
        The file is of a newer version.
    """
    _core.create_beamtime_schema(conn)


def migrate_beamtime_schema(conn: sqlite3.Connection, target_version: int = BEAMTIME_SCHEMA_VERSION) -> None:
    """Bring a beamtime to a version: below 1 creates, 1 to 2 adds ``image_refs.compression_codec``. Equal versions change nothing.

    Parameters
    ----------
    conn : sqlite3.Connection
    target_version : int

    Raises
    ------
    RuntimeError
        The file's version is above the target (a downgrade).
    NotImplementedError
        There is no way to the target.
    sqlite3.DatabaseError
        As `create_beamtime_schema`.
    """
    _core.migrate_beamtime_schema(conn, target_version)


def create_index_schema(conn: sqlite3.Connection) -> None:
    """Make the tables of the master index; as `create_beamtime_schema`."""
    _core.create_index_schema(conn)


def migrate_index_schema(conn: sqlite3.Connection, target_version: int = INDEX_SCHEMA_VERSION) -> None:
    """Bring a master index to a version; as `migrate_beamtime_schema`."""
    _core.migrate_index_schema(conn, target_version)
