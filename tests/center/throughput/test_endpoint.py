"""The endpoint for line tests: whom it serves, how much, and what it does with clients that stand still."""

import itertools
import json
import signal
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from center.pki import open_authority
from center.throughput.ledger import read_state
from tests.support.line_tests import LineTests, line_tests
from tests.support.own_time import within
from tests.support.processes import wait_until
from tests.support.serving import Certificates
from wire.errors import WireError
from wire.throughput import Done, Grant, Refusal, Request, encode, parse_done, parse_reply

NODE, OTHER, THIRD, FOURTH = "kel-3673011001", "kel-3673011002", "opd-diskominfo", "opd-dinkes"
PATIENT = {"grace_s": 60.0, "request_s": 60.0, "handshake_s": 60.0}
"""A client on a busy machine stands still for seconds: only what speaks of being cut for that has shorter limits."""


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LineTests]:
    with line_tests(tmp_path_factory.mktemp("line-tests"), **PATIENT) as running:
        yield running


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LineTests]:
    """Cuts soon who does not move once it has been granted a stream."""
    with line_tests(tmp_path_factory.mktemp("strict"), **{**PATIENT, "grace_s": 1.0}) as running:
        yield running


@pytest.fixture(scope="module")
def hasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LineTests]:
    """Cuts soon who has not asked yet, and has few places for such."""
    limits = {**PATIENT, "request_s": 1.0, "handshake_s": 1.0}
    with line_tests(tmp_path_factory.mktemp("hasty"), connections=8, **limits) as running:
        yield running


@contextmanager
def connected(endpoint: LineTests, node: str | None = None) -> Iterator[ssl.SSLSocket]:
    tls = endpoint.client_context(endpoint.issue_node(node or _asking[0]))
    with socket.create_connection(("127.0.0.1", endpoint.port), 60) as plain:
        plain.settimeout(60)
        with tls.wrap_socket(plain, server_hostname="127.0.0.1") as connection:
            yield connection


def read_line(connection: ssl.SSLSocket) -> bytes:
    found = b""
    while not found.endswith(b"\n"):
        byte = connection.recv(1)
        if not byte:
            break
        found += byte
    return found


def read_all(connection: ssl.SSLSocket) -> int:
    total = 0
    while data := connection.recv(65_536):
        total += len(data)
    return total


def ask(connection: ssl.SSLSocket, asked: Request) -> Grant | Refusal:
    connection.sendall(encode(asked))
    return parse_reply(read_line(connection), asked)


def idle(endpoint: LineTests) -> bool:
    """Nobody is being measured: a node that asks is served."""
    with connected(endpoint, THIRD) as connection:
        asked = Request("down", 1, 100)
        return isinstance(ask(connection, asked), Grant) and read_all(connection) == 1


_nodes = itertools.count(1)
_asking: list[str] = [NODE]


@pytest.fixture(autouse=True)
def _another_node() -> None:
    """Each test asks as a node of its own: the endpoint hears of an ended stream a moment later."""
    _asking[0] = f"kel-36730120{next(_nodes):02}"


def test_a_download_brings_what_was_asked_for_and_ends(endpoint: LineTests) -> None:
    with connected(endpoint) as connection:
        asked = Request("down", 300_000, 30_000)
        assert ask(connection, asked) == Grant(300_000, 30_000)
        assert read_all(connection) == 300_000


def test_a_download_to_a_slow_reader_ends_at_its_time(endpoint: LineTests) -> None:
    with connected(endpoint) as connection:
        asked = Request("down", 60_000_000, 500)
        assert isinstance(ask(connection, asked), Grant)
        total = len(connection.recv(16_384))
        began = time.monotonic()  # the centre counts already: something has come
        while data := connection.recv(16_384):
            total += len(data)
            if time.monotonic() - began < 1.5:  # longer than it may last
                time.sleep(0.05)
        assert 0 < total < 60_000_000


