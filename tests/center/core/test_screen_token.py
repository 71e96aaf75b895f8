"""Tokens typed with a remote control: grouping and misreading do not matter, anything else does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from center.core.screen_token import ALPHABET, SIGNS, token_digest, written

RAW = st.binary(min_size=SIGNS, max_size=SIGNS)


@given(RAW, st.data())
def test_however_it_is_typed_it_is_the_same_token(raw: bytes, data: st.DataObject) -> None:
    token = written(raw)
    typed = token.replace("-", data.draw(st.sampled_from(("", " ", "-", "- "))))
    for right, read in (("1", "I"), ("1", "l"), ("0", "o"), ("V", "u")):
        if data.draw(st.booleans()):
            typed = typed.replace(right, read)
    assert token_digest(data.draw(st.sampled_from((typed, typed.lower(), f" {typed} ")))) == token_digest(token)


@given(RAW, st.integers(0, SIGNS - 1), st.integers(1, len(ALPHABET) - 1))
def test_one_other_sign_is_another_token(raw: bytes, place: int, step: int) -> None:
    signs = written(raw).replace("-", "")
    other = ALPHABET[(ALPHABET.index(signs[place]) + step) % len(ALPHABET)]
    changed = signs[:place] + other + signs[place + 1 :]
    assert token_digest(changed) not in (None, token_digest(signs))


@given(st.text(max_size=200))
def test_what_cannot_be_a_token_has_no_digest(text: str) -> None:
    digest = token_digest(text)
    assert digest is None or len(text.upper().replace("-", "").replace(" ", "").strip()) == SIGNS


@pytest.mark.parametrize("text", ["", "A" * 27, "A" * 29, "A" * 1000, "Ä" * 28, "!" * 28])
def test_wrong_lengths_and_signs_are_refused(text: str) -> None:
    assert token_digest(text) is None
