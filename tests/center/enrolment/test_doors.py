"""The two doors of enrolment, whatever comes through them: bytes on the listener, bytes on the signer's socket."""

import socket
import struct
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from center.enrolment.config import Limits
from center.enrolment.frames import Ask, Question, Reply, Tell, Turned, pack, refused, unpack_question, unpack_reply
from center.enrolment.reading import BadRequestError, Reading, Request, answer_bytes
from tests.support.listener_alone import PATIENT, Alone, exchange, listener_alone
from tests.support.processes import wait_until
from wire.enrolment import MAX_REQUEST_BYTES, Refused, parse
from wire.errors import WireError

LIMITS = Limits()
WHOLE = b"POST /v1/enrol HTTP/1.1\r\nHost: pusat\r\nContent-Length: 2\r\n\r\n{}"


def fed(raw: bytes, size: int = 1000) -> Request | None:
    reading = Reading(LIMITS)
    for start in range(0, len(raw), size):
        if (request := reading.feed(raw[start : start + size])) is not None:
            return request
    return None


def test_a_request_is_read_in_whatever_pieces_it_comes() -> None:
    for size in (1, 2, 7, 1000):
        assert fed(WHOLE, size) == Request("/v1/enrol", b"{}")
    chunked = b"POST /v1/renew HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
    assert fed(chunked) == Request("/v1/renew", b"{}")
    assert fed(b"GET /v1/trust HTTP/1.1\r\nHost: x\r\n\r\n") == Request("/v1/trust", b"")


@pytest.mark.parametrize(
    "raw",
    [
        b"GET /v1/enrol HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /v1/trust HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
        b"POST /v1/enrol/ HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}",
        b"POST /v1/enrol?a=b HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}",
        b"POST http://pusat/v1/enrol HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}",
        b"POST /v1/enrol HTTP/1.0\r\nContent-Length: 2\r\n\r\n{}",
        b"POST /v1/enrol HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}",
        b"POST /v1/enrol HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        b"GET /v1/trust HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}",
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"POST /v1/enrol HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 9000 + b"\r\n\r\n",
        b"POST /v1/enrol HTTP/1.1\r\nHost: x\r\nContent-Length: 99999\r\n\r\n" + b"x" * 17_000,
        b"POST /v1/enrol HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * 8000,
    ],
)
def test_what_is_not_this_api_is_one_refusal(raw: bytes) -> None:
    with pytest.raises(BadRequestError):
        fed(raw)


def test_a_request_that_ends_early_is_none() -> None:
    reading = Reading(LIMITS)
    assert reading.feed(WHOLE[:-1]) is None
    with pytest.raises(BadRequestError):
        reading.feed(b"")


pieces = st.sampled_from([
    b"POST ", b"GET ", b"/v1/enrol", b"/v1/trust", b" HTTP/1.1", b" HTTP/1.0", b"\r\n", b"\r\n\r\n", b"\n", b"Host: x",
    b"Content-Length: ", b"2", b"-1", b"99999999999999999999", b"Transfer-Encoding: chunked", b"Expect: 100-continue",
    b"Connection: upgrade", b"Upgrade: h2c", b"{}", b"0", b"PRI * HTTP/2.0", b"CONNECT x:1", b"\x00", b": ", b"ffff",
])  # fmt: skip


@given(st.lists(st.one_of(pieces, st.binary(max_size=40)), max_size=30), st.integers(1, 64))
def test_any_bytes_are_a_request_or_a_refusal_or_not_enough(parts: list[bytes], size: int) -> None:
    raw = b"".join(parts)
    try:
        request = fed(raw, size)
    except BadRequestError:
        return
    if request is not None:
        assert request.path in {"/v1/enrol", "/v1/renew", "/v1/trust"} and len(request.body) <= MAX_REQUEST_BYTES


@given(st.binary(max_size=200))
def test_any_frame_is_a_message_or_a_wire_error(raw: bytes) -> None:
    for read in (unpack_question, unpack_reply):
        try:
            assert isinstance(read(raw), Ask | Tell | Reply)
        except WireError:
            continue


@given(st.sampled_from(["/v1/enrol", "/v1/renew", "/v1/trust"]), st.text(max_size=64), st.binary(max_size=3000))
def test_a_question_comes_out_as_it_went_in(path: str, address: str, body: bytes) -> None:
    question = Ask(path, address, body)  # type: ignore[arg-type]
    assert unpack_question(pack(question)[4:]) == question
    told = Tell((Turned("rate", address, 3),))
    assert unpack_question(pack(told)[4:]) == told


def echo(question: Question) -> Reply:
    assert isinstance(question, Ask) or question.turned
    return Reply(200, question.body if isinstance(question, Ask) else b"")


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Alone]:
    with listener_alone(tmp_path_factory.mktemp("alone"), echo) as running:
        yield running


def test_the_answer_of_the_signer_goes_out_as_it_came(alone: Alone) -> None:
    assert alone.say(WHOLE) == answer_bytes(200, b"{}")
    assert isinstance(alone.asked[-1], Ask) and alone.asked[-1].address == "127.0.0.1"


