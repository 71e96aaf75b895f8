"""Backup and restore of a centre on PostgreSQL, with its own programs and a real server."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import psycopg
import pytest

from center.backup import postgresql
from center.backup.archive import Planned, read_archive, write_archive
from center.backup.manifest import Header
from tests.center.backup.conftest import OPEN, REVOKED_TOKENS, TOKENS, center, dies_at, problem
from tests.support.made_center import made_center
from tests.support.postgresql import binaries, running_postgresql
from tests.support.processes import program, wait_until
from tests.support.torture import often

pytestmark = [
    pytest.mark.full,
    pytest.mark.skipif(binaries() is None, reason="PostgreSQL is not installed: sudo apt install postgresql"),
]
NODE = "kel-3673011001"


class City:
    """A centre whose database is on a server, and the server."""

    def __init__(self, directory: Path, server: str, name: str = "city") -> None:
        self.server, self.name = server, name
        self.url = server.removesuffix("/postgres") + f"/{name}"
        self.data = directory / "center"
        self.data.mkdir(parents=True, exist_ok=True)
        (self.data / "center.toml").write_text(f'[database]\nurl = "{self.url}"\n')

    def make(self) -> None:
        self.create_database()
        center("init", data=self.data)
        center("enroll", NODE, "--out", self.data.parent / "credentials", data=self.data)
        for sql in TOKENS:
            self.ask(sql)

    def copy(self, directory: Path, name: str) -> "City":
        """Data directory and database once more: making them takes twenty seconds, copying them a tenth of one."""
        shutil.copytree(self.data, directory / "center")
        self.quiet()
        copied = City(directory, self.server, name)
        copied.create_database(f"TEMPLATE {self.name}")
        return copied

    def create_database(self, more: str = "") -> None:
        for sql in (f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)", f"CREATE DATABASE {self.name} {more}"):
            wait_until(lambda sql=sql: self._is_done(sql), sql)  # type: ignore[misc]

    def _is_done(self, sql: str) -> bool:
        """False where the server's own helpers did not let go of a database within its five seconds."""
        with psycopg.connect(self.server, autocommit=True) as server, suppress(psycopg.errors.ObjectInUse):
            server.execute(sql)  # type: ignore[arg-type]
            return True
        return False

    def ask(self, sql: str) -> object:
        with psycopg.connect(self.url, autocommit=True) as database:
            found = database.execute(sql)  # type: ignore[arg-type]
            row = found.fetchone() if found.description else None
            return row[0] if row else None

    def quiet(self) -> None:
        """Until nobody is connected to it: what has just been closed, the server takes a moment to let go."""
        sql = f"SELECT COUNT(*) FROM pg_stat_activity WHERE datname = '{self.name}' AND backend_type = 'client backend'"
        with psycopg.connect(self.server, autocommit=True) as server:
            wait_until(lambda: server.execute(sql).fetchone() == (0,), "connections to have ended")  # type: ignore[arg-type]

    def is_old(self) -> bool:
        """Whether the database is the one of before the restore."""
        return self.ask("SELECT name FROM sites_site WHERE code = 'opd-setda'") == "later"

    def go_on(self) -> None:
        """What happens after the backup: a box is stolen, the sites change."""
        center("revoke", NODE, data=self.data)
        self.ask("UPDATE sites_site SET name = 'later' WHERE code = 'opd-setda'")


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with running_postgresql() as url:
        yield url


@pytest.fixture(scope="module")
def made(server: str, tmp_path_factory: pytest.TempPathFactory) -> City:
    city = City(tmp_path_factory.mktemp("made"), server, "made")
    city.make()
    return city


@pytest.fixture
def city(made: City, tmp_path: Path) -> City:
    return made.copy(tmp_path / "city", "city")


def test_out_and_in_and_back_again(city: City, tmp_path: Path) -> None:
    file = tmp_path / "b"
    done = json.loads(center("backup", file, "--json", data=city.data).stdout)
    assert (done["engine"], done["nodes"]) == ("postgresql", 1)
    city.go_on()
    city.ask("CREATE TABLE left_over (site varchar(64) REFERENCES sites_site (code))")
    city.ask("INSERT INTO django_session VALUES ('s', 'x', now())")
    before = city.ask("SELECT value FROM ingest_generation")
    city.quiet()
    said = center("restore", file, data=city.data).stdout
    assert "1 nodes are revoked" in said
    assert not city.is_old() and city.ask("SELECT to_regclass('left_over')") is None
    assert city.ask("SELECT COUNT(*) FROM django_session") == 0
    assert city.ask("SELECT retired FROM sites_node") is True
    assert city.ask(REVOKED_TOKENS) == OPEN
    assert city.ask("SELECT COUNT(*) FROM enrolment_token WHERE revoked_at IS NULL") == 1
    assert city.ask("SELECT value FROM ingest_generation") != before
    assert city.ask("SELECT reason FROM ingest_generation") == "restored"
    (aside,) = city.data.glob("before-restore-*")
    assert (aside / "center.pgdump").exists()
    center("init", data=city.data)
    city.quiet()
    center("restore", "--undo", data=city.data)
    assert city.is_old() and city.ask("SELECT to_regclass('left_over')") is not None
    assert len(json.loads(center("nodes", "--all", "--json", data=city.data).stdout)) == 100


