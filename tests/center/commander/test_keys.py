"""The command keys: made once, changed in three steps, never readable by others, and pinned by what is published."""

import base64
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from center.commander.keys import CommandKeyError, KeyRing, published
from wire.keys import parse_keys


@pytest.fixture
def ring(tmp_path: Path) -> KeyRing:
    made = KeyRing(tmp_path / "commander")
    made.make(1000)
    return made


def known(ring: KeyRing) -> dict[str, bytes]:
    return parse_keys((ring.directory / "command.pub").read_text())


def test_a_key_is_made_once_and_is_for_its_owner_alone(ring: KeyRing) -> None:
    before = ring.ring()
    assert ring.make(2000) == before
    modes = {path.name: path.stat().st_mode & 0o777 for path in (ring.directory / "keys").iterdir()}
    assert modes == {"ring.json": 0o600, f"{before.signing}.key": 0o600}
    assert (ring.directory / "keys").stat().st_mode & 0o777 == 0o700
    assert (ring.directory / "command.pub").stat().st_mode & 0o777 == 0o644


def test_a_box_that_knows_both_keys_takes_commands_throughout_a_change(ring: KeyRing) -> None:
    first = set(known(ring))
    ring.prepare(2000)
    pinned = known(ring)
    assert first < set(pinned)
    for step in (lambda: None, ring.switch, ring.retire):
        step()
        key, signature = ring.sign(b"command")
        Ed25519PublicKey.from_public_bytes(pinned[key]).verify(base64.b64decode(signature), b"command")
    assert set(known(ring)) == set(pinned) - first
    assert next(iter(known(ring))) == ring.ring().signing


def test_steps_out_of_turn_say_what_to_do(ring: KeyRing) -> None:
    for step in (ring.switch, ring.retire):
        with pytest.raises(CommandKeyError):
            step()
    ring.prepare(1)
    with pytest.raises(CommandKeyError, match="finish that change first"):
        ring.prepare(2)
    ring.switch()
    assert ring.switch().signing != ring.ring().other
    ring.retire()
    assert len(list((ring.directory / "keys").glob("*.key"))) == 1


def test_a_key_others_may_read_or_that_is_another_s_signs_nothing(ring: KeyRing) -> None:
    path = ring.directory / "keys" / f"{ring.ring().signing}.key"
    path.chmod(0o640)
    with pytest.raises(CommandKeyError, match="chmod 600"):
        ring.sign(b"x")
    path.chmod(0o600)
    path.write_bytes(base64.b64encode(bytes(32)))
    with pytest.raises(CommandKeyError, match="another key"):
        ring.sign(b"x")
    path.unlink()
    with pytest.raises(CommandKeyError, match="cannot read"):
        ring.sign(b"x")


def test_a_ring_somebody_changed_is_not_believed(ring: KeyRing) -> None:
    path = ring.directory / "keys" / "ring.json"
    said = json.loads(path.read_text())
    for wrong in ({**said, "signing": "0" * 16}, {**said, "keys": []}, {"x": 1},
                  {**said, "keys": [{**said["keys"][0], "public": base64.b64encode(bytes(32)).decode()}]}):  # fmt: skip
        path.write_text(json.dumps(wrong))
        with pytest.raises(CommandKeyError, match="damaged"):
            ring.ring()


def test_what_is_published_is_nothing_where_there_is_no_commander_or_it_is_damaged(tmp_path: Path) -> None:
    assert published(tmp_path) == ""
    KeyRing(tmp_path / "commander").make(1)
    assert parse_keys(published(tmp_path))
    (tmp_path / "commander" / "command.pub").write_bytes(b"\xff")
    assert published(tmp_path) == ""
    KeyRing(tmp_path / "commander").make(1)
    assert parse_keys(published(tmp_path))