def test_an_upload_is_counted_by_the_centre(endpoint: LineTests) -> None:
    with connected(endpoint) as connection:
        asked = Request("up", 500_000, 30_000)
        assert isinstance(ask(connection, asked), Grant)
        connection.sendall(bytes(500_000))
        done = parse_done(read_line(connection), 500_000)
        assert (done.size_bytes, done.time_ms < 30_000) == (500_000, True)


def test_an_upload_that_runs_out_of_time_is_told_what_came(endpoint: LineTests) -> None:
    with connected(endpoint) as connection:
        asked = Request("up", 1_000_000, 2000)
        connection.sendall(encode(asked) + bytes(20_000))  # at once: its time is short for who stands still before it
        assert isinstance(parse_reply(read_line(connection), asked), Grant)
        done = parse_done(read_line(connection), 20_000)
        assert done == Done(20_000, done.time_ms)
        connection.sendall(bytes(20_000))  # what was still on its way is taken and thrown away


def test_a_stranger_is_refused(endpoint: LineTests, tmp_path: Path) -> None:
    other = Certificates(tmp_path)
    certificate, key = other.leaf(NODE)
    tls = endpoint.client_context(endpoint.issue_node(NODE))
    strange = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    strange.load_verify_locations(endpoint.issue_node(NODE) / "ca.crt")
    without = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    without.load_verify_locations(endpoint.issue_node(NODE) / "ca.crt")
    strange.load_cert_chain(certificate, key)
    for context, welcome in ((tls, True), (strange, False), (without, False)):
        answer = _answer_to(endpoint, context)
        while answer.startswith(b"no second"):  # the stream of the test before is still being put away
            time.sleep(0.1)
            answer = _answer_to(endpoint, context)
        assert (answer == b"ok 10 100\n") == welcome


def _answer_to(endpoint: LineTests, context: ssl.SSLContext) -> bytes:
    """What is said to one request; empty when the handshake is refused."""
    answer = b""
    with (
        socket.create_connection(("127.0.0.1", endpoint.port), 60) as plain,
        suppress(ssl.SSLError, ConnectionError),
        context.wrap_socket(plain, server_hostname="127.0.0.1") as connection,
    ):
        connection.sendall(encode(Request("down", 10, 100)))
        answer = read_line(connection)
    return answer


def test_the_centres_own_processes_are_no_nodes(endpoint: LineTests) -> None:
    own = open_authority(endpoint.data / "pki").issue_center("center-ingest-1")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    tls.load_verify_locations(own.ca)
    tls.load_cert_chain(own.certificate, own.key)
    with (
        socket.create_connection(("127.0.0.1", endpoint.port), 60) as plain,
        tls.wrap_socket(plain, server_hostname="127.0.0.1") as connection,
    ):
        assert read_line(connection).startswith(b"no name ")


@settings(max_examples=25)
@given(st.one_of(st.binary(min_size=1, max_size=70), st.just(b"sandi-throughput 1 down 99999999999 1\n")))
def test_a_request_that_cannot_be_read_ends_the_connection(endpoint: LineTests, line: bytes) -> None:
    with suppress(ConnectionError, ssl.SSLError), connected(endpoint) as connection:
        connection.sendall(line + b"\n")
        answer = read_line(connection)
        assert answer == b"" or answer.startswith(b"no request ")
        assert read_all(connection) == 0


def test_one_stream_per_node_and_two_in_all(endpoint: LineTests) -> None:
    asked = Request("up", 1000, 30_000)  # they last until they are told off
    wait_until(lambda: idle(endpoint), "the streams of the tests before to be put away", 90)
    with connected(endpoint) as first, connected(endpoint) as again, connected(endpoint, OTHER) as second:
        assert isinstance(ask(first, asked), Grant)
        refused = ask(again, asked)
        assert isinstance(refused, Refusal)
        assert refused.code == "second"
        assert isinstance(ask(second, asked), Grant)
        with connected(endpoint, FOURTH) as fourth:
            refused = ask(fourth, asked)
            assert isinstance(refused, Refusal)
            assert (refused.code, refused.wait_s > 0) == ("busy", True)
    wait_until(lambda: idle(endpoint), "the places to be free again", 90)