def test_a_dump_is_of_one_moment_while_others_write(city: City, tmp_path: Path) -> None:
    city.ask("CREATE TABLE pair (i integer, side text)")
    writer = (
        "import psycopg, sys\n"
        "with psycopg.connect(sys.argv[1]) as database:\n"
        "    for i in range(10**9):\n"
        "        database.execute('INSERT INTO pair VALUES (%s, %s)', (i, 'left'))\n"
        "        database.execute('INSERT INTO pair VALUES (%s, %s)', (i, 'right'))\n"
        "        database.commit()\n"
        "        if i == 20: print('writing', flush=True)\n"
    )
    with program(sys.executable, "-c", writer, city.url) as running:
        running.wait_for_output("writing")
        center("backup", tmp_path / "b", data=city.data)
        between = city.ask("SELECT COUNT(*) FROM pair")
        wait_until(lambda: city.ask("SELECT COUNT(*) FROM pair") != between, "the writer to go on")
        assert "other connections use the database" in problem("restore", tmp_path / "b", data=city.data)
    city.ask("TRUNCATE pair")
    city.quiet()
    center("restore", tmp_path / "b", data=city.data)
    assert city.ask("SELECT COUNT(*) > 40 AND COUNT(*) = 2 * COUNT(DISTINCT i) FROM pair") is True


def test_an_empty_server_and_an_empty_directory_become_the_centre(city: City, tmp_path: Path) -> None:
    center("backup", tmp_path / "b", data=city.data)
    other = City(tmp_path / "other", city.server, "other")
    other.create_database()
    center("restore", tmp_path / "b", data=other.data)
    assert other.ask("SELECT COUNT(*) FROM sites_site") == 100
    assert not list(other.data.glob("before-restore-*"))
    center("init", data=other.data)


def test_a_backup_of_the_other_kind_of_database_is_refused(city: City, tmp_path: Path) -> None:
    made_center(tmp_path / "sqlite")
    center("backup", tmp_path / "s", data=tmp_path / "sqlite")
    center("backup", tmp_path / "p", data=city.data)
    assert "this centre is set to PostgreSQL" in problem("restore", tmp_path / "s", data=city.data)
    (tmp_path / "sqlite" / "center.toml").write_text("")
    assert "this centre is set to SQLite" in problem("restore", tmp_path / "p", data=tmp_path / "sqlite")


