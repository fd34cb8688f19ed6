"""Writing the master index, as programs written for `resonance.api.data` mean to do it.

In the package that Resonance replaces these methods all raise. Here they work, on the index of a data root (``<root>/index.db``, which the
command and `resonance.MasterIndex` use as well), and on an index of any other name, where only what is given is written.
"""

from __future__ import annotations

import json
import os
import pathlib
import sqlite3
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any

import resonance
from resonance._arguments import followed
from resonance.errors import InvalidArgumentError, NotFoundError
from resonance.models import RunSummary

from .schema import create_index_schema, migrate_index_schema

__all__ = ["IndexWriter"]

_RESEARCHER = (
    "INSERT INTO researchers(name, email, orcid, affiliation, root_path, extra) VALUES(?, ?, ?, ?, ?, ?) ON CONFLICT(name) DO UPDATE SET "
    "email = excluded.email, orcid = excluded.orcid, affiliation = excluded.affiliation, root_path = excluded.root_path, extra = excluded.extra"
)
_BEAMTIME = (
    "INSERT INTO beamtimes(researcher_id, label, db_path, time_start, time_stop, description, extra) VALUES(?, ?, ?, ?, ?, ?, ?) "
    "ON CONFLICT(db_path) DO UPDATE SET researcher_id = excluded.researcher_id, label = excluded.label, "
    "time_start = coalesce(excluded.time_start, time_start), time_stop = coalesce(excluded.time_stop, time_stop), "
    "description = excluded.description, extra = excluded.extra"
)
_RUN = (
    "INSERT INTO runs_index(uid, researcher_id, beamtime_id, plan_name, sample_name, time_start, tags) VALUES(?, ?, ?, ?, ?, ?, ?) "
    "ON CONFLICT(uid) DO UPDATE SET researcher_id = excluded.researcher_id, beamtime_id = excluded.beamtime_id, plan_name = excluded.plan_name, "
    "sample_name = excluded.sample_name, time_start = excluded.time_start, tags = excluded.tags"
)


def _folder_of(name: str) -> str:
    return "".join(c if c.isalnum() or c in "._-" else "_" for c in name)


