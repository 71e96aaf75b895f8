"""Follows the database for live pages over a connection of its own: no ORM, no long transaction, read only.

SQLite: `PRAGMA data_version` moves when anybody else has committed, and costs microseconds to ask. PostgreSQL: the
newest id of the tail of changes is asked instead. One reader belongs to one thread.
"""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from django.db import connections

from center.errors import CenterError

Row = tuple[Any, ...]


class ReadError(CenterError):
    """The database cannot be read just now; the message says which one."""


class ChangeReader(Protocol):
    """What a follower needs of the database."""

    def committed(self) -> bool:
        """Whether anything may have been committed since the last call. Raises ReadError."""
        ...

    def query(self, sql: str, parameters: Sequence[object] = ()) -> list[Row]:
        """All rows of one read; parameters are written `?`. Raises ReadError."""
        ...

    def close(self) -> None:
        """Let the connection go."""
        ...


class SqliteReader:
    """Reads the centre's SQLite file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._version: int | None = None
        self._connection: sqlite3.Connection | None = None

    def committed(self) -> bool:
        version = int(self.query("PRAGMA data_version")[0][0])
        moved, self._version = version != self._version, version
        return moved

    def query(self, sql: str, parameters: Sequence[object] = ()) -> list[Row]:
        try:
            if self._connection is None:
                self._connection = sqlite3.connect(
                    f"{self._path.as_uri()}?mode=ro", uri=True, isolation_level=None, timeout=1
                )
                self._version = None
            return self._connection.execute(sql, tuple(parameters)).fetchall()
        except sqlite3.Error as error:
            self.close()
            raise ReadError(f"{self._path} cannot be read: {error}") from error

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def open_reader() -> ChangeReader:
    """A reader of the default database; connects at the first question."""
    database = connections.databases["default"]
    if database["ENGINE"].endswith("sqlite3"):
        return SqliteReader(Path(str(database["NAME"])).absolute())
    from center.web.postgres_reader import PostgresReader  # psycopg: most cities have no PostgreSQL

    names = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
    return PostgresReader({key: database[name] for name, key in names.items() if database.get(name)})
