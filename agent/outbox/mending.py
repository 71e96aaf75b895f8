"""Making a damaged file readable where the damage is in what is the same in every outbox.

A few bytes at the beginning of the file and the definitions of its tables are needed to read any row at all, and both
are known. Damaged there, everything else may be whole. For salvaging, not for use.
"""

import os
import sqlite3
from contextlib import suppress
from pathlib import Path

from agent import sqlite_file
from agent.outbox import schema
from agent.outbox.database import PAGE_BYTES

_NUMBERED = sqlite_file.LIST.replace("SELECT ", "SELECT rowid, ")
_DEFINE = "UPDATE sqlite_master SET type = ?, name = ?, tbl_name = ?, sql = ? WHERE rowid = ?"
_PAGE_SIZES = {1, *(512 << power for power in range(7))}
"""As the header has them; 1 stands for 65536 bytes."""


def mend_header(file: Path) -> bool:
    """Write what every header has where this one has something else; True when it had. OSError when the disk refuses.

    https://www.sqlite.org/fileformat2.html#the_database_header
    """
    with file.open("r+b") as pages:
        found = pages.read(sqlite_file.HEADER_BYTES)
        if len(found) < sqlite_file.HEADER_BYTES:
            return False
        header = bytearray(found)
        for at, content in sqlite_file.HEADER.items():
            header[at : at + len(content)] = content
        if int.from_bytes(header[16:18]) not in _PAGE_SIZES:
            header[16:18] = PAGE_BYTES.to_bytes(2)
        if header == found:
            return False
        pages.seek(0)
        pages.write(header)
        pages.flush()
        os.fsync(pages.fileno())
    return True


def mend_tables(connection: sqlite3.Connection) -> None:
    """Give each table its definition back, for this connection: nothing is committed, the file stays as it is.

    A definition is known by its name or by its text; where both are damaged, or two are alike, it stays as it is, and
    the others are readable.
    """
    with suppress(sqlite3.Error, UnicodeError):
        connection.execute("PRAGMA writable_schema=ON")  # a definition that is none takes nothing else with it
        rows = connection.execute(_NUMBERED).fetchall()
        whole = schema.listed()
        if sqlite_file.listed(row[1:] for row in rows) == whole:
            return
        connection.execute("PRAGMA cache_spill=OFF")  # or what is not committed might be written into the log
        connection.execute("BEGIN IMMEDIATE")
        for kind, name, table, text in whole:
            alike = [row[0] for row in rows if row[2] == name or row[3:] == (table, text) or (text and row[4] == text)]
            if len(alike) == 1:
                connection.execute(_DEFINE, (kind, name, table, text, alike[0]))
        connection.execute("PRAGMA writable_schema=RESET")  # read the definitions again
        connection.execute("PRAGMA writable_schema=ON")
