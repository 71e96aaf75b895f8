"""Follows the database for live pages where it is PostgreSQL: see `center.web.change_reader`."""

from collections.abc import Sequence
from typing import Any

import psycopg

from center.web.change_reader import ReadError, Row

NEWEST_CHANGE = "SELECT max(id) FROM ingest_change"


class PostgresReader:
    """Reads the centre's PostgreSQL database."""

    def __init__(self, parameters: dict[str, Any]) -> None:
        self._parameters = parameters
        self._newest: int | None = None
        self._connection: psycopg.Connection[Row] | None = None

    def committed(self) -> bool:
        newest = int(self.query(NEWEST_CHANGE)[0][0] or 0)
        moved, self._newest = newest != self._newest, newest
        return moved

    def query(self, sql: str, parameters: Sequence[object] = ()) -> list[Row]:
        try:
            if self._connection is None:
                self._connection = psycopg.connect(autocommit=True, connect_timeout=3, **self._parameters)
            # psycopg wants its statements literal; these come from this package and hold no values.
            statement: Any = sql.replace("?", "%s")
            return self._connection.execute(statement, tuple(parameters) or None).fetchall()
        except psycopg.Error as error:
            self.close()
            raise ReadError(f"PostgreSQL cannot be read: {error}") from error

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
