"""A private PostgreSQL cluster for a test: made as user postgres in a directory of its own, gone afterwards."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.broker import free_port


def binaries() -> Path | None:
    """Where the newest installed server's programs are; None without one."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None


@contextmanager
def running_postgresql(*, copy_of: Path | None = None, kept_as: Path | None = None) -> Iterator[str]:
    """Yields the URL of an empty database, without durability (tests do not cut the power).

    `kept_as` keeps the files of the server once it has stopped, and `copy_of` begins with files kept in that way.
    """
    programs = binaries()
    assert programs is not None, "PostgreSQL is not installed: sudo apt install postgresql"
    directory = Path(tempfile.mkdtemp(prefix="sandi-postgresql-"))
    user = "postgres" if os.geteuid() == 0 else None
    if user:
        shutil.chown(directory, user)
    data, port = directory / "data", free_port()

    def call(*words: str) -> None:
        subprocess.run(words, check=True, user=user, cwd=directory, stdout=subprocess.DEVNULL)

    if copy_of is None:
        call(str(programs / "initdb"), "-D", str(data), "-U", "sandi", "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
    else:
        subprocess.run(("cp", "--archive", str(copy_of), str(data)), check=True)
    options = f"-p {port} -k {directory} -c listen_addresses=127.0.0.1 -c fsync=off"
    control, patiently = str(programs / "pg_ctl"), ("-w", "-t", "200")
    call(control, "-D", str(data), *patiently, "-l", str(directory / "log"), "-o", options, "start")
    try:
        yield f"postgresql://sandi@127.0.0.1:{port}/postgres"
    finally:
        call(control, "-D", str(data), *patiently, "-m", "fast" if kept_as else "immediate", "stop")
        if kept_as:
            subprocess.run(("cp", "--archive", str(data), str(kept_as)), check=True)
        shutil.rmtree(directory, ignore_errors=True)
