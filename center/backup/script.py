r"""Playing what pg_restore writes to a database without psql.

psql obeys backslash commands, and `\!` runs a program on this machine: whoever makes up a backup could have one run by
whoever restores it (CVE-2025-8714, closed by newer clients only). The server knows no such commands. So statements go
straight to it, and all that is left to do here is to tell the rows of a COPY from statements.
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from center.errors import BackupError

if TYPE_CHECKING:
    from psycopg import Connection

_COPY: Final = re.compile(rb"COPY .+ FROM stdin;\n")
_END_OF_ROWS: Final = b"\\.\n"
_FOR_PSQL: Final = re.compile(rb"\\(un)?restrict \w+\n")
"""Newer versions of pg_restore forbid psql its backslash commands by one; they mean nothing here."""


def play(connection: "Connection", lines: Iterator[bytes]) -> None:
    """Run a script, given line by line, in the connection's transaction.

    Raises:
        psycopg.Error: the server refuses a statement, as it does a backslash command. BackupError: rows without an end.
    """
    statements: list[bytes] = []
    for line in lines:
        if _COPY.fullmatch(line):
            _execute(connection, statements)
            _copy(connection, line, lines)
        elif not _FOR_PSQL.fullmatch(line):
            statements.append(line)
    _execute(connection, statements)


def _execute(connection: "Connection", statements: list[bytes]) -> None:
    connection.execute(b"".join(statements))
    statements.clear()


def _copy(connection: "Connection", statement: bytes, lines: Iterator[bytes]) -> None:
    with connection.cursor() as cursor, cursor.copy(statement) as rows:
        for line in lines:
            if line == _END_OF_ROWS:
                return
            rows.write(line)
        raise BackupError.damaged("the rows of a table end too early")
