"""The table of remote commands: every one complete and answerable, its arguments bounded and strict."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.commands import table
from tests.support.command_box import ARGUMENTS
from wire.afar import CommandNotice, OutputNotice
from wire.bodies import Command, encode_body
from wire.codec import MAX_CONTROL_BYTES, decode_body, decode_downlink_body
from wire.commands import COMMANDS, MAX_OUTPUT_BYTES, decode_arguments
from wire.errors import WireError
from wire.keys import key_id, key_line, parse_keys

KEYS = "A" * 43 + "="


def test_every_command_has_a_handler_at_the_node_and_no_other_has() -> None:
    assert list(table.HANDLERS) == [name for name in COMMANDS if name in table.HANDLERS]
    assert set(table.HANDLERS) == set(COMMANDS)
    assert set(table.RESUMES) <= set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_weight_and_the_patience_of_a_minute_at_least(name: str) -> None:
    kind = COMMANDS[name]
    assert kind.deadline_s >= 60 and kind.deliver_s >= 60
    assert (kind.gravity == "grave") == (name in {"reboot", "update", "keys"})


@pytest.mark.parametrize("name", COMMANDS)
def test_arguments_are_read_back_as_they_were_given_and_nothing_else_is_taken(name: str) -> None:
    given_ones = ARGUMENTS.get(name, {"keys": KEYS} if name == "keys" else {})
    found = decode_arguments(name, given_ones)
    assert msgspec.to_builtins(found).items() >= given_ones.items()
    with pytest.raises(WireError, match="schema"):
        decode_arguments(name, {**given_ones, "more": 1})


SLIPS = {
    "ping": [{}, {"host": ""}, {"host": "a b"}, {"host": "a\n"}, {"host": "a;reboot"}, {"host": "a", "count": 0}],
    "site": [{"url": "ftp://a.b.c"}, {"url": "https://a b"}, {"url": "https://"}, {"url": "https://a\n"}],
    "snapshot": [{"camera": "../etc"}, {"camera": "Gate"}, {"camera": "gate\n"}],
    "logs": [{"unit": "sshd"}, {"lines": 0}, {"lines": 501}, {"lines": True}],
    "maintenance": [{}, {"lasts_s": -1}, {"lasts_s": 48 * 3600 + 1}, {"lasts_s": 60, "note": "a\x07"}],
    "keys": [{"keys": ""}, {"keys": KEYS + KEYS}, {"keys": f"{KEYS} {KEYS} {KEYS}"}, {"keys": KEYS + "\n"}],
    "update": [{"digest": "0" * 63, "size_bytes": 1, "version": "1"}, {"digest": "0" * 64, "size_bytes": 0}],
    "fly": [{}],
}


@pytest.mark.parametrize(("name", "arguments"), [(name, each) for name, slips in SLIPS.items() for each in slips])
def test_what_is_out_of_bounds_is_refused(name: str, arguments: dict[str, object]) -> None:
    with pytest.raises(WireError) as caught:
        decode_arguments(name, arguments)
    assert caught.value.code == ("kind" if name == "fly" else "schema")


plain = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text(max_size=20)


@given(st.sampled_from([*COMMANDS, "fly"]), st.dictionaries(st.text(max_size=12), plain, max_size=4))
def test_any_arguments_are_read_or_refused_with_the_one_error(name: str, arguments: dict[str, object]) -> None:
    try:
        found = decode_arguments(name, arguments)
    except WireError as error:
        assert error.code in ("kind", "schema")
    else:
        assert isinstance(found, COMMANDS[name].arguments)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_command_or_the_one_error(body: bytes) -> None:
    try:
        assert isinstance(decode_downlink_body("command", body), Command)
    except WireError as error:
        assert error.permanent


def test_a_notice_and_the_longest_part_of_output_fit_their_records() -> None:
    notice = CommandNotice("c-1", "ping", "done", result={f"k{n}": "x" * 500 for n in range(40)})
    assert decode_body("event", "command", encode_body(notice)) == notice
    part = OutputNotice("c-1", 1000, "\x01" * 8192, cut=True)
    assert len(encode_body(part)) < 64 * 1024 <= MAX_CONTROL_BYTES
    assert decode_body("event", "output", encode_body(part)) == part
    assert MAX_OUTPUT_BYTES <= 1000 * 8192


@given(st.lists(st.binary(min_size=32, max_size=32), max_size=4, unique=True), st.sampled_from(["", "of 2026"]))
def test_a_file_of_keys_says_what_was_written_or_that_it_is_too_many(keys: list[bytes], remark: str) -> None:
    text = "# command keys\n\n" + "".join(key_line(key, remark) for key in keys)
    if len(keys) > 2:
        with pytest.raises(WireError):
            parse_keys(text)
    else:
        assert parse_keys(text) == {key_id(key): key for key in keys}


@given(st.text(max_size=200) | st.binary(max_size=60).map(lambda raw: f"ed25519 {raw.hex()}"))
def test_any_text_is_keys_or_the_one_error(text: str) -> None:
    try:
        assert all(len(key) == 32 for key in parse_keys(text).values())
    except WireError as error:
        assert error.code in ("schema", "too_large")
