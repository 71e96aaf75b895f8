"""Copying and loading a PostgreSQL database with its own programs, pg_dump and pg_restore, when they are installed.

The password goes to them through their environment, never through an argument others could read.
"""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from center.backup.manifest import Facts
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


def is_empty(url: str) -> bool:
    """Whether no table is there."""
    import psycopg

    try:
        with psycopg.connect(**_keywords(url)) as connection:  # type: ignore[arg-type]
            sql = "SELECT COUNT(*) FROM pg_tables WHERE schemaname = current_schema()"
            row = connection.execute(sql).fetchone()
            return row is not None and row[0] == 0
    except psycopg.Error as error:
        raise _unusable(error) from error


def users(url: str) -> int:
    """How many other connections there are to this database."""
    import psycopg

    try:
        with psycopg.connect(**_keywords(url)) as connection:  # type: ignore[arg-type]
            sql = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            row = connection.execute(sql).fetchone()
            return int(row[0]) if row else 0
    except psycopg.Error as error:
        raise _unusable(error) from error


def load(url: str, dump: Path) -> None:
    """Replace everything in the database with a dump, in one transaction: all of it or nothing.

    Raises:
        BackupError: it failed; the database is as it was.
    """
    script = dump.with_suffix(".sql")
    try:
        words = ["--no-owner", "--no-privileges", f"--file={script}", str(dump)]
        _run([_program("pg_restore"), *words], url)
        _run(
            [_program("psql"), "--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1",
             f"--command={_EMPTY}", f"--file={script}"],
            url,
        )  # fmt: skip
    finally:
        script.unlink(missing_ok=True)


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
        raise _unusable(" ".join(done.stderr.split())[-300:] or f"code {done.returncode}", Path(command[0]).name)


def _unusable(error: object, program: str = "PostgreSQL") -> BackupError:
    text = " ".join(str(error).split())
    return BackupError(f"{program} says: {text}", f"{program} menjawab: {text}")