def test_a_client_that_stops_reading_is_cut(strict: LineTests) -> None:
    with connected(strict) as connection:
        assert isinstance(ask(connection, Request("down", 60_000_000, 300)), Grant)
        wait_until(lambda: f"node={_asking[0]} way=down" in strict.program.output, "its end", 90)
        total = 0
        with suppress(ConnectionError, ssl.SSLError):  # only what lay in this side's buffers is left
            total = read_all(connection)
        assert total < 8_000_000


def test_a_client_that_falls_silent_is_cut(strict: LineTests) -> None:
    with connected(strict) as connection:
        assert isinstance(ask(connection, Request("up", 1000, 300)), Grant)
        assert parse_done(read_line(connection), 1000).size_bytes == 0
        assert _is_cut(connection)


def test_a_client_that_never_asks_is_cut(hasty: LineTests) -> None:
    def shook_hands_and_was_cut() -> bool:
        try:
            with connected(hasty) as connection:
                return _is_cut(connection)
        except (ConnectionError, ssl.SSLError):  # so slow that it was cut in the handshake already
            return False

    wait_until(shook_hands_and_was_cut, "a client to shake hands and be cut", 90)
    assert hasty.program.process.poll() is None, "the endpoint goes on"


def _is_cut(connection: ssl.SSLSocket) -> bool:
    """Nothing more comes; TimeoutError when it stays open."""
    with suppress(ConnectionError, ssl.SSLError):
        return connection.recv(1) == b""
    return True


def test_too_many_connections_and_half_handshakes_do_not_close_the_door(hasty: LineTests) -> None:
    def shut_out() -> bool:
        """Whether the crowd fills all places; on a slow machine the first of them was cut before the last came."""
        crowd = [socket.create_connection(("127.0.0.1", hasty.port), 60) for _ in range(8)]
        try:
            if _served(hasty):
                return False
            wait_until(lambda: _served(hasty), "the half handshakes to be cut", 60)
            return True
        finally:
            for one in crowd:
                one.close()

    wait_until(lambda: _served(hasty), "a place", 90)
    wait_until(shut_out, "the door to be shut by a crowd", 120)
    assert hasty.program.process.poll() is None, "the endpoint goes on"


def _served(endpoint: LineTests) -> bool:
    try:
        return idle(endpoint)
    except (ConnectionError, ssl.SSLError, WireError):  # cut before, in or after the handshake
        return False


def test_the_days_bytes_are_a_cap_that_survives_a_restart(tmp_path: Path) -> None:
    limits = {**PATIENT, "daily_bytes": 100_000}
    with line_tests(tmp_path, **limits) as endpoint:
        with connected(endpoint) as connection:
            assert isinstance(ask(connection, Request("down", 60_000, 30_000)), Grant)
            assert read_all(connection) == 60_000
        with connected(endpoint) as connection:
            refused = ask(connection, Request("down", 60_000, 30_000))
        assert isinstance(refused, Refusal)
        assert (refused.code, 0 < refused.wait_s <= 86_401) == ("quota", True)
        with connected(endpoint, OTHER) as connection:
            assert isinstance(ask(connection, Request("down", 60_000, 30_000)), Grant)
        endpoint.program.send(signal.SIGKILL)
        endpoint.program.wait()
    with line_tests(tmp_path, **limits) as endpoint, connected(endpoint) as connection:
        refused = ask(connection, Request("down", 60_000, 30_000))
        assert isinstance(refused, Refusal)
        assert refused.code == "quota"
    assert sum(read_state(tmp_path)[_asking[0]].values()) == 60_000


