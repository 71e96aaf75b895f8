"""`sandi-center backup` and `restore` as they are typed: a whole centre out and in, and every way it can go wrong."""

import ast
import contextlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from center.backup import postgresql
from center.backup import restore as restoring
from center.backup.sqlite import copy_database, examine
from center.errors import CenterError
from center.pki import open_authority
from center.sealing import SealingKeys
from tests.support.made_center import made_center
from tests.support.processes import program, wait_until

NODE, LATER = "kel-3673011001", "kel-3673011002"


def center(*words: str | Path, data: Path | None = None, code: int = 0) -> subprocess.CompletedProcess[str]:
    """Run one command to its end and hold it to an exit code."""
    where = ["--data", str(data)] if data else []
    command = [sys.executable, "-m", "center.cli", "--lang", "en", *map(str, words), *where]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
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


def test_a_backup_makes_the_same_centre_on_a_new_machine(made: Path, tmp_path: Path) -> None:
    data, new = made / "center", tmp_path / "deep" / "new"
    assert (made / "backup.tar.gz").stat().st_mode & 0o777 == 0o600
    said = center("restore", made / "backup.tar.gz", data=new).stdout
    assert "1 nodes" in said and "repeat it" in said and "known: none" in said
    kept = {name for name in everything(data) if name.partition("/")[0] not in {"center.db", "sessions.db"}}
    kept -= {"snapshots/.being-written", "center.db-wal", "sessions.db-wal"}
    before, after = everything(data), everything(new)
    assert {name: after.get(name) for name in kept} == {name: before[name] for name in kept}
    assert all(path.stat().st_mode & 0o077 == 0 for path in new.rglob("*"))
    assert not list(new.glob(".restore")) and not list(new.glob("before-restore-*"))
    tables = "SELECT code, name FROM sites_site ORDER BY code"
    assert ask(new, tables) == ask(data, tables)
    ((before_generation, _), (after_generation, reason)) = (
        ask(where, "SELECT value, reason FROM ingest_generation")[0] for where in (data, new)
    )
    assert after_generation != before_generation and reason == "restored"
    assert [row["node"] for row in json.loads(center("nodes", "--json", data=new).stdout)] == [NODE]
    center("init", data=new)


def test_json_tells_the_same_and_nothing_else(made: Path, tmp_path: Path) -> None:
    done = json.loads(center("backup", tmp_path / "b", "--json", data=made / "center").stdout)
    assert (done["nodes"], done["encrypted"], done["file"]) == (1, False, str(tmp_path / "b"))
    assert done["parts"] == ["database", "keys", "attachments", "pictures"]
    assert json.loads(center("backup", "--check", tmp_path / "b", "--json").stdout)["whole"] is True
    restored = json.loads(center("restore", tmp_path / "b", "--json", data=tmp_path / "new").stdout)
    assert (restored["aside"], restored["revocations_kept"], restored["backup"]["nodes"]) == (None, False, 1)


def test_a_restore_over_a_centre_keeps_what_must_not_go_back_in_time(city: Path) -> None:
    data = city / "center"
    old = everything(data)
    said = center("restore", city / "backup.tar.gz", data=data).stdout
    assert "stay taken back (1 nodes are revoked)" in said and LATER in said
    assert not is_old(data)
    # The stolen box stays out, in the broker's list and in the database; what was signed later is still in the book.
    authority = open_authority(data / "pki")
    serials = {entry["name"]: entry["serial"] for entry in authority.book()}
    assert authority.revoked_serials() == {serials[NODE]} and LATER in serials
    assert ask(data, "SELECT id, retired FROM sites_node") == [(NODE, 1)]
    assert ask(data, "SELECT COUNT(*) FROM django_session", "sessions.db") == [(0,)]
    (aside,) = data.glob("before-restore-*")
    moved = everything(aside)
    assert {name: moved[name] for name in moved} == {name: old[name] for name in moved}
    assert {"center.db", "pki/ca.key", "keys/seal.key", "secret_key"} <= set(moved)
    assert f"restore --undo --data {data}" in said


