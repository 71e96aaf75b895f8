"""The guard of slots, in process on a temporary box: what it takes, what it refuses, what it undoes."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.guarded_box import Box
from tests.support.small_bundles import FILES, bundle, by_hand
from tests.support.small_tmpfs import SmallTmpfs
from wire.bundletar import write_head

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return Box(tmp_path / "box")


def _tried(box: Box, tmp_path: Path) -> str:
    """A good release is installed and on trial; its digest."""
    box.health()
    digest = box.wish(bundle(tmp_path).read_bytes())
    box.guard.install()
    assert (box.state.phase, box.slot) == ("trying", box.new_slot(digest))
    return digest


def test_the_tars_strict_reader_is_the_same_on_both_sides() -> None:
    assert (REPOSITORY / "wire/bundletar.py").read_bytes() == (
        REPOSITORY / "systemd/slotguard/bundletar.py"
    ).read_bytes()


def test_a_good_release_is_built_tried_and_kept_once_it_is_well(box: Box, tmp_path: Path) -> None:
    digest = _tried(box, tmp_path)
    assert {path.name for path in box.slot.iterdir() if path.is_file()} >= set(FILES)
    assert box.clock.restarted == 1
    box.health()
    assert box.guard.look().phase == "trying", "well, but for no minute yet"
    box.clock.now_ms += 61_000
    box.health(started_ms=box.state.began_ms)
    assert box.guard.look().phase == "confirmed"
    assert (box.slot, box.old.exists(), box.state.running) == (box.new_slot(digest), True, "0.1.0")
    assert not box.places.stage.exists()


@pytest.mark.parametrize(
    ("ill", "code"),
    [
        ({"connected": False}, "uplink"),
        ({"last_ack_ms": 0}, "acks"),
        ({"stalled": True}, "acks"),
        ({"cameras": []}, "cameras"),
        ({"at_ms": 0}, "silent"),
        ({"boot": "another"}, "silent"),
        ({"slot": "/opt/sandi/releases/old"}, "silent"),
        ({"connected": "yes"}, "uplink"),
        ({"at_ms": True}, "silent"),
    ],
)
def test_a_release_that_is_not_well_by_its_deadline_is_taken_back(
    box: Box, tmp_path: Path, ill: dict[str, object], code: str
) -> None:
    digest = _tried(box, tmp_path)
    box.clock.now_ms += 599_000
    box.health(**ill)
    assert box.guard.look().phase == "trying"
    box.clock.now_ms += 2_000
    box.health(**({"at_ms": box.clock.now_ms, "last_ack_ms": box.clock.now_ms} | ill))
    state = box.guard.look()
    assert (state.phase, state.code, box.slot, box.clock.restarted) == ("rolled_back", code, box.old, 2)
    assert not box.new_slot(digest).exists()
    assert box.whole()


def test_a_release_that_ends_three_times_is_taken_back_at_once(box: Box, tmp_path: Path) -> None:
    _tried(box, tmp_path)
    for restarts, phase in ((1, "trying"), (2, "trying"), (3, "rolled_back")):
        box.clock.restarts_seen = restarts
        assert box.guard.look().phase == phase
    assert (box.state.code, box.slot) == ("crashes", box.old)


def test_counts_of_a_restarted_watch_and_of_a_unit_started_by_hand_go_on(box: Box, tmp_path: Path) -> None:
    _tried(box, tmp_path)
    box.clock.restarts_seen = 2
    box.guard.look()
    box.clock.restarts_seen = 0
    assert box.guard.look().failed_starts == 2
    box.clock.restarts_seen = 1
    assert box.guard.look().phase == "rolled_back"


def test_one_boot_in_the_middle_goes_on_and_the_second_takes_it_back(box: Box, tmp_path: Path) -> None:
    digest = _tried(box, tmp_path)
    box.clock.reboot()
    box.guard.boot_up()
    assert (box.state.phase, box.slot, box.clock.watched) == ("trying", box.new_slot(digest), 1)
    box.clock.reboot()
    box.guard.boot_up()
    assert (box.state.phase, box.state.code, box.slot) == ("rolled_back", "reboots", box.old)


def test_a_trial_begun_anew_by_a_boot_can_still_be_confirmed(box: Box, tmp_path: Path) -> None:
    _tried(box, tmp_path)
    box.clock.reboot()
    box.guard.boot_up()
    box.clock.now_ms += 70_000
    box.health(started_ms=7_000)
    assert box.guard.look().phase == "confirmed"


def test_a_technician_takes_the_last_release_back(box: Box, tmp_path: Path) -> None:
    _tried(box, tmp_path)
    box.clock.now_ms += 61_000
    box.health()
    assert box.guard.look().phase == "confirmed"
    state = box.guard.back()
    assert state is not None
    assert (state.phase, state.code, box.slot) == ("rolled_back", "technician", box.old)
    assert box.guard.back() is None


def test_a_version_that_somebody_installs_during_a_trial_stays(box: Box, tmp_path: Path) -> None:
    _tried(box, tmp_path)
    theirs = box.places.releases / "theirs"
    (theirs / "bin").mkdir(parents=True)
    (theirs / "bin/sandi").touch()
    (theirs / ".complete").touch()
    box.places.link.unlink()
    box.places.link.symlink_to(theirs)
    state = box.guard.look()
    assert (state.phase, state.code, box.slot) == ("rolled_back", "replaced", theirs)


def test_the_same_wish_is_answered_once(box: Box, tmp_path: Path) -> None:
    raw = bundle(tmp_path, signer="somebody").read_bytes()
    box.wish(raw)
    first = box.guard.run()
    box.wish(bundle(tmp_path).read_bytes())
    assert (first.code, box.guard.run()) == ("signature", first)
    box.wish(bundle(tmp_path).read_bytes(), attempt=1)
    assert box.guard.install().phase == "trying"


def _flip(raw: bytes) -> bytes:
    return raw[:-2000] + bytes([raw[-2000] ^ 1]) + raw[-1999:]


def _in_hand(change: Callable[[bytes, list[tuple[str, bytes]]], bytes]) -> Callable[[Path], bytes]:
    """A bundle built by hand from a good one's manifest and files."""

    def made(folder: Path) -> bytes:
        bundle(folder)
        (manifest,) = folder.glob("made-*/manifest.json")
        return change(manifest.read_bytes(), sorted(FILES.items()))

    return made


