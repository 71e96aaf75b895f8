"""Which keys a node trusts, and that its verification is libsodium's."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey

from agent.commands.verify import brought, over, pinned
from agent.signing import Signer, verifies
from wire.keys import key_id, key_line

A, B, C = (bytes(SigningKey(name * 32).verify_key) for name in (b"a", b"b", b"c"))


def write(path: Path, *keys: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(key_line(key) for key in keys))
    return path


def test_the_cards_keys_are_trusted_until_signed_ones_came(tmp_path: Path) -> None:
    credentials, data = tmp_path / "credentials", tmp_path / "data"
    assert pinned(credentials, data).keys == {}
    write(credentials / "command.pub", A)
    assert pinned(credentials, data).keys == {key_id(A): A}
    file = write(brought(data), B, A)
    found = pinned(credentials, data)
    assert (found.keys, found.source, found.fault) == ({key_id(B): B, key_id(A): A}, str(file), "")


@pytest.mark.parametrize("content", [b"", b"# none\n", b"ed25519 AAAA\n", b"\xff", b"x" * 5000, b"rsa AAAA\n"])
def test_a_damaged_or_empty_file_gives_way_and_says_so(tmp_path: Path, content: bytes) -> None:
    credentials, data = tmp_path / "credentials", tmp_path / "data"
    write(credentials / "command.pub", A)
    write(brought(data)).write_bytes(content)
    found = pinned(credentials, data)
    assert found.keys == {key_id(A): A}
    assert bool(found.fault) == (content not in (b"", b"# none\n"))


def test_keys_that_came_with_a_later_certificate_go_before_those_a_command_brought(tmp_path: Path) -> None:
    """A box that was away during a change of keys; credentials without any key overtake nothing."""
    credentials, data = tmp_path / "credentials", tmp_path / "data"
    write(credentials / "command.pub", A)
    file = write(brought(data), B)
    file.write_text(over(credentials) + file.read_text())
    assert set(pinned(credentials, data).keys) == {key_id(B)}
    write(credentials / "command.pub")
    assert set(pinned(credentials, data).keys) == {key_id(B)}
    write(credentials / "command.pub", C)
    assert set(pinned(credentials, data).keys) == {key_id(C)}


def test_an_empty_file_of_the_card_means_no_commands(tmp_path: Path) -> None:
    write(tmp_path / "command.pub")
    assert pinned(tmp_path, tmp_path / "data").keys == {}


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=300), st.integers(0, 63), st.integers(0, 7))
def test_what_is_signed_verifies_and_with_any_bit_changed_does_not(seed: bytes, text: bytes, at: int, bit: int) -> None:
    key = SigningKey(seed)
    public, signature = bytes(key.verify_key), key.sign(text).signature
    assert Signer(seed).sign(text) == signature
    assert verifies(public, text, signature)
    changed = bytearray(signature)
    changed[at] ^= 1 << bit
    assert not verifies(public, text, bytes(changed))
    assert not verifies(public, text + b"x", signature)


@given(st.binary(max_size=70), st.binary(max_size=70), st.binary(max_size=70))
def test_any_bytes_verify_as_pynacl_says(public: bytes, text: bytes, signature: bytes) -> None:
    assert not verifies(public, text, signature)
    if len(public) == 32 and len(signature) == 64:
        with pytest.raises(BadSignatureError):
            SigningKey(public).verify_key.verify(text, signature)
