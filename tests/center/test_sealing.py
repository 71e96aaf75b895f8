"""The city's sealing key: made once, never replaced in silence, and a box opens for it alone."""

import asyncio
import base64
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.public import PrivateKey, PublicKey, SealedBox

from agent.kiosk.sealing import SealKey, plaintext
from agent.kiosk.submission import read_submission
from agent.kiosk.vault import Vault
from center.sealing import (
    MAX_BLOB_BYTES,
    Plaintext,
    SealingError,
    SealingKeys,
    load_public_key,
    make_key_pair,
    seal_text,
)
from wire import bodies
from wire.seal import key_id, make_box


def box(public_key: bytes, plain: bytes) -> bodies.SealedBox:
    return make_box(public_key, SealedBox(PublicKey(public_key)).encrypt(plain))


def test_what_a_kiosk_seals_is_opened_here(tmp_path: Path) -> None:
    public_key = make_key_pair(tmp_path / "keys")
    keys = SealingKeys.load(tmp_path / "keys")
    plain = msgspec.json.encode({"text": "Jalan rusak", "pin": "0042", "name": "Siti"}) + b" " * 100
    assert keys.open(box(public_key, plain)) == Plaintext(text="Jalan rusak", pin="0042", name="Siti")


def test_what_the_agents_own_intake_seals_is_opened_here(tmp_path: Path) -> None:
    """The two sides share no code but the wire: this is where they meet."""
    make_key_pair(tmp_path)
    submission = read_submission({"category": "aduan", "text": "a\nb \U0001f525", "contact": "0812"}, "c" * 16)
    public = SealKey(tmp_path / "seal.pub").read()

    async def seal() -> bytes:
        async with Vault().talk() as talk:
            return await talk.seal(public, plaintext(submission.sealed_fields("K7F29QX31G", "0042")))

    sealed = make_box(public, asyncio.run(seal()))
    opened = SealingKeys.load(tmp_path).open(sealed)
    assert opened == Plaintext(text="a\nb \U0001f525", code="K7F29QX31G", pin="0042", contact="0812")


def test_making_the_pair_again_keeps_the_first(tmp_path: Path) -> None:
    first = make_key_pair(tmp_path / "keys")
    assert make_key_pair(tmp_path / "keys") == first == load_public_key(tmp_path / "keys")


def test_the_private_half_is_for_its_owner_alone_and_never_printed(tmp_path: Path) -> None:
    make_key_pair(tmp_path / "keys")
    private = tmp_path / "keys" / "seal.key"
    assert private.stat().st_mode & 0o077 == 0 and (tmp_path / "keys").stat().st_mode & 0o077 == 0
    keys = SealingKeys.load(tmp_path / "keys")
    assert private.read_text().strip() not in repr(keys)
    assert base64.b64decode(private.read_bytes()).hex() not in repr(keys)


def test_a_public_half_without_its_private_half_is_not_replaced(tmp_path: Path) -> None:
    make_key_pair(tmp_path)
    (tmp_path / "seal.key").unlink()
    with pytest.raises(SealingError, match="restore it from the backup"):
        make_key_pair(tmp_path)
    with pytest.raises(SealingError, match="no sealing key"):
        SealingKeys.load(tmp_path)


def test_boxes_sealed_before_a_change_of_key_still_open(tmp_path: Path) -> None:
    old = make_key_pair(tmp_path)
    (tmp_path / "seal.key").rename(tmp_path / f"seal-{key_id(old)}.key")
    (tmp_path / "seal.pub").unlink()
    new = make_key_pair(tmp_path)
    keys = SealingKeys.load(tmp_path)
    for public_key in (old, new):
        assert keys.open(box(public_key, b'{"text":"x","pin":"1234"}')).text == "x"


def test_a_box_for_another_city_is_not_opened_and_its_key_is_named(tmp_path: Path) -> None:
    make_key_pair(tmp_path)
    other = bytes(PrivateKey.generate().public_key)
    with pytest.raises(SealingError, match=key_id(other)):
        SealingKeys.load(tmp_path).open(box(other, b"{}"))


@given(st.integers(0, 200), st.integers(1, 255))
def test_a_box_with_a_single_changed_byte_is_refused(at: int, change: int) -> None:
    private = PrivateKey.from_seed(b"s" * 32)
    public_key = bytes(private.public_key)
    sealed = bytearray(SealedBox(PublicKey(public_key)).encrypt(b'{"text":"rahasia","pin":"1234"}' + b" " * 200))
    sealed[at] ^= change
    keys = SealingKeys({key_id(public_key): private})
    with pytest.raises(SealingError, match="damaged") as refusal:
        keys.open(make_box(public_key, bytes(sealed)))
    assert "rahasia" not in str(refusal.value)


@given(st.binary(max_size=300))
def test_whatever_is_in_a_box_it_is_a_complaint_or_a_refusal_that_tells_nothing_of_it(plain: bytes) -> None:
    private = PrivateKey.from_seed(b"s" * 32)
    public_key = bytes(private.public_key)
    keys = SealingKeys({key_id(public_key): private})
    with pytest.raises(SealingError) as refusal:
        keys.open(box(public_key, b"{not a complaint " + plain))
    assert str(refusal.value) == "the sealed text cannot be opened: it does not hold a complaint"
    assert refusal.value.__cause__ is None and refusal.value.__suppress_context__


@pytest.mark.parametrize("content", [b"", b"not base64!", b"c2hvcnQ="])
def test_a_damaged_key_is_named_not_used(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "seal.key").write_bytes(content)
    (tmp_path / "seal.key").chmod(0o600)
    for use in (load_public_key, SealingKeys.load, make_key_pair):
        with pytest.raises(SealingError, match=r"seal\.key is not a sealing key"):
            use(tmp_path)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o444])
def test_a_key_that_others_may_read_opens_nothing_and_the_message_says_what_to_do(tmp_path: Path, mode: int) -> None:
    make_key_pair(tmp_path)
    (tmp_path / "seal.key").chmod(mode)
    for use in (load_public_key, SealingKeys.load, make_key_pair):
        with pytest.raises(SealingError, match="chmod 600"):
            use(tmp_path)
    (tmp_path / "seal.key").chmod(0o600)
    assert SealingKeys.load(tmp_path).ids()


def test_what_the_desk_seals_opens_and_its_length_tells_little(tmp_path: Path) -> None:
    make_key_pair(tmp_path)
    keys = SealingKeys.load(tmp_path)
    short, longer = (seal_text(tmp_path, Plaintext(text="x" * count, purpose="skripsi")) for count in (1, 60))
    assert len(short.box) == len(longer.box)
    assert keys.open(short) == Plaintext(text="x", purpose="skripsi")
    assert "skripsi" not in repr(keys.open(short))


@given(st.binary(max_size=2000))
def test_a_sealed_blob_opens_whole_and_damaged_it_is_refused(content: bytes) -> None:
    private = PrivateKey.from_seed(b"s" * 32)
    public_key = bytes(private.public_key)
    keys = SealingKeys({key_id(public_key): private})
    sealed = SealedBox(PublicKey(public_key)).encrypt(content)
    assert keys.open_blob(key_id(public_key), sealed) == content
    for damaged in (sealed[:-1], sealed + b"x", b"", bytes(MAX_BLOB_BYTES + 1)):
        with pytest.raises(SealingError):
            keys.open_blob(key_id(public_key), damaged)
    with pytest.raises(SealingError, match="0000000000000000"):
        keys.open_blob("0" * 16, sealed)
