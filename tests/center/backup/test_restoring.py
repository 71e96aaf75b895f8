"""Restoring: what must not go back in time is kept, and at any end it is the old centre or the new one."""

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from center.backup import restore as restoring
from center.errors import CenterError
from center.pki import open_authority
from center.sealing import SealingKeys
from tests.center.backup.conftest import (
    LATER,
    NODE,
    OPEN,
    REVOKED_TOKENS,
    ask,
    center,
    change,
    copies_at,
    dies_at,
    everything,
    held_backup,
    is_old,
    problem,
)
from tests.support.processes import program
from tests.support.torture import often

pytestmark = pytest.mark.timeout(600)  # many commands in a row, each a program of its own


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
    assert ask(data, REVOKED_TOKENS) == [(OPEN,)], "a card that was out may have been taken back since"
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
            running.wait_for_output("held", 60)
            said = problem("restore", file, data=data)
            assert words in said
            if code is alone:
                assert f"PID {running.pid}" in said
    assert everything(data) == before
    held = hold.format("unused").replace("sys.stdin.read()", "__import__('time').sleep(600)")
    with program(sys.executable, "-c", held, str(data)) as running:
        running.wait_for_output("held", 60)
        assert "is being restored" in problem("nodes", data=data)
        assert "is being restored" in problem("backup", tmp_path / "b", data=data)
    assert not (tmp_path / "b").exists()


def test_a_restore_does_not_begin_while_a_backup_is_being_made(city: Path, tmp_path: Path) -> None:
    data, go = city / "center", tmp_path / "go"
    with held_backup(tmp_path / "b", data, go) as running:
        running.wait_for_output("held", 60)
        assert "a backup or another command still works" in problem("restore", city / "backup.tar.gz", data=data)
        assert is_old(data)
        go.touch()
        assert running.wait(60) == 0, running.output
    center("backup", "--check", tmp_path / "b")
    center("restore", city / "backup.tar.gz", data=data)


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
    subprocess.run([sys.executable, "-c", program_text], check=True, env=environment, timeout=250)


@pytest.mark.full
def test_an_update_keeps_the_database_of_before_and_says_how_to_go_back(made: Path, tmp_path: Path) -> None:
    data = tmp_path / "center"
    shutil.copytree(made / "center", data)
    go_back(data)
    earlier = [data / "backups" / f"before-update-2026010{day}-000000.tar.gz" for day in range(1, 5)]
    earlier[0].parent.mkdir()
    for old in earlier:
        old.write_bytes(b"of an earlier update")
    said = center("init", data=data).stdout
    assert "Keeping a copy of the database" in said
    kept = sorted((data / "backups").iterdir())
    assert kept[:-1] == earlier[-2:] and kept[-1] > earlier[-1], "the newest three"
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


def each_step(city: Path, copies: Path) -> list[Path]:
    """What a restore over a copy of this centre has on the disk before its 1st, 2nd, ... step there."""
    again = copies / "restored"
    shutil.copytree(city, again)
    data = again / "center"
    done = copies_at(data, copies, "restore", again / "backup.tar.gz", "--data", data)
    assert done.returncode == 0, done.stderr
    return [copies / str(step) for step in range(int(done.stdout.split()[-1]))]


def started_again(data: Path) -> bool:
    """The next start makes of it one whole centre, and no other command works before; whether it is the new one."""
    half = (data / ".restore" / "complete").exists()
    if half:
        assert "was cut off" in problem("nodes", data=data)
    center("init", data=data)
    assert not (data / ".restore").exists()
    new = not is_old(data)
    assert new == bool(list(data.glob("before-restore-*")))
    assert new or not half
    assert ask(data, "SELECT count(*) FROM sites_site") == [(100,)]
    assert open_authority(data / "pki").revoked_serials(), "the stolen box is out whatever happened"
    SealingKeys.load(data / "keys")
    assert (data / "secret_key").exists()
    assert len(list(data.glob("snapshots/*/*/*.jpg"))) == 1
    return new


def names(data: Path) -> set[str]:
    """All there is, but for the time in a name, what SQLite has beside a database while it is open, and what makes the
    name of a file that is being written unique."""
    found = {str(path.relative_to(data)) for path in data.rglob("*") if path.suffix not in (".db-shm", ".db-wal")}
    found = {re.sub(r"before-restore-[\d-]+", "before-restore", name) for name in found}
    return {re.sub(r"(\.restore/\.complete)\.\w+$", r"\1", name) for name in found}


@pytest.mark.full
@pytest.mark.timeout(900)
def test_a_restore_killed_on_the_way_leaves_the_old_centre_or_the_new_one(city: Path, tmp_path: Path) -> None:
    states = each_step(city, tmp_path / "copies")
    outcomes = []
    for step in range(0, len(states), often(48, 9)):
        again = tmp_path / f"at-{step}"
        shutil.copytree(city, again)
        data = again / "center"
        assert dies_at(step, "restore", again / "backup.tar.gz", "--data", data).returncode == -signal.SIGKILL
        assert names(data) == names(states[step]), "a copy taken there is what a kill leaves"
        outcomes.append(started_again(data))
    assert outcomes == sorted(outcomes) and {False, True} == set(outcomes)


@pytest.mark.full
@pytest.mark.timeout(900)
def test_a_restore_cut_off_at_many_steps_leaves_the_old_centre_or_the_new_one(city: Path, tmp_path: Path) -> None:
    outcomes = []
    before: tuple[dict[str, bytes], set[str]] | None = None
    states = 0
    for state in each_step(city, tmp_path / "copies"):
        found = everything(state), names(state)
        if found != before:  # a step that only waits for the disk changes nothing there
            states += 1
            if states % often(8, 1) == 0:
                outcomes.append(started_again(state))
        before = found
        shutil.rmtree(state)
    assert outcomes == sorted(outcomes) and {False, True} == set(outcomes)
    assert states > 20