def test_undo_brings_the_old_centre_back_and_can_be_undone(city: Path) -> None:
    data = city / "center"
    center("restore", city / "backup.tar.gz", data=data)
    center("enroll", "kel-3673011003", "--out", city / "third", data=data)
    said = center("revoke", LATER, data=data).stdout
    assert "1 certificates" in said and "by the authority's book" in said
    serials = {entry["name"]: entry["serial"] for entry in open_authority(data / "pki").book()}
    assert serials[LATER] in open_authority(data / "pki").revoked_serials()
    assert "is not enrolled" in problem("revoke", "kel-3673011004", data=data)
    assert "is not enrolled" in problem("revoke", "center-ingest-1", data=data)
    said = center("restore", "--undo", data=data).stdout
    assert "is back" in said and is_old(data)
    assert {entry["name"] for entry in open_authority(data / "pki").book()} >= {NODE, LATER, "kel-3673011003"}
    assert len(list(data.glob("before-restore-*"))) == 1
    assert ask(data, f"SELECT retired FROM sites_node WHERE id = '{LATER}'") == [(1,)], "what was revoked stays out"
    assert ask(data, "SELECT reason FROM ingest_generation") == [("restored",)]
    center("restore", "--undo", data=data)
    assert not is_old(data)
    center("init", data=data)


def test_a_sealing_key_made_after_the_backup_is_kept(city: Path) -> None:
    data = city / "center"
    for path in (data / "keys").iterdir():
        path.unlink()
    from center.sealing import make_key_pair

    make_key_pair(data / "keys")
    newer = SealingKeys.load(data / "keys")
    center("restore", city / "backup.tar.gz", data=data)
    kept = SealingKeys.load(data / "keys")
    assert newer.without(kept) == {} and len(repr(kept).split(",")) == 2


def test_another_centre_in_place_is_moved_aside_whole_and_its_revocations_are_not_mixed_in(
    made: Path, tmp_path: Path
) -> None:
    data = tmp_path / "fresh"
    center("init", data=data)
    (data / "center.toml").write_text('[mqtt]\nhost = "0.0.0.0"\n')
    authority = (data / "pki" / "ca.crt").read_bytes()
    said = center("restore", made / "backup.tar.gz", data=data).stdout
    assert "repeat it" in said and "center.toml.from-backup" in said
    assert (data / "center.toml").read_text() == '[mqtt]\nhost = "0.0.0.0"\n'
    assert "sandi.example" in (data / "center.toml.from-backup").read_text()
    assert (data / "pki/ca.crt").read_bytes() == (made / "center/pki/ca.crt").read_bytes()
    (aside,) = data.glob("before-restore-*")
    assert (aside / "pki/ca.crt").read_bytes() == authority


def test_without_pictures_says_so_and_leaves_those_in_place_alone(made: Path, tmp_path: Path) -> None:
    data = tmp_path / "center"
    shutil.copytree(made / "center", data)
    said = center("backup", tmp_path / "b", "--without-pictures", data=data).stdout
    assert "Without the cameras' pictures" in said
    assert "snapshots" not in subprocess.check_output(["tar", "-tzf", tmp_path / "b"], text=True)
    center("restore", tmp_path / "b", data=data)
    assert len(list(data.glob("snapshots/*/*/*.jpg"))) == 1
    center("restore", tmp_path / "b", data=tmp_path / "new")
    assert not (tmp_path / "new/snapshots").exists()


