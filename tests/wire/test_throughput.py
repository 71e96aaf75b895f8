"""The few lines of a line test, and everything that is none of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wire.errors import WireError
from wire.throughput import (
    MAX_LINE_BYTES,
    MAX_SIZE_BYTES,
    MAX_TIME_MS,
    MAX_WAIT_S,
    Done,
    Grant,
    Refusal,
    Request,
    encode,
    parse_done,
    parse_reply,
    parse_request,
)

ASKED = Request("down", 4_000_000, 5000)


@given(st.sampled_from(["down", "up"]), st.integers(1, MAX_SIZE_BYTES), st.integers(1, MAX_TIME_MS))
def test_what_is_written_is_read_back(way: str, size_bytes: int, time_ms: int) -> None:
    asked = Request(way, size_bytes, time_ms)  # type: ignore[arg-type]
    assert parse_request(encode(asked)) == asked
    assert len(encode(asked)) <= MAX_LINE_BYTES
    assert parse_reply(encode(Grant(size_bytes, time_ms)), asked) == Grant(size_bytes, time_ms)
    assert parse_done(encode(Done(size_bytes, time_ms)), size_bytes) == Done(size_bytes, time_ms)


def test_the_lines_are_as_documented() -> None:
    assert encode(ASKED) == b"sandi-throughput 1 down 4000000 5000\n"
    assert encode(Grant(4_000_000, 5000)) == b"ok 4000000 5000\n"
    assert encode(Refusal("quota", 5400)) == b"no quota 5400\n"
    assert encode(Done(2_391_040, 4987)) == b"done 2391040 4987\n"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"sandi-throughput 2 down 1 1\n", "version"),
        (b"sandi-throughput 1 side 1 1\n", "schema"),
        (b"sandi-throughput 1 down 0 1\n", "range"),
        (b"sandi-throughput 1 down 67108865 1\n", "range"),
        (b"sandi-throughput 1 down 1 30001\n", "range"),
        (b"sandi-throughput 1 down 1 1", "schema"),
        (b"sandi-throughput 1 down 01 1\n", "schema"),
        (b"sandi-throughput 1 down -1 1\n", "schema"),
        (b"sandi-throughput 1 down 1 1 \n", "schema"),
        (b"sandi-throughput 1 down \xd9\xa1 1\n", "schema"),
        (b"GET / HTTP/1.1\r\n", "schema"),
        (b"x" * 65, "too_large"),
    ],
)
def test_a_request_that_is_none_is_refused_by_a_code(line: bytes, code: str) -> None:
    with pytest.raises(WireError) as caught:
        parse_request(line)
    assert caught.value.code == code


def test_a_centre_that_grants_more_than_was_asked_for_is_not_believed() -> None:
    for line in (b"ok 4000001 5000\n", b"ok 4000000 5001\n", b"ok 0 5000\n"):
        with pytest.raises(WireError, match="range"):
            parse_reply(line, ASKED)
    with pytest.raises(WireError, match="range"):
        parse_done(b"done 11 5\n", 10)


def test_an_unknown_reason_of_a_refusal_is_passed_on() -> None:
    assert parse_reply(b"no maintenance 60\n", ASKED) == Refusal("maintenance", 60)
    assert parse_reply(b"no quota 9999999999\n", ASKED) == Refusal("quota", 31 * 86_400)


@given(
    st.one_of(st.binary(max_size=80), st.from_regex(rb"(ok|no|done|sandi-throughput) [ -~]{0,40}\n", fullmatch=True))
)
def test_any_bytes_are_a_message_or_one_typed_error(line: bytes) -> None:
    for parse in (parse_request, lambda given: parse_reply(given, ASKED), lambda given: parse_done(given, 1000)):
        try:
            found = parse(line)
        except WireError as error:
            assert error.code in ("too_large", "schema", "version", "range")
            continue
        _within_bounds(found)
        assert parse(encode(found)) == found
        assert encode(found) == line or isinstance(found, Refusal)  # a wait of years is cut to a month


def _within_bounds(found: Request | Grant | Refusal | Done) -> None:
    match found:
        case Request(_, size_bytes, time_ms):
            assert 1 <= size_bytes <= MAX_SIZE_BYTES and 1 <= time_ms <= MAX_TIME_MS
        case Grant(size_bytes, time_ms):
            assert 1 <= size_bytes <= ASKED.size_bytes and 1 <= time_ms <= ASKED.time_ms
        case Refusal(code, wait_s):
            assert code.isalpha() and 0 <= wait_s <= MAX_WAIT_S
        case Done(size_bytes, time_ms):
            assert 0 <= size_bytes <= 1000 and 0 <= time_ms <= MAX_TIME_MS


NUMBERS = st.integers(0, 10**10 - 1).map(str) | st.sampled_from(["1", "1000", "5000", "67108864", "01", "-1", ""])
LINES = st.tuples(st.sampled_from(["ok", "no busy", "done", "sandi-throughput 1 up"]), NUMBERS, NUMBERS)


@given(LINES.map(lambda parts: " ".join(part for part in parts if part).encode() + b"\n"))
def test_numbers_of_any_size_are_taken_within_bounds_or_refused(line: bytes) -> None:
    test_any_bytes_are_a_message_or_one_typed_error.hypothesis.inner_test(line)  # type: ignore[attr-defined]