def set_aside(data: Path) -> int:
    """What this test's node has used or asked for, by the file."""
    return sum(read_state(data).get(_asking[0], {}).values())


def test_what_a_cut_upload_did_not_use_is_given_back(tmp_path: Path) -> None:
    with line_tests(tmp_path, **PATIENT, daily_bytes=100_000) as endpoint:
        with connected(endpoint) as connection:
            assert isinstance(ask(connection, Request("up", 90_000, 30_000)), Grant)
            connection.sendall(bytes(10_000))
            wait_until(lambda: set_aside(tmp_path) == 90_000, "the bytes to be set aside", 60)
        wait_until(lambda: set_aside(tmp_path) == 10_000, "the rest to be given back", 60)


def test_what_a_node_sends_behind_the_end_of_its_upload_is_cut_soon_and_counted(tmp_path: Path) -> None:
    """Else a stolen box asks for one byte and sends for five seconds, over and over, past any cap."""
    with line_tests(tmp_path, **PATIENT, daily_bytes=10_000_000) as endpoint:
        sent, block = 0, bytes(256 * 1024)
        with connected(endpoint) as connection, suppress(ConnectionError, ssl.SSLError, TimeoutError):
            assert isinstance(ask(connection, Request("up", 1, 1000)), Grant)
            while sent < 200_000_000:
                sent += connection.send(block)
        assert sent < 100_000_000
        wait_until(lambda: set_aside(tmp_path) > 4_000_000, "the flood to be counted", 60)

        def refused() -> str:
            with connected(endpoint) as connection:
                answer = ask(connection, Request("up", 9_000_000, 1000))
            assert isinstance(answer, Refusal)
            return answer.code

        wait_until(lambda: refused() != "second", "the place to be free", 60)  # it is counted a moment before
        assert refused() == "quota"


def test_a_damaged_ledger_is_told_and_begun_anew(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run/throughput.json").write_text('{"kel-3673011001": {"x": ')
    with line_tests(tmp_path, **PATIENT) as endpoint, connected(endpoint) as connection:
        assert isinstance(ask(connection, Request("down", 10, 1000)), Grant)
        endpoint.program.wait_for_output("throughput-ledger-unreadable", 60)
        wait_until(lambda: "kel-" in json.dumps(read_state(tmp_path)), "the ledger", 60)


def test_a_revoked_certificate_is_refused_after_the_restart_the_supervisor_makes(tmp_path: Path) -> None:
    with line_tests(tmp_path) as endpoint:
        endpoint.issue_node(_asking[0])
        endpoint.issue_node(OTHER)
        open_authority(tmp_path / "pki").revoke(_asking[0])
    with line_tests(tmp_path, **PATIENT) as endpoint:
        with pytest.raises((ConnectionError, ssl.SSLError)), connected(endpoint) as connection:
            connection.sendall(encode(Request("down", 10, 1000)))
            if not connection.recv(1):
                raise ConnectionResetError
        with connected(endpoint, OTHER) as connection:
            assert isinstance(ask(connection, Request("down", 10, 1000)), Grant)


def test_a_taken_port_is_told_and_tried_again(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, line_tests(tmp_path, taken.getsockname()[1]) as endpoint:
        endpoint.program.wait_for_output("throughput-cannot-listen", 60)
        assert endpoint.program.process.poll() is None


def test_it_ends_at_once_when_told_to_also_in_the_middle_of_a_stream(tmp_path: Path) -> None:
    with line_tests(tmp_path, **PATIENT) as endpoint, connected(endpoint) as connection:
        assert isinstance(ask(connection, Request("up", 1000, 30_000)), Grant)
        with within(20):  # the line test asked for thirty seconds
            endpoint.program.send(signal.SIGTERM)
            assert endpoint.program.wait(90) == 0
        assert "Traceback" not in endpoint.program.output
        assert _is_cut(connection), "no answer to the stream: its time was not over"
    assert not any(read_state(tmp_path).get(_asking[0], {}).values())
