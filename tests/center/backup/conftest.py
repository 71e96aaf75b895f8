"""A centre with a backup of it, one in which things went on since, and commands held to their exit code."""

import contextlib
import shutil
import sqlite3
import subprocess
import sys
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.support.made_center import made_center
from tests.support.processes import Program, program

NODE = "kel-3673011001"
LATER = "kel-3673011002"


def center(*words: str | Path, data: Path | None = None, code: int = 0) -> subprocess.CompletedProcess[str]:
    """Run one command to its end and hold it to an exit code."""
    where = ["--data", str(data)] if data else []
    command = [sys.executable, "-m", "center.cli", "--lang", "en", *map(str, words), *where]
    done = subprocess.run(command, capture_output=True, text=True, timeout=250, check=False)
    assert done.returncode == code, f"{words}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


def problem(*words: str | Path, data: Path | None = None) -> str:
    """The one sentence a command ends with; anything more is a defect."""
    done = center(*words, data=data, code=2)
    (line,) = done.stderr.splitlines()
    return line.removeprefix("sandi-center: ")


def everything(directory: Path) -> dict[str, bytes]:
    """Content of every file that is not a lock."""
    files = (path for path in directory.rglob("*") if path.is_file() and path.name != ".lock")
    return {str(path.relative_to(directory)): path.read_bytes() for path in files if path.suffix != ".db-shm"}


def ask(data: Path, sql: str, name: str = "center.db") -> list[tuple[object, ...]]:
    with contextlib.closing(sqlite3.connect(data / name)) as database:
        return database.execute(sql).fetchall()


def change(data: Path, sql: str) -> None:
    with contextlib.closing(sqlite3.connect(data / "center.db")) as database:
        database.execute(sql)
        database.commit()


def blob(data: Path, folder: str, letter: str) -> Path:
    suffix = "jpg" if folder == "snapshots" else "sealed"
    path = data / folder / NODE / (letter * 2) / f"{letter * 64}.{suffix}"
    path.parent.mkdir(parents=True)
    path.write_bytes(letter.encode() * 1000)
    return path


OPEN, USED = "a" * 64, "b" * 64
_TOKENS = [
    "INSERT INTO enrolment_token (sha256, node, site_id, role, model, purpose, confirm, predecessor, made_by, made_at, "
    f"expires_at, used_key) VALUES ('{sha256}', '{NODE}', '{NODE}', 'opd', 'pi-4b', 'new', false, '', 'cli:test', "
    "'2026-01-01 00:00:00+00:00', '2099-01-01 00:00:00+00:00', '')"
    for sha256 in (OPEN, USED)
]
TOKENS = (
    *_TOKENS,
    "INSERT INTO enrolment_enrolmentrequest (token_id, node, fingerprint, csr, sign_key, board, address, state, "
    "first_at, last_at, decided_by, certificate, serial) SELECT id, node, sha256, '', '', '', '', 'issued', made_at, "
    f"made_at, '', '', '' FROM enrolment_token WHERE sha256 = '{USED}'",
)
"""A card that is out with a technician, and one that has brought its certificate."""
REVOKED_TOKENS = "SELECT sha256 FROM enrolment_token WHERE revoked_at IS NOT NULL"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A centre with a node, a picture and a complaint's photo, and `backup.tar.gz` of it beside; tests copy both."""
    where = tmp_path_factory.mktemp("made")
    data = where / "center"
    made_center(data)
    (data / "center.toml").write_text('[mqtt]\nnames = ["sandi.example"]\n')
    center("enroll", NODE, "--out", where / "credentials", data=data)
    blob(data, "snapshots", "a")
    blob(data, "attachments", "b")
    (data / "snapshots" / ".being-written").write_bytes(b"x")
    for sql in TOKENS:
        change(data, sql)
    center("backup", where / "backup.tar.gz", data=data)
    return where


@pytest.fixture(scope="module")
def went_on(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of it in which things went on after the backup: a box stolen, a box added, the sites changed."""
    where = Path(shutil.copytree(made, tmp_path_factory.mktemp("went-on") / "city"))
    data = where / "center"
    center("revoke", NODE, data=data)
    center("enroll", LATER, "--out", where.parent / "later", data=data)
    change(data, "UPDATE sites_site SET name = 'later' WHERE code = 'opd-setda'")
    return where


@pytest.fixture
def city(went_on: Path, tmp_path: Path) -> Path:
    """That one again, for one test."""
    return Path(shutil.copytree(went_on, tmp_path / "city"))


def is_old(data: Path) -> bool:
    """Whether the database is the one of before the restore."""
    return ask(data, "SELECT name FROM sites_site WHERE code = 'opd-setda'") == [("later",)]


def dies_at(step: int, *words: str | Path) -> subprocess.CompletedProcess[str]:
    return _stepwise("dies_at", step, *words)


def copies_at(data: Path, copies: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
    return _stepwise("copies_at", data, copies, *words)


def _stepwise(module: str, *words: str | int | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", f"tests.support.{module}", *map(str, words)]
    root = Path(__file__).resolve().parents[3]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=250, check=False)


def held_backup(file: Path, data: Path, go: Path) -> AbstractContextManager[Program]:
    """A backup that says "held" in the middle of writing its file, and goes on once `go` is there."""
    words = ["--lang", "en", "backup", str(file), "--data", str(data)]
    return program(sys.executable, "-m", "tests.support.held_backup", str(go), *words)


def fill(data: Path, rows: int) -> None:
    """Raw records of 1 kB, by the database's own arithmetic."""
    change(
        data,
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < "
        f"{rows}) INSERT INTO ingest_rawrecord (node, epoch, stream, seq, hash, boot, run, mono_ms, wall_ms, synced, "
        "kind, body, received_ms, rejected) SELECT 'kel-3673011001', 'e', 'health', i, hex(randomblob(16)), 'b', 'r', "
        "i, i, 1, 'report', hex(randomblob(450)), i, '' FROM n",
    )
