"""Whatever lies in the files, and whatever is answered: a state comes of it, never an exception or a certificate."""

import base64
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.core.enrolment import STATES, Standing
from agent.enrol import bundle, places, statefile
from agent.enrol.attempt import attempt
from agent.enrol.console import lines
from agent.enrol.door import Address, Reply
from agent.enrol.errors import EnrolError
from agent.enrol.places import Places
from agent.messages import Messages
from wire import enrolment
from wire.card import Card, card_text
from wire.errors import WireError

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
STANDINGS = st.builds(
    Standing, st.sampled_from(STATES), st.integers(0, 2**53), st.integers(0, 2**53), st.text(max_size=64),
    st.sampled_from(("", "0123456789abcdef" * 4)), st.text(max_size=32), st.text(max_size=300),
    st.integers(0, 2**31), st.integers(0, 2**53),
)  # fmt: skip


def certificate_of(content: bytes) -> str:
    return f"-----BEGIN CERTIFICATE-----\n{base64.b64encode(content).decode()}\n-----END CERTIFICATE-----\n"


@given(st.binary(max_size=400) | JSON.map(msgspec.json.encode))
def test_a_state_file_of_anything_is_a_state_or_nothing(raw: bytes) -> None:
    found = statefile.parse(raw)
    assert found is None or found.state in STATES


@given(STANDINGS)
def test_a_state_that_is_written_is_read(standing: Standing) -> None:
    assert statefile.parse(msgspec.json.encode(standing)) == standing


@given(standing=STANDINGS, width=st.integers(1, 200), height=st.integers(1, 60), now_ms=st.integers(0, 2**42))
def test_every_state_fits_every_screen(standing: Standing, width: int, height: int, now_ms: int) -> None:
    for lang in ("id", "en"):
        made = lines(standing, Messages(lang), width, height, now_ms)
        assert len(made) <= height
        assert all(len(text) <= width and text.isascii() and (text.isprintable() or not text) for text, _ in made)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(raw=st.binary(max_size=300) | st.text(max_size=300).map(str.encode), token=st.binary(max_size=80))
def test_a_card_of_anything_is_a_box_without_a_card(tmp_path: Path, raw: bytes, token: bytes) -> None:
    where = Places(tmp_path, tmp_path / "credentials", tmp_path / "state")
    where.state.mkdir(exist_ok=True)
    (tmp_path / "node.toml").write_bytes(raw)
    (tmp_path / "token").write_bytes(token)
    assert attempt(where).state == "unprovisioned"
    (tmp_path / "node.toml").write_text(card_text(Card("kel-1", "pi-4b", "opd", "127.0.0.1", 1)))
    seen = attempt(where)
    assert seen.state == "unprovisioned" and seen.code in ("bad_card", "bad_token", "no_token", "no_ca"), seen


def test_a_token_may_be_typed_in_small_letters(tmp_path: Path) -> None:
    where = Places(tmp_path, tmp_path / "credentials", tmp_path / "state")
    (tmp_path / "token").write_text(" " + enrolment.token_text(bytes(20)).lower() + "\r\n")
    assert places.token(where) == enrolment.token_text(bytes(20))


@given(st.integers(100, 599), st.binary(max_size=200) | JSON.map(msgspec.json.encode))
def test_an_answer_of_anything_is_an_answer_of_the_contract_or_none(status: int, body: bytes) -> None:
    reply = Reply(status, body)
    try:
        found = enrolment.parse_answer(reply.status, reply.body)
    except WireError:
        return
    assert found.state == {200: "issued", 202: "waiting"}.get(status, "refused")


@settings(max_examples=25)
@given(st.text(max_size=200) | st.binary(max_size=90).map(certificate_of))
def test_a_bundle_of_anything_is_refused(text: str) -> None:
    with pytest.raises(EnrolError):
        bundle.accepted(certificate_of(b"x").encode(), text)


def test_an_address_is_written_as_people_read_it() -> None:
    assert (str(Address("::1", 5)), str(Address("pusat", 5))) == ("[::1]:5", "pusat:5")