def test_an_encrypted_backup_needs_its_passphrase(made: Path, tmp_path: Path) -> None:
    secret, wrong, short = tmp_path / "secret", tmp_path / "wrong", tmp_path / "short"
    secret.write_text("correct horse battery\nsecond line\n")
    wrong.write_text("incorrect horse battery\n")
    short.write_text("short\n")
    data, file = made / "center", tmp_path / "b"
    assert "too short" in problem("backup", file, "--passphrase-file", short, data=data)
    assert "cannot read the passphrase" in problem("backup", file, "--passphrase-file", tmp_path / "none", data=data)
    assert not file.exists()
    assert "encrypted" in center("backup", file, "--passphrase-file", secret, data=data).stdout
    assert "--passphrase-file" in problem("restore", file, data=tmp_path / "new")
    assert "passphrase is wrong" in problem("restore", file, "--passphrase-file", wrong, data=tmp_path / "new")
    assert not (tmp_path / "new").exists()
    center("restore", file, "--passphrase-file", secret, data=tmp_path / "new")
    assert (tmp_path / "new/secret_key").exists()


def test_a_directory_is_filled_by_date_and_kept_short(made: Path, tmp_path: Path) -> None:
    for day in ("20260101-000000", "20260102-000000"):
        (tmp_path / f"sandi-{day}.tar.gz").write_bytes(b"old")
    (tmp_path / "sandi-notes.txt").write_text("not ours")
    done = json.loads(center("backup", tmp_path, "--keep", "2", "--json", data=made / "center").stdout)
    assert [Path(name).name for name in done["removed"]] == ["sandi-20260101-000000.tar.gz"]
    assert len(list(tmp_path.iterdir())) == 3
    assert "needs a directory" in problem("backup", tmp_path / "b", "--keep", "2", data=made / "center")


def test_every_expected_problem_of_a_backup_is_one_sentence_and_leaves_nothing(made: Path, tmp_path: Path) -> None:
    data = made / "center"
    (tmp_path / "there").write_bytes(b"mine")
    assert "--force" in problem("backup", tmp_path / "there", data=data)
    assert (tmp_path / "there").read_bytes() == b"mine"
    assert "no centre" in problem("backup", tmp_path / "b", data=tmp_path / "none")
    assert "cannot be written" in problem("backup", tmp_path / "missing" / "b", data=data)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["there"]
    center("backup", tmp_path / "there", "--force", data=data)
    center("backup", "--check", tmp_path / "there")


def test_a_damaged_database_is_not_backed_up_over_good_backups(made: Path, tmp_path: Path) -> None:
    data = tmp_path / "center"
    shutil.copytree(made / "center", data)
    with (data / "center.db").open("r+b") as file:
        for page in range(40, 90):
            file.seek(page * 4096)
            file.write(b"\xff" * 2048)
    (tmp_path / "b").write_bytes(b"the good one")
    assert "keep the older backups" in problem("backup", tmp_path / "b", "--force", data=data)
    assert (tmp_path / "b").read_bytes() == b"the good one"
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["b", "center"]