def test_without_its_programs_it_says_what_to_install(
    city: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from center.errors import BackupError

    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(postgresql, "_PLACES", tmp_path)
    with pytest.raises(BackupError, match="apt install postgresql-client"):
        postgresql.copy_database(city.url, tmp_path / "dump")


def test_a_newer_backup_leaves_the_database_as_it_was(city: City, tmp_path: Path) -> None:
    city.ask("INSERT INTO django_migrations (app, name, applied) VALUES ('sites', '0099_later', now())")
    center("backup", tmp_path / "b", data=city.data)
    city.ask("DELETE FROM django_migrations WHERE name = '0099_later'")
    city.go_on()
    city.quiet()
    assert "newer version" in problem("restore", tmp_path / "b", data=city.data)
    assert city.is_old()
    assert not (city.data / ".restore").exists()
    center("init", data=city.data)


@pytest.mark.timeout(600)
def test_a_restore_killed_on_the_way_leaves_the_old_centre_or_the_new_one(city: City, tmp_path: Path) -> None:
    file, outcomes = tmp_path / "b", []
    center("backup", file, data=city.data)
    kept = tmp_path / "kept"
    shutil.copytree(city.data, kept)
    city.quiet()
    center("restore", file, data=city.data)
    for step in range(0, 60, often(20, 6)):  # each of them on SQLite: tests/center/backup/test_restoring.py
        shutil.rmtree(city.data)
        shutil.copytree(kept, city.data)
        city.ask("UPDATE sites_site SET name = 'later' WHERE code = 'opd-setda'")
        city.quiet()
        done = dies_at(step, "restore", file, "--data", city.data)
        if done.returncode == 0:
            break
        assert done.returncode == -signal.SIGKILL, done.stderr
        if (city.data / ".restore" / "complete").exists():
            assert "was cut off" in problem("nodes", data=city.data)
        center("init", data=city.data)
        outcomes.append(not city.is_old())
        assert outcomes[-1] == bool(list(city.data.glob("before-restore-*"))), step
        assert len(json.loads(center("nodes", "--all", "--json", data=city.data).stdout)) == 100
    assert outcomes == sorted(outcomes) and {False, True} == set(outcomes)


def crafted(city: City, tmp_path: Path, evil: str) -> Path:
    """A backup, whole by every checksum, in whose dump another statement stands in place of a comment on a table."""
    words = "x" * 200
    city.ask(f"COMMENT ON TABLE sites_site IS '{words}'")
    center("backup", tmp_path / "honest", data=city.data)
    unpacked = tmp_path / "unpacked"
    restored = Kept(unpacked)
    manifest = read_archive(tmp_path / "honest", lambda: b"", restored)
    dump = unpacked / "center.pgdump"
    statement = f"COMMENT ON TABLE public.sites_site IS '{words}';".encode()
    content = dump.read_bytes()
    assert statement in content
    dump.write_bytes(content.replace(statement, f"{evil}\n-- ".encode().ljust(len(statement), b"-")))
    planned = [Planned(one.path, unpacked / one.path, one.size_bytes) for one in manifest.files]
    with (tmp_path / "crafted").open("wb") as file:
        write_archive(file, manifest.header, planned, facts=manifest.facts, passphrase=None)
    return tmp_path / "crafted"


class Kept:
    """Unpacks an archive."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def accept(self, header: Header) -> None:
        """Anything."""

    def open(self, name: str) -> BinaryIO:
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("wb")


@pytest.mark.parametrize("how", ["\\! touch {0}", "SELECT 1 \\! touch {0}", "\\copy sites_site TO PROGRAM 'touch {0}'",
                                 "\\o | touch {0}"])  # fmt: skip
def test_a_made_up_dump_runs_nothing_on_this_machine_and_changes_nothing(
    city: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    touched = tmp_path / "touched"
    file = crafted(city, tmp_path, how.format(touched))
    city.go_on()
    old_client(tmp_path / "bin", monkeypatch)
    city.quiet()
    assert "syntax error" in problem("restore", file, data=city.data)
    assert not touched.exists()
    assert city.is_old()
    center("init", data=city.data)


def old_client(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pg_restore of before August 2025: it forbids psql nothing."""
    programs = binaries()
    assert programs is not None
    folder.mkdir()
    (folder / "pg_restore").write_text(
        "#!/bin/sh\nfor word; do case $word in --file=*) out=${word#--file=};; esac; done\n"
        f'{programs}/pg_restore "$@" || exit\n'
        'case $out in -|/dev/null) ;; *) sed -i "/^.\\(un\\)\\?restrict /d" "$out";; esac\n'
    )
    (folder / "pg_restore").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


def test_a_disk_too_small_for_the_dump_is_noticed_before(city: City, tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root")
    small = tmp_path / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=70m", "tmpfs", small], check=True)
    try:
        assert "too little room" in problem("backup", small / "b", data=city.data)
        assert list(small.iterdir()) == []
    finally:
        subprocess.run(["umount", small], check=True)


@pytest.mark.parametrize("role", ["sandi", "plain"])
def test_people_at_the_database_are_counted_and_the_server_s_own_helpers_are_not(city: City, role: str) -> None:
    """`plain` may not see what other users' sessions are."""
    if not city.ask(f"SELECT COUNT(*) FROM pg_roles WHERE rolname = '{role}'"):
        city.ask(f"CREATE ROLE {role} LOGIN")
    url = city.url.replace("sandi@", f"{role}@")
    wait_until(lambda: postgresql.users(url) == 0, "earlier connections to have ended")
    with psycopg.connect(city.url):
        # Who asked before may be let go a moment later.
        wait_until(lambda: postgresql.users(url) == 1, "one person to be counted")
        assert postgresql.users(url) == 1
    city.ask("CREATE TABLE bulk AS SELECT generate_series(1, 50000) AS i")
    city.ask("ALTER TABLE bulk SET (autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1)")
    city.ask("ALTER SYSTEM SET autovacuum_naptime = '1s'")
    city.ask("SELECT pg_reload_conf()")
    city.ask("DELETE FROM bulk")
    helpers = (  # the one that tidies up here: others look around and are gone again
        "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = 'city' AND backend_type = 'autovacuum worker' "
        "AND query LIKE 'autovacuum: VACUUM%bulk%'"
    )
    wait_until(lambda: city.ask(helpers) != 0, "the server to tidy up", 120)
    wait_until(lambda: postgresql.users(url) == 0, "our own connections to have ended")
    assert city.ask(helpers) != 0, "and all the while the server was tidying up"
    city.ask("ALTER SYSTEM RESET autovacuum_naptime")
    city.ask("SELECT pg_reload_conf()")


def test_the_password_is_in_no_command_line(city: City, tmp_path: Path) -> None:
    """A pg_dump in its place shows how it is called."""
    programs, seen = tmp_path / "bin", tmp_path / "seen"
    programs.mkdir()
    (programs / "pg_dump").write_text(f'#!/bin/sh\necho "$*" >{seen}\necho "$PGUSER $PGPASSWORD" >>{seen}\nexit 1\n')
    (programs / "pg_dump").chmod(0o755)
    url = city.url.replace("sandi@", "sandi:s%40cret@")
    (city.data / "center.toml").write_text(f'[database]\nurl = "{url}"\n')
    command = [sys.executable, "-m", "center.cli", "--lang", "en", "backup", str(tmp_path / "b"), "--data"]
    environment = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}"}
    done = subprocess.run([*command, str(city.data)], capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 2
    words, password = seen.read_text().splitlines()
    assert "--format=custom" in words and "cret" not in words + done.stderr
    assert password == "sandi s@cret"
    assert not (tmp_path / "b").exists()
