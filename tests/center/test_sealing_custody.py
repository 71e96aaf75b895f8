"""A change of key: old and new boxes open, nothing is lost wherever it is cut; and what a lost key takes along."""

import base64
from pathlib import Path

import pytest
from nacl.public import PrivateKey, PublicKey, SealedBox

from center import sealing_custody
from center.sealing import SealingError, SealingKeys, load_public_key, make_key_pair
from center.sealing_custody import import_key, mend_public_half, rotate, status
from wire import bodies
from wire.seal import key_id, make_box


def box(public_key: bytes) -> bodies.SealedBox:
    return make_box(public_key, SealedBox(PublicKey(public_key)).encrypt(b'{"text":"x","pin":"1234"}'))


def test_after_two_changes_every_box_there_ever_was_opens(tmp_path: Path) -> None:
    publics = [make_key_pair(tmp_path)]
    for _ in range(2):
        done = rotate(tmp_path)
        publics.append(load_public_key(tmp_path))
        assert (done.old, done.new) == (key_id(publics[-2]), key_id(publics[-1]))
        assert base64.b64decode((tmp_path / "seal.pub").read_bytes()) == publics[-1]
    assert len(set(publics)) == 3
    keys = SealingKeys.load(tmp_path)
    assert [keys.open(box(public)).text for public in publics] == ["x"] * 3
    assert all(path.stat().st_mode & 0o077 == 0 for path in tmp_path.glob("seal*.key"))
    assert make_key_pair(tmp_path) == publics[-1]


@pytest.mark.parametrize("cut", [1, 2, 3])
def test_wherever_a_change_is_cut_what_nodes_seal_can_be_opened(
    tmp_path: Path, cut: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = make_key_pair(tmp_path)
    write, written = sealing_custody.write_atomic, []

    def breaks(path: Path, content: bytes, mode: int = 0o644) -> None:
        written.append(path)
        if len(written) == cut:
            raise OSError(28, "No space left on device")
        write(path, content, mode)

    monkeypatch.setattr(sealing_custody, "write_atomic", breaks)
    with pytest.raises(OSError, match="No space"):
        rotate(tmp_path)
    monkeypatch.undo()
    keys = SealingKeys.load(tmp_path)
    given = base64.b64decode((tmp_path / "seal.pub").read_bytes())
    for public in (old, given, load_public_key(tmp_path)):
        assert keys.open(box(public)).text == "x"
    assert mend_public_half(tmp_path) is (cut == 3)
    assert base64.b64decode((tmp_path / "seal.pub").read_bytes()) == load_public_key(tmp_path)
    rotate(tmp_path)
    assert SealingKeys.load(tmp_path).open(box(old)).text == "x"


def test_without_a_pair_there_is_nothing_to_change(tmp_path: Path) -> None:
    with pytest.raises(SealingError, match="restore it from the backup"):
        rotate(tmp_path)
    assert not list(tmp_path.glob("seal*"))


def test_a_key_of_a_backup_comes_back_for_reading_alone(tmp_path: Path) -> None:
    current = make_key_pair(tmp_path / "keys")
    lost = PrivateKey.generate()
    file = tmp_path / "old.key"
    file.write_bytes(base64.b64encode(bytes(lost)))
    named = import_key(tmp_path / "keys", file)
    assert named == key_id(bytes(lost.public_key))
    assert import_key(tmp_path / "keys", file) == named
    assert load_public_key(tmp_path / "keys") == current
    assert SealingKeys.load(tmp_path / "keys").open(box(bytes(lost.public_key))).text == "x"
    assert (tmp_path / "keys" / f"seal-{named}.key").stat().st_mode & 0o077 == 0
    current_file = tmp_path / "keys" / "seal.key"
    assert import_key(tmp_path / "keys", current_file) == key_id(current)
    assert len(list((tmp_path / "keys").glob("seal*.key"))) == 2


@pytest.mark.parametrize("content", [b"", b"\x00" * 32, b"c2hvcnQ=", b"A" * 10_000])
def test_what_is_no_key_is_not_brought_in(tmp_path: Path, content: bytes) -> None:
    make_key_pair(tmp_path / "keys")
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(SealingError, match="not a sealing key"):
        import_key(tmp_path / "keys", tmp_path / "file")
    assert len(list((tmp_path / "keys").glob("seal*.key"))) == 1


def test_what_hangs_on_each_key_is_said_and_what_hangs_on_one_that_is_gone(tmp_path: Path) -> None:
    old = key_id(make_key_pair(tmp_path))
    new = rotate(tmp_path).new
    rows = status(tmp_path, {old: 5, new: 2, "f" * 16: 3}, {old: 1})
    assert [(one.key_id, one.current, one.here, one.sealed, one.photos) for one in rows[:1]] == [
        (new, True, True, 2, 0)
    ]
    rest = {one.key_id: (one.here, one.sealed, one.photos, one.file) for one in rows[1:]}
    assert rest == {old: (True, 5, 1, f"seal-{old}.key"), "f" * 16: (False, 3, 0, f"seal-{'f' * 16}.key")}
