"""The enrolment messages: what goes in comes out, and nothing else goes in."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wire import enrolment
from wire.card import Card, card_text, read_card
from wire.enrolment import Enrol, Issued, Refused, Renew, Trust, Waiting
from wire.errors import WireError

KEY = base64.b64encode(bytes(32)).decode()
TOKEN = enrolment.token_text(bytes(range(20)))
MESSAGES = (
    Enrol("kel-3673011001", TOKEN, "csr", KEY, "100000001", "0.1.0"),
    Renew("opd-diskominfo-2", "csr", "certificate", "c2ln"),
    Issued("certificate", "ca", KEY, 1_800_000_000_000),
    Waiting("ab" * 32, 30),
    Refused("token_used", "by another key"),
    Trust("ca"),
)


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_a_message_survives_the_way(message: enrolment.Message) -> None:
    assert enrolment.parse(enrolment.encode(message), type(message)) == message


def test_every_refusal_has_a_status_and_no_other_code_has() -> None:
    from typing import get_args

    assert set(enrolment.STATUS) == set(get_args(enrolment.RefusalCode))
    assert all(400 <= status < 600 for status in enrolment.STATUS.values())


@given(st.binary(max_size=2000), st.sampled_from([type(message) for message in MESSAGES]))
def test_bytes_from_outside_are_a_message_or_a_wire_error(payload: bytes, kind: type[enrolment.Message]) -> None:
    try:
        message = enrolment.parse(payload, kind)
    except WireError as error:
        assert error.code in {"json", "schema", "depth", "too_large"}
    else:
        assert isinstance(message, kind)


@pytest.mark.parametrize("change", [{"node": "kel-3673011001\n"}, {"node": "center-ingest-1"}, {"token": TOKEN[:-1]},
                                    {"sign_key": KEY + "\n"}, {"sandi": 2}])  # fmt: skip
def test_an_enrolment_that_breaks_the_contract_is_refused(change: dict[str, object]) -> None:
    import msgspec

    tree = {**msgspec.to_builtins(MESSAGES[0]), **change}
    with pytest.raises(WireError):
        enrolment.parse(msgspec.json.encode(tree), Enrol)


def test_too_much_is_refused_before_it_is_read() -> None:
    with pytest.raises(WireError) as found:
        enrolment.parse(b" " * (enrolment.MAX_REQUEST_BYTES + 1), Enrol)
    assert found.value.code == "too_large"


@given(st.binary(min_size=20, max_size=20))
def test_tokens_keep_their_160_bits(raw: bytes) -> None:
    text = enrolment.token_text(raw)
    value = 0
    for letter in text:
        value = value << 5 | enrolment.ALPHABET.index(letter)
    assert value.to_bytes(20, "big") == raw


def test_people_compare_four_groups() -> None:
    assert enrolment.fingerprint_text("a1b2c3d4e5f60718" + "0" * 48) == "a1b2 c3d4 e5f6 0718"


def test_a_card_is_read_as_it_was_written() -> None:
    import tomllib

    card = Card("kel-3673011001", "pi-4b", "kelurahan-kiosk", "sandi.serangkota.go.id", 8885, "2026-11-28T10:00:00Z")
    assert read_card(tomllib.loads(card_text(card))) == card
    for tree in ({}, {"node": "x"}, [], {**tomllib.loads(card_text(card)), "more": 1}):
        with pytest.raises(WireError):
            read_card(tree)
