"""The node's signature is PyNaCl's, byte for byte."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.signing import SigningKey

from agent.signing import Signer


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=3000))
def test_key_and_signature_are_those_of_pynacl(seed: bytes, message: bytes) -> None:
    signer, reference = Signer(seed), SigningKey(seed)
    assert signer.public == bytes(reference.verify_key)
    assert signer.sign(message) == reference.sign(message).signature


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_seed_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match=f"a seed of {length} bytes"):
        Signer(bytes(length))


def test_nothing_of_the_key_is_shown() -> None:
    assert repr(Signer(b"k" * 32)) == "Signer(...)"