BAD: dict[str, tuple[Callable[[Path], bytes], str]] = {
    "signed by another key": (lambda folder: bundle(folder, signer="somebody").read_bytes(), "signature"),
    "a signature of zeros": (_in_hand(lambda m, f: by_hand(m, f, signature=bytes(64))), "signature"),
    "a short signature": (_in_hand(lambda m, f: by_hand(m, f, signature=b"x" * 10)), "signature"),
    "for another Python": (lambda folder: bundle(folder, pythons=("3.99",)).read_bytes(), "python"),
    "for another processor": (lambda folder: bundle(folder, arch=("riscv64",)).read_bytes(), "arch"),
    "a floor above this version": (lambda folder: bundle(folder, floor="0.1.5").read_bytes(), "floor"),
    "older than what runs": (lambda folder: bundle(folder, version="0.0.9", floor="0.0.1").read_bytes(), "downgrade"),
    "a byte of a file changed": (lambda folder: _flip(bundle(folder).read_bytes()), "file"),
    "cut off": (lambda folder: bundle(folder).read_bytes()[:-1500], "bundle"),
    "cut off in the first header": (lambda folder: bundle(folder).read_bytes()[:100], "bundle"),
    "nothing": (lambda folder: b"x", "bundle"),
    "one file more": (_in_hand(lambda m, f: by_hand(m, [*f, ("extra", b"!")])), "bundle"),
    "one file less": (_in_hand(lambda m, f: by_hand(m, f[:1])), "bundle"),
    "another order": (_in_hand(lambda m, f: by_hand(m, f[::-1])), "bundle"),
    "bytes behind the end": (_in_hand(lambda m, f: by_hand(m, f, end=bytes(1024) + b"x")), "bundle"),
    "a path upwards": (_in_hand(lambda m, f: by_hand(m, f, head=lambda n, s: _named(b"../../etc/x", s))), "bundle"),
    "an absolute path": (_in_hand(lambda m, f: by_hand(m, f, head=lambda n, s: _named(b"/etc/x", s))), "bundle"),
    "a link": (_in_hand(lambda m, f: by_hand(m, f, head=lambda n, s: _typed(n, s, b"2"))), "bundle"),
    "a folder": (_in_hand(lambda m, f: by_hand(m, f, head=lambda n, s: _typed(n, s, b"5"))), "bundle"),
    "a device": (_in_hand(lambda m, f: by_hand(m, f, head=lambda n, s: _typed(n, s, b"3"))), "bundle"),
    "a sparse file": (_in_hand(lambda m, f: by_hand(m, f, head=lambda n, s: _typed(n, s, b"S"))), "bundle"),
    "an extended header": (_in_hand(lambda m, f: by_hand(m, f, head=lambda n, s: _typed(n, s, b"x"))), "bundle"),
    "a size of 8 GB": (_in_hand(lambda m, f: by_hand(m, f, head=lambda n, s: write_head(n, 2**33 - 1))), "bundle"),
    "compressed": (lambda folder: __import__("gzip").compress(bundle(folder).read_bytes()), "bundle"),
    "a manifest that is no JSON": (lambda _: by_hand(b"{", []), "manifest"),
    "a manifest with a path": (lambda _: by_hand(_manifest("../x"), [("x", b"1")]), "manifest"),
    "a manifest with two of a name": (lambda _: by_hand(_manifest("x", "x"), [("x", b"1"), ("x", b"1")]), "manifest"),
    "a manifest nested without end": (lambda _: by_hand(b"[" * 100_000, []), "manifest"),
    "a version nobody can compare": (lambda folder: bundle(folder, version="newest").read_bytes(), "manifest"),
}  # fmt: skip


def _named(name: bytes, size: int) -> bytes:
    return _summed(name.ljust(100, b"\0") + write_head("x", size)[100:])


def _typed(name: str, size: int, kind: bytes) -> bytes:
    head = write_head(name, size)
    return _summed(head[:156] + kind + head[157:])


