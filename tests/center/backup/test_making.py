"""`sandi-center backup` as it is typed: a whole centre out and in again, and every way it can go wrong."""

import ast
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from center.backup import postgresql
from center.backup.sqlite import copy_database, examine
from tests.center.backup.conftest import NODE, ask, center, everything, fill, held_backup, problem
from tests.support.processes import program, wait_until

pytestmark = pytest.mark.timeout(600)  # many commands in a row, each a program of its own


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
    with held_backup(tmp_path / "b", made / "center", tmp_path / "go") as running:
        running.wait_for_output("held", 60)
        assert (tmp_path / ".b.part" / "whole").exists()
        running.send(number)
        assert running.wait(60) == 130, running.output
    assert list(tmp_path.iterdir()) == []


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
        running.wait_for_output("writing", 60)
        before = ask(data, "SELECT COUNT(*) FROM pair")[0][0]
        copy_database(data / "center.db", tmp_path / "copy.db")
        between = ask(data, "SELECT COUNT(*) FROM pair")[0][0]
        wait_until(lambda: ask(data, "SELECT COUNT(*) FROM pair")[0][0] > between + 20, "the writer to go on", 60)
        assert running.process.poll() is None, running.output
    copied = ask(tmp_path, "SELECT COUNT(*), SUM(side = 'left'), MAX(i) + 1 FROM pair", "copy.db")[0]
    assert copied[0] == 2 * copied[1] == 2 * copied[2]
    assert before <= copied[0] <= between
    assert examine(tmp_path / "copy.db").records == 30_000


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