def test_a_full_disk_is_a_sentence_and_leaves_nothing(made: Path, tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root")
    small = tmp_path / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", small], check=True)
    try:
        assert "too little room" in problem("backup", small / "b", data=made / "center")
        assert list(small.iterdir()) == []
        assert "too little room" in problem("restore", made / "backup.tar.gz", data=small / "center")
        assert list(small.iterdir()) == []
    finally:
        subprocess.run(["umount", small], check=True)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_backup_that_is_stopped_leaves_nothing(made: Path, tmp_path: Path, number: signal.Signals) -> None:
    data = tmp_path / "center"
    shutil.copytree(made / "center", data)
    fill(data, 100_000)
    command = [sys.executable, "-m", "center.cli", "--lang", "en", "backup", str(tmp_path / "b"), "--data", str(data)]
    with program(*command) as running:
        running.wait_for_output("Writing the backup")
        running.send(number)
        assert running.wait() == 130, running.output
    assert [entry.name for entry in tmp_path.iterdir()] == ["center"]


def fill(data: Path, rows: int) -> None:
    """Raw records of 1 kB, by the database's own arithmetic."""
    change(
        data,
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < "
        f"{rows}) INSERT INTO ingest_rawrecord (node, epoch, stream, seq, hash, boot, run, mono_ms, wall_ms, synced, "
        "kind, body, received_ms, rejected) SELECT 'kel-3673011001', 'e', 'health', i, hex(randomblob(16)), 'b', 'r', "
        "i, i, 1, 'report', hex(randomblob(450)), i, '' FROM n",
    )


def test_a_copy_is_of_one_moment_and_ends_although_others_commit_all_the_time(made: Path, tmp_path: Path) -> None:
    """SQLite's own backup in steps begins again at each commit of another process: it would never end here."""
    data = tmp_path / "center"
    shutil.copytree(made / "center", data)
    fill(data, 30_000)
    writer = (
        "import sqlite3, sys, time\n"
        "db = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=30)\n"
        "db.execute('PRAGMA journal_mode = WAL'); db.execute('PRAGMA synchronous = FULL')\n"
        "db.execute('CREATE TABLE pair (i INTEGER, side TEXT)')\n"
        "for i in range(10**9):\n"
        "    db.execute('BEGIN IMMEDIATE')\n"
        "    db.execute('INSERT INTO pair VALUES (?, ?)', (i, 'left'))\n"
        "    db.execute('INSERT INTO pair VALUES (?, ?)', (i, 'right'))\n"
        "    db.execute('COMMIT')\n"
        "    if i == 20: print('writing', flush=True)\n"
    )
    with program(sys.executable, "-c", writer, str(data / "center.db")) as running:
        running.wait_for_output("writing")
        before = ask(data, "SELECT COUNT(*) FROM pair")[0][0]
        copy_database(data / "center.db", tmp_path / "copy.db")
        between = ask(data, "SELECT COUNT(*) FROM pair")[0][0]
        wait_until(lambda: ask(data, "SELECT COUNT(*) FROM pair")[0][0] > between + 20, "the writer to go on")
        assert running.process.poll() is None, running.output
    copied = ask(tmp_path, "SELECT COUNT(*), SUM(side = 'left'), MAX(i) + 1 FROM pair", "copy.db")[0]
    assert copied[0] == 2 * copied[1] == 2 * copied[2]
    assert before <= copied[0] <= between
    assert examine(tmp_path / "copy.db").records == 30_000


def test_a_restore_waits_for_nobody_and_disturbs_nobody(city: Path, tmp_path: Path) -> None:
    data, file = city / "center", city / "backup.tar.gz"
    hold = (
        "import sys; from pathlib import Path; from center.sole_use import {0}\n"
        "with {0}(Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()\n"
    )
    joined = "import sys; from pathlib import Path; from center.sole_use import join\n"
    joined += "join(Path(sys.argv[1])); print('held', flush=True); import time; time.sleep(600)\n"
    alone = hold.format("sole_use").replace("sys.stdin.read()", "__import__('time').sleep(600)")
    before = everything(data)
    for code, words in ((alone, "already runs"), (joined, "stop it first")):
        with program(sys.executable, "-c", code, str(data)) as running:
            running.wait_for_output("held")
            said = problem("restore", file, data=data)
            assert words in said
            if code is alone:
                assert f"PID {running.pid}" in said
    assert everything(data) == before
    held = hold.format("unused").replace("sys.stdin.read()", "__import__('time').sleep(600)")
    with program(sys.executable, "-c", held, str(data)) as running:
        running.wait_for_output("held")
        assert "is being restored" in problem("nodes", data=data)
        assert "is being restored" in problem("backup", tmp_path / "b", data=data)
    assert not (tmp_path / "b").exists()


def test_a_restore_does_not_begin_while_a_backup_is_being_made(city: Path, tmp_path: Path) -> None:
    data = city / "center"
    fill(data, 100_000)
    command = [sys.executable, "-m", "center.cli", "--lang", "en", "backup", str(tmp_path / "b"), "--data", str(data)]
    with program(*command) as running:
        running.wait_for_output("Copying the database")
        assert "a backup or another command still works" in problem("restore", city / "backup.tar.gz", data=data)
        assert is_old(data)
        assert running.wait() == 0, running.output
    center("backup", "--check", tmp_path / "b")
    center("restore", city / "backup.tar.gz", data=data)


def test_every_sentence_of_a_failed_backup_or_restore_is_in_indonesian_too() -> None:
    folder = Path(postgresql.__file__).parent
    trees = {path: ast.parse(path.read_text()) for path in folder.glob("*.py")}
    alone = [
        f"{path.name}:{node.lineno}"
        for path, tree in trees.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id.endswith("Error")
        if node.func.id in {"BackupError", "SetupError", "CenterError"} and len(node.args) != 2
    ]
    assert alone == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_backup_made_by_root_leaves_no_lock_the_centre_s_own_user_cannot_open(made: Path, tmp_path: Path) -> None:
    data, user = tmp_path / "center", 12_345
    shutil.copytree(made / "center", data)
    (data / "pki" / ".lock").unlink(missing_ok=True)
    for path in (data, *data.rglob("*")):
        os.chown(path, user, user)
    center("backup", tmp_path / "b", data=data)
    assert {path.stat().st_uid for path in (data, *data.rglob("*"))} == {user}
    assert (data / "pki" / ".lock").exists()


def test_a_backup_of_a_newer_version_changes_nothing(city: Path, tmp_path: Path) -> None:
    newer = tmp_path / "newer"
    shutil.copytree(city / "center", newer)
    change(newer, "INSERT INTO django_migrations (app, name, applied) VALUES ('sites', '0099_later', '2030-01-01')")
    center("backup", tmp_path / "b", data=newer)
    data = city / "center"
    before = everything(data)
    assert "newer version" in problem("restore", tmp_path / "b", data=data)
    assert everything(data) == before


def test_a_backup_of_an_older_version_is_brought_up_to_date(city: Path, tmp_path: Path) -> None:
    older = tmp_path / "older"
    shutil.copytree(city / "center", older)
    go_back(older)
    center("backup", tmp_path / "b", data=older)
    center("restore", tmp_path / "b", data=city / "center")
    assert ask(city / "center", "SELECT COUNT(*) FROM django_migrations WHERE name = '0002_newest_report'") == [(1,)]
    center("nodes", data=city / "center")


def go_back(data: Path) -> None:
    """Undo the newest migrations of one application, with Django's own means."""
    program_text = (
        "import django; django.setup()\n"
        "from django.core.management import call_command\n"
        "call_command('migrate', 'connectivity', '0001', verbosity=0)\n"
    )
    environment = {**os.environ, "SANDI_CENTER_DATA": str(data), "DJANGO_SETTINGS_MODULE": "center.settings"}
    subprocess.run([sys.executable, "-c", program_text], check=True, env=environment, timeout=60)


def test_an_update_keeps_the_database_of_before_and_says_how_to_go_back(made: Path, tmp_path: Path) -> None:
    data = tmp_path / "center"
    shutil.copytree(made / "center", data)
    for round_number in range(4):
        go_back(data)
        (data / "backups").mkdir(exist_ok=True)
        for old in (data / "backups").iterdir():
            old.rename(old.with_name(f"before-update-2026010{round_number}-000000.tar.gz"))
        said = center("init", data=data).stdout
        assert "Keeping a copy of the database" in said
    kept = sorted((data / "backups").iterdir())
    assert 1 <= len(kept) <= 3
    assert "Keeping a copy" not in center("init", data=data).stdout
    change(data, "UPDATE sites_site SET name = 'later' WHERE code = 'opd-setda'")
    picture = next(data.glob("snapshots/*/*/*.jpg"))
    center("restore", kept[-1], data=data)
    assert not is_old(data) and picture.exists() and (data / "pki/ca.key").exists()
    assert "database alone" in problem("restore", kept[-1], data=tmp_path / "new")


def test_an_update_that_fails_names_the_way_back(made: Path, tmp_path: Path) -> None:
    data = tmp_path / "center"
    shutil.copytree(made / "center", data)
    go_back(data)
    change(data, "DROP TABLE connectivity_nodestate")
    said = problem("init", data=data)
    assert "could not be updated" in said and f"sandi-center restore {data}/backups/before-update-" in said


@settings(max_examples=20)
@given(data=st.data())
def test_a_damaged_backup_changes_nothing(data: st.DataObject, made: Path) -> None:
    content = bytearray((made / "backup.tar.gz").read_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    if data.draw(st.booleans()):
        content[place] ^= 1 << data.draw(st.integers(0, 7))
    else:
        del content[place:]
    file = made / "damaged"
    file.write_bytes(content)
    before = everything(made / "center")
    with pytest.raises(CenterError):
        restoring.restore(made / "center", file, lambda: b"", lambda key, **fields: None)
    assert everything(made / "center") == before
    with pytest.raises(CenterError):
        restoring.restore(made / "nowhere", file, lambda: b"", lambda key, **fields: None)
    assert not (made / "nowhere").exists()


def dies_at(step: int, *words: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.support.dies_at", str(step), *map(str, words)]
    root = Path(__file__).resolve().parents[2]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=100, check=False)


def killed_restores(city: Path, tmp_path: Path, every: int) -> Iterator[tuple[int, bool]]:
    """Kill -9 a restore before its 1st, 2nd, ... step on disk; after each, the centre is the old or the new one."""
    probe = tmp_path / "probe"
    shutil.copytree(city, probe)
    done = dies_at(-1, "restore", probe / "backup.tar.gz", "--data", probe / "center")
    assert done.returncode == 0, done.stderr
    steps = int(done.stdout.split()[-1])
    for step in range(0, steps, every):
        again = tmp_path / f"at-{step}"
        shutil.copytree(city, again)
        data = again / "center"
        assert dies_at(step, "restore", again / "backup.tar.gz", "--data", data).returncode == -signal.SIGKILL
        half = (data / ".restore" / "complete").exists()
        if half:
            assert "was cut off" in problem("nodes", data=data)
        center("init", data=data)
        assert not (data / ".restore").exists()
        new = not is_old(data)
        assert new == bool(list(data.glob("before-restore-*"))), step
        assert new or not half
        assert ask(data, "SELECT count(*) FROM sites_site") == [(100,)]
        assert open_authority(data / "pki").revoked_serials(), "the stolen box is out whatever happened"
        SealingKeys.load(data / "keys")
        assert (data / "secret_key").exists()
        assert len(list(data.glob("snapshots/*/*/*.jpg"))) == 1
        shutil.rmtree(again)
        yield step, new


@pytest.mark.timeout(480)
def test_a_restore_killed_on_the_way_leaves_the_old_centre_or_the_new_one(city: Path, tmp_path: Path) -> None:
    outcomes = [new for _step, new in killed_restores(city, tmp_path, every=9)]
    assert outcomes == sorted(outcomes) and {False, True} == set(outcomes)


@pytest.mark.full
@pytest.mark.timeout(900)
def test_a_restore_killed_at_every_single_step_leaves_the_old_centre_or_the_new_one(city: Path, tmp_path: Path) -> None:
    outcomes = [new for _step, new in killed_restores(city, tmp_path, every=1)]
    assert outcomes == sorted(outcomes) and {False, True} == set(outcomes)


def test_two_backups_to_one_file_do_not_meet(made: Path, tmp_path: Path) -> None:
    from center.backup.make import _room

    results: list[str] = []
    with _room(tmp_path / "b"):
        thread = threading.Thread(
            target=lambda: results.append(problem("backup", tmp_path / "b", data=made / "center"))
        )
        thread.start()
        thread.join()
    assert "is running" in results[0]
    assert list(tmp_path.iterdir()) == []