def _summed(head: bytes) -> bytes:
    blank = head[:148] + b" " * 8 + head[156:]
    return blank[:148] + b"%06o\0 " % sum(blank) + blank[156:]


def _manifest(*names: str) -> bytes:
    one = "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b"
    files = [{"name": name, "size_bytes": 1, "sha256": one} for name in names]
    return json.dumps({"version": "0.2.0", "floor": "0.1.0", "pythons": ["3.11"], "files": files}).encode()


@pytest.mark.parametrize("what", BAD)
def test_a_bad_bundle_is_refused_and_leaves_everything_as_it_was(box: Box, tmp_path: Path, what: str) -> None:
    make, code = BAD[what]
    version = {"older than what runs": "0.0.9", "a version nobody can compare": "newest"}.get(what, "0.2.0")
    digest = box.wish(make(tmp_path), version)
    state = box.guard.run()
    assert (state.phase, state.code) == ("refused", code), state.detail
    assert (box.slot, box.clock.restarted, box.new_slot(digest).exists()) == (box.old, 0, False)
    assert not box.places.stage.exists()
    assert box.whole()


def test_an_older_release_is_taken_when_it_is_forced(box: Box, tmp_path: Path) -> None:
    box.wish(bundle(tmp_path, version="0.0.9", floor="0.0.1").read_bytes(), "0.0.9", forced=True)
    assert box.guard.install().phase == "trying"


def test_a_file_that_is_not_the_one_asked_for_is_refused(box: Box, tmp_path: Path) -> None:
    good = bundle(tmp_path).read_bytes()
    digest = box.wish(good)
    for content, code in ((good[:-1], "size"), (good + b"\0", "size"), (_flip(good), "hash")):
        (box.places.data / f"update/{digest}.bundle").write_bytes(content)
        assert box.guard.run().code == code
        box.places.state.unlink()
    (box.places.data / f"update/{digest}.bundle").unlink()
    assert box.guard.run().code == "absent"


@pytest.mark.parametrize("trick", ["link", "folder link", "pipe", "folder"])
def test_the_agents_folder_is_read_without_following_it(box: Box, tmp_path: Path, trick: str) -> None:
    good = bundle(tmp_path).read_bytes()
    digest = box.wish(good)
    place = box.places.data / f"update/{digest}.bundle"
    elsewhere = tmp_path / "elsewhere"
    if trick == "folder link":
        (box.places.data / "update").rename(elsewhere)
        (box.places.data / "update").symlink_to(elsewhere)
        assert box.guard.run().phase == "idle"
        return
    place.rename(elsewhere)
    {"link": lambda: place.symlink_to(elsewhere), "pipe": lambda: os.mkfifo(place), "folder": place.mkdir}[trick]()
    state = box.guard.run()
    assert (state.phase, box.slot) == ("refused", box.old)
    assert state.code in ("size", "storage")


def test_a_box_without_a_release_key_takes_nothing(box: Box, tmp_path: Path) -> None:
    box.places.key.unlink()
    box.wish(bundle(tmp_path).read_bytes())
    assert box.guard.run().code == "no_key"


def test_no_room_is_said_before_anything_is_copied(box: Box, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import slotguard.install

    monkeypatch.setattr(slotguard.install, "room_bytes", lambda _: 100_000_000)
    box.wish(bundle(tmp_path).read_bytes())
    state = box.guard.run()
    assert (state.phase, state.code) == ("refused", "room")
    assert box.whole()


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts a small disk")
def test_a_release_that_fills_the_disk_is_taken_back_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import slotguard.install

    monkeypatch.setattr(slotguard.install, "RESERVE_BYTES", 0)
    with SmallTmpfs(tmp_path / "disk", 4) as small:
        box = Box(small.path / "box")
        _tried(box, tmp_path)
        small.fill()
        with pytest.raises(OSError, match="No space"):
            (box.places.home / "more").write_bytes(bytes(4096))
        (box.places.home / "more").unlink()
        box.clock.restarts_seen = 3
        state = box.guard.look()
        assert (state.phase, state.code, box.slot) == ("rolled_back", "crashes", box.old)
        assert box.whole()


def test_a_slot_that_cannot_be_built_is_refused_with_what_was_said(tmp_path: Path) -> None:
    box = Box(tmp_path / "box", builder='#!/bin/sh\nmkdir -p "$2"; echo no such wheel >&2; exit 1\n')
    digest = box.wish(bundle(tmp_path).read_bytes())
    state = box.guard.run()
    assert (state.phase, state.code) == ("refused", "build")
    assert "no such wheel" in state.detail
    assert not box.new_slot(digest).exists()


@pytest.mark.parametrize(
    "raw", [b"", b"[]", b"{", b'{"digest": 1}', b"\xff\xfe", b'{"digest": "' + b"a" * 70_000 + b'"}']
)
def test_a_wish_that_is_none_changes_nothing(box: Box, raw: bytes) -> None:
    (box.places.data / "update/request.json").write_bytes(raw)
    assert (box.guard.run().phase, box.slot) == ("idle", box.old)