@settings(max_examples=40, deadline=None)
@given(st.lists(st.one_of(pieces, st.binary(max_size=200)), max_size=20))
def test_whatever_bytes_come_the_listener_goes_on(alone: Alone, parts: list[bytes]) -> None:
    with alone.connect() as line:
        line.settimeout(60)
        try:
            line.sendall(b"".join(parts))
            line.unwrap()
        except OSError:
            pass
    assert alone.say(WHOLE) == answer_bytes(200, b"{}")


def test_who_sends_far_too_much_reads_why(alone: Alone) -> None:
    answer = alone.say(b"POST /v1/enrol HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n" + b"x" * 100_000)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ") and parse(body, Refused).code == "request"


def test_old_tls_and_plain_http_get_nowhere(alone: Alone) -> None:
    with socket.create_connection(("127.0.0.1", alone.port), 60) as plain:
        assert b"HTTP/" not in exchange(plain, WHOLE)
    assert alone.say(WHOLE) == answer_bytes(200, b"{}")


def test_who_trickles_or_says_nothing_is_cut_and_counted(tmp_path: Path) -> None:
    limits = replace(PATIENT, handshake_s=1.0, request_s=1.0)
    with listener_alone(tmp_path, echo, limits) as alone:

        def told() -> list[Turned]:
            return [row for one in alone.asked if isinstance(one, Tell) for row in one.turned]

        def trickled() -> bool:
            """Whether one who sends a byte each 0.2 s was cut, and for that: who stands still for a second is cut in
            the handshake, which the other side may think is over."""
            end_s = time.monotonic() + 60
            with suppress(OSError), alone.connect() as slow:
                slow.settimeout(60)
                while time.monotonic() < end_s:
                    slow.sendall(WHOLE[:1])
                    time.sleep(0.2)
            assert time.monotonic() < end_s, "a byte each 0.2 s must not hold a place"
            wait_until(lambda: alone.listener.crowd.open == 0, "the place to be free", 60)
            return bool(told() or alone.listener._turned)

        wait_until(trickled, "somebody to be cut for trickling", 120)
        with socket.create_connection(("127.0.0.1", alone.port), 60) as silent:
            silent.settimeout(60)
            assert silent.recv(10) == b""
        wait_until(lambda: alone.listener.crowd.open == 0, "both places to be free", 60)
        wait_until(lambda: Turned("request", "127.0.0.1", 1) in told(), "the signer to be told", 60)
        assert Turned("request", "127.0.0.1", 1) in told()


def test_so_many_connections_of_one_address_are_open_and_the_rest_is_cut(tmp_path: Path) -> None:
    with listener_alone(tmp_path, echo, replace(PATIENT, per_address=3)) as alone:
        held = [socket.create_connection(("127.0.0.1", alone.port), 60) for _ in range(3)]
        wait_until(lambda: alone.listener.crowd.open == 3, "three open connections", 60)
        with socket.create_connection(("127.0.0.1", alone.port), 60) as fourth:
            fourth.settimeout(60)
            assert exchange(fourth, b"") == b""
        for one in held:
            one.close()
        wait_until(lambda: alone.listener.crowd.open == 0, "the places to be free", 60)
        assert alone.say(WHOLE) == answer_bytes(200, b"{}")


def test_an_address_that_asks_too_often_is_told_when_to_come_back_and_then_cut(tmp_path: Path) -> None:
    with listener_alone(tmp_path, echo, replace(PATIENT, per_address_per_minute=3)) as alone:
        answers = []
        for _ in range(8):
            try:
                answers.append(alone.say(WHOLE))
            except OSError:
                answers.append(b"")
        heads = [answer.split(b"\r\n")[0][9:12] for answer in answers]
        assert heads == [b"200"] * 3 + [b"429"] * 3 + [b""] * 2
        told = parse(answers[3].partition(b"\r\n\r\n")[2], Refused)
        assert told.code == "rate" and 1 <= told.wait_s <= 61
        wait_until(lambda: any(isinstance(one, Tell) for one in alone.asked), "the signer to be told")
        assert {row.code for one in alone.asked if isinstance(one, Tell) for row in one.turned} == {"rate"}


@pytest.mark.parametrize("bad", [b"", b"\xff\xff\xff\xff", struct.pack(">I", 5) + b"hello", b"\x00"])
def test_a_signer_that_talks_nonsense_is_unavailable(tmp_path: Path, bad: bytes) -> None:
    with listener_alone(tmp_path, lambda question: bad) as alone:
        body = alone.say(WHOLE).partition(b"\r\n\r\n")[2]
        assert parse(body, Refused) == parse(refused("unavailable", "the signer does not answer", 15).body, Refused)


def test_a_signer_that_is_not_there_or_stands_still_is_unavailable(tmp_path: Path) -> None:
    with listener_alone(tmp_path, lambda question: None, replace(PATIENT, signer_s=0.5)) as alone:
        assert alone.say(WHOLE).startswith(b"HTTP/1.1 503 ")
        (tmp_path / "signer.sock").unlink()
        assert alone.say(WHOLE).startswith(b"HTTP/1.1 503 ")


def test_a_socket_deep_down_is_reached_all_the_same(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    deep.mkdir(parents=True)
    with listener_alone(deep, echo) as alone:
        assert alone.say(WHOLE) == answer_bytes(200, b"{}")