class IndexWriter:
    """Register researchers, beamtimes and runs in a master index. Each call is one transaction; all are idempotent.

    Parameters
    ----------
    index_db_path : path
        The index; made by `ensure_schema` when missing. Its folder is the data root that `db_path` is relative to.
    """

    def __init__(self, index_db_path: str | os.PathLike[str]) -> None:
        self.index_db_path = pathlib.Path(index_db_path)

    @property
    def _root(self) -> pathlib.Path:
        return self.index_db_path.parent

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.index_db_path, timeout=10)
        connection.execute("PRAGMA foreign_keys = ON")
        return connection

    def _execute(self, statement: str, values: Sequence[Any], key: str, natural: str) -> int:
        self.ensure_schema()
        connection = self._connect()
        try:
            with connection:
                connection.execute(statement, values)
                row = connection.execute(key, (natural,)).fetchone()
        finally:
            connection.close()
        number: int = row[0]
        return number

    @property
    def _of_root(self) -> bool:
        """It is the index of a data root, where more is kept than the core tables."""
        return self.index_db_path.name == "index.db"

    def ensure_schema(self) -> None:
        """Make the index and its tables as far as they are missing."""
        self.index_db_path.parent.mkdir(parents=True, exist_ok=True)
        if self._of_root:
            resonance.init_data_root(self._root)
            return
        connection = self._connect()
        try:
            create_index_schema(connection)
            migrate_index_schema(connection)
        finally:
            connection.close()

    def register_researcher(
        self,
        name: str,
        root_path: str | os.PathLike[str] | None = None,
        *,
        email: str | None = None,
        orcid: str | None = None,
        affiliation: str | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> int:
        """Insert a researcher, or change the one of that name.

        Parameters
        ----------
        name : str
        root_path : path, optional
            Folder below the data root, relative to it or absolute; default: from the name.

        Returns
        -------
        int
            ``researchers.id``
        """
        folder = _folder_of(name) if root_path is None else self._relative(root_path)
        if self._of_root:
            self.ensure_schema()
            with resonance.MasterIndex(self._root) as index:
                return index.register_researcher(name, email=email, orcid=orcid, affiliation=affiliation, root_path=folder, extra=extra)
        values = (name, email, orcid, affiliation, folder, json.dumps(dict(extra or {})))
        return self._execute(_RESEARCHER, values, "SELECT id FROM researchers WHERE name = ?", name)

    def register_beamtime(
        self,
        researcher_id: int,
        label: str,
        db_path: str | os.PathLike[str],
        *,
        time_start: float | None = None,
        time_stop: float | None = None,
        description: str | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> int:
        """Insert a beamtime, or change the one of that database.

        Parameters
        ----------
        researcher_id : int
            From `register_researcher`.
        label : str
        db_path : path
            The beamtime's database, relative to the data root, or absolute below it.

        Returns
        -------
        int
            ``beamtimes.id``

        Raises
        ------
        sqlite3.IntegrityError
            There is no such researcher.
        """
        path = self._relative(db_path)
        if self._of_root:
            self._register_below_root(researcher_id, label, path, description, extra)
        values = (researcher_id, label, path, time_start, time_stop, description, json.dumps(dict(extra or {})))
        return self._execute(_BEAMTIME, values, "SELECT id FROM beamtimes WHERE db_path = ?", path)

    def _register_below_root(self, researcher_id: int, label: str, path: str, description: str | None, extra: Mapping[str, Any] | None) -> None:
        self.ensure_schema()
        with resonance.MasterIndex(self._root) as index:
            names = [researcher.name for researcher in index.researchers if researcher.id == researcher_id]
            if not names:
                raise sqlite3.IntegrityError(f"FOREIGN KEY constraint failed: the index has no researcher {researcher_id}")
            index.register_beamtime(path, label=label, researcher=names[0], description=description, extra=extra)

    def _relative(self, path: str | os.PathLike[str]) -> str:
        root = followed(self._root)
        given = pathlib.Path(path)
        if (there := followed(root / given)).is_relative_to(root) and there.exists():  # one beamtime, one entry, whatever leads to it
            return there.relative_to(root).as_posix()
        root = self._root.absolute()
        return given.relative_to(root).as_posix() if given.is_absolute() and given.is_relative_to(root) else given.as_posix()

    def index_run(
        self,
        uid: str,
        researcher_id: int,
        beamtime_id: int,
        plan_name: str,
        *,
        sample_name: str | None = None,
        time_start: float | None = None,
        tags: Sequence[str] | None = None,
    ) -> None:
        """Insert a run, or bring it up to date.

        Parameters
        ----------
        uid : str
            ``runs.uid`` in the beamtime.
        researcher_id, beamtime_id : int
            From `register_researcher` and `register_beamtime`.
        plan_name : str
        sample_name, time_start, tags
            Default: what the run says in the beamtime's database; without that, no sample, now, and no tags.

        Raises
        ------
        KeyError
            There is no such beamtime.
        sqlite3.IntegrityError
            There is no such researcher.
        """
        self.ensure_schema()
        connection = self._connect()
        try:
            row = connection.execute("SELECT db_path FROM beamtimes WHERE id = ?", (beamtime_id,)).fetchone()
            if row is None:
                raise NotFoundError(f"the index has no beamtime {beamtime_id}")
            database = self._root / row[0]
            said = self._said_by(database, uid)
            if said is not None:
                sample_name = said.sample_name if sample_name is None else sample_name
                time_start = said.time_start if time_start is None else time_start
                tags = said.tags if tags is None else tags
            start = time.time() if time_start is None else time_start
            with connection:
                connection.execute(_RUN, (uid, researcher_id, beamtime_id, plan_name, sample_name, start, json.dumps(list(tags or []))))
        finally:
            connection.close()
        if self._of_root and said is not None:  # everything that questions need beyond the core table
            with resonance.MasterIndex(self._root) as index:
                index.index_run(database, uid)

    @staticmethod
    def _said_by(database: pathlib.Path, uid: str) -> RunSummary | None:
        try:
            with resonance.Catalog(database) as catalog:
                return catalog[uid].summary()
        except (NotFoundError, InvalidArgumentError):
            return None

    def close(self) -> None:
        """Nothing is held open; here for symmetry."""

    def __enter__(self) -> IndexWriter:
        self.ensure_schema()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()
