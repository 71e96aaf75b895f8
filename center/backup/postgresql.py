"""Copying and loading a PostgreSQL database with its own programs, pg_dump and pg_restore, when they are installed.

psql takes no part: see `center.backup.script`.
The password goes to them through their environment, never through an argument others could read.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import Final, LiteralString
from urllib.parse import unquote, urlsplit

from center.backup.manifest import Facts
from center.backup.script import play
from center.errors import BackupError

_PLACES = Path("/usr/lib/postgresql")
_PASSING: Final = ("django_session", "axes_accessattempt", "axes_accesslog", "axes_accessfailurelog")
"""Tables whose rows end with a restore anyway: who is signed in, failed attempts to."""
_EMPTY: Final = """
DO $$ DECLARE found record; BEGIN
  FOR found IN SELECT tablename FROM pg_tables WHERE schemaname = current_schema() LOOP
    EXECUTE format('DROP TABLE %I CASCADE', found.tablename);
  END LOOP;
END $$;
"""


def copy_database(url: str, target: Path) -> Facts:
    """Dump the database at `url` into the file `target`; what it holds, of the same moment.

    Raises:
        BackupError: a program is missing, the server does not answer, or the dump fails.
    """
    import psycopg

    from center.backup.sqlite import read_facts

    program = _program("pg_dump")
    try:
        with psycopg.connect(**_keywords(url)) as connection:  # type: ignore[arg-type]
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            row = connection.execute("SELECT pg_export_snapshot()").fetchone()
            assert row is not None
            facts = read_facts(lambda sql: connection.execute(sql).fetchall())
            passing = [f"--exclude-table-data={table}" for table in _PASSING]
            # Not compressed: the archive does that, and a dump twice compressed only costs time.
            words = ["--format=custom", "--compress=0", "--no-owner", "--no-privileges", f"--snapshot={row[0]}"]
            _run([program, *words, *passing, f"--file={target}"], url)
    except psycopg.Error as error:
        raise _unusable(error) from error
    examine(target)
    return facts


def examine(dump: Path) -> None:
    """BackupError when pg_restore cannot read this dump to its end."""
    _run([_program("pg_restore"), f"--file={os.devnull}", str(dump)], "")


def size_bytes(url: str) -> int:
    """What the database takes on the server's disk; a dump is hardly ever larger, having no indexes."""
    return _number(url, "SELECT pg_database_size(current_database())")


def is_empty(url: str) -> bool:
    """Whether no table is there."""
    return _number(url, "SELECT COUNT(*) FROM pg_tables WHERE schemaname = current_schema()") == 0


def users(url: str) -> int:
    """How many other connections of programs there are to this database; the server's own helpers do not count."""
    # Who may not look at other people's sessions sees no kind; the server's own have no user either.
    return _number(
        url,
        "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
        "AND COALESCE(backend_type, 'client backend') = 'client backend' AND usesysid IS NOT NULL",
    )


def load(url: str, dump: Path) -> None:
    """Replace everything in the database with a dump, in one transaction: all of it or nothing.

    Raises:
        BackupError: it failed; the database is as it was.
    """
    import psycopg

    try:
        # Left in this order: pg_restore must have come to its end before the transaction does.
        with psycopg.connect(**_keywords(url), prepare_threshold=None) as connection, _script(dump) as lines:  # type: ignore[arg-type]
            connection.execute(_EMPTY)
            play(connection, lines)
    except psycopg.Error as error:
        raise _unusable(error) from error


@contextmanager
def _script(dump: Path) -> Iterator[Iterator[bytes]]:
    """What pg_restore makes of a dump, line by line; BackupError in the end when it could not read all of it."""
    words = [_program("pg_restore"), "--no-owner", "--no-privileges", "--file=-", str(dump)]
    with TemporaryFile() as complaint, subprocess.Popen(
        words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=complaint, env={**os.environ, "LC_ALL": "C"}
    ) as process:  # fmt: skip
        assert process.stdout is not None
        try:
            yield process.stdout
        except BaseException:
            process.kill()
            raise
        if code := process.wait():
            complaint.seek(0)
            raise _failed("pg_restore", complaint.read().decode(errors="replace"), code)


def _number(url: str, sql: LiteralString) -> int:
    import psycopg

    try:
        with psycopg.connect(**_keywords(url)) as connection:  # type: ignore[arg-type]
            row = connection.execute(sql).fetchone()
            return int(row[0]) if row else 0
    except psycopg.Error as error:
        raise _unusable(error) from error


def _program(name: str) -> str:
    found = shutil.which(name)
    if found:
        return found
    newest = sorted(_PLACES.glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]))
    if newest:
        return str(newest[-1])
    raise BackupError(
        f"{name} is not installed; install it: sudo apt install postgresql-client",
        f"{name} belum terpasang; pasang dengan: sudo apt install postgresql-client",
    )


def _keywords(url: str) -> dict[str, str]:
    parts = urlsplit(url)
    known = {
        "dbname": unquote(parts.path[1:]),
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "host": parts.hostname or "",
        "port": str(parts.port or ""),
    }
    return {name: value for name, value in known.items() if value}


def _run(command: list[str], url: str) -> None:
    names = {"dbname": "PGDATABASE", "user": "PGUSER", "password": "PGPASSWORD", "host": "PGHOST", "port": "PGPORT"}
    environment = {names[key]: value for key, value in _keywords(url).items()} if url else {}
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        env={**os.environ, **environment, "LC_ALL": "C"},
    )
    if done.returncode:
        raise _failed(Path(command[0]).name, done.stderr, done.returncode)


def _failed(program: str, complaint: str, code: int) -> BackupError:
    return _unusable(" ".join(complaint.split())[-300:] or f"code {code}", program)


def _unusable(error: object, program: str = "PostgreSQL") -> BackupError:
    text = " ".join(str(error).split())
    return BackupError(f"{program} says: {text}", f"{program} menjawab: {text}")
