"""Slow and oversized clients at every door: many hold on to what they have, one more byte now and then; a well-behaved
one is served meanwhile as if they were not there, and who goes too slowly is cut."""

import http.client
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.broker import RunningBroker
from tests.support.kiosk_screen import screen_process
from tests.support.line_tests import LineTests, line_tests
from tests.support.made_center import made_center
from tests.support.mqtt import wait_for
from tests.support.own_time import within
from tests.support.ports import free_port
from tests.support.siege import CONNECT, drip, held, knock, rss_mib, still_open
from tests.support.web_process import web_server

NODE = "kel-3673011001"
SERVED_WITHIN_S = 5.0
"""Usually hundredths of a second. Who waits for the slow ones waits for longer than this."""


@dataclass(frozen=True, slots=True)
class Door:
    port: int
    pid: int


def page(port: int, path: str = "/healthz") -> int:
    """The status of one whole visit; of the next one where a busy machine stood still until we were cut as slow."""
    found: list[int] = []

    def visited() -> bool:
        with (
            suppress(OSError, http.client.HTTPException),
            closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection,
        ):
            connection.request("GET", path, headers={"Host": f"127.0.0.1:{port}"})
            found.append(connection.getresponse().status)
        return bool(found)

    wait_for(visited, "a visit to come to its end")
    return found[0]


def head(port: int) -> bytes:
    """The beginning of a request's head."""
    return f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nX-Slow: ".encode()


def body(port: int) -> bytes:
    """A request whose body has begun."""
    host = f"127.0.0.1:{port}"
    return (
        f"POST /login/ HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nContent-Length: 900\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n\r\nx"
    ).encode()


# -- the centre's pages ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """With less patience than usual, so that a test sees its end."""
    data, port = tmp_path_factory.mktemp("pages") / "center", free_port()
    made_center(data)
    hasty = "import center.web_patience as p; p.HEAD_S = p.BODY_S = 1.5"
    with web_server(data, port, first=hasty) as process:
        yield Door(port, process.pid)


@pytest.mark.full
@pytest.mark.parametrize("said", [lambda _: b"", head, body], ids=["silent", "in the head", "in the body"])
def test_slow_clients_of_the_pages_are_cut_and_take_nobody_s_time(pages: Door, said: Callable[[int], bytes]) -> None:
    with held(pages.port, 300, said(pages.port)) as slow:
        with within(SERVED_WITHIN_S):
            assert page(pages.port) == 200
        drip(slow, b"a")
        assert page(pages.port) == 200
        wait_for(lambda: not any(still_open(each) for each in slow), "all slow ones to be cut")
        assert page(pages.port) == 200


@pytest.mark.full
def test_a_slow_but_steady_upload_is_taken(pages: Door) -> None:
    """A file over a bad line: it brings enough in each stretch, and is read to its end."""

    def taken() -> bool:
        """False where a busy machine stood still for as long as makes a client slow."""
        with suppress(OSError), socket.create_connection(("127.0.0.1", pages.port), 60) as upload:
            upload.sendall(body(pages.port).replace(b"Content-Length: 900", f"Content-Length: {size + 1}".encode()))
            for _ in range(8):
                time.sleep(0.5)
                upload.sendall(b"y" * 40_000)
            return upload.recv(12).startswith(b"HTTP/1.1 ")
        return False

    size = 8 * 40_000
    wait_for(taken, "an upload of four seconds to be taken", 120)
    assert page(pages.port) == 200


@pytest.mark.full
def test_ten_megabytes_of_head_or_body_are_refused_in_bounded_memory(pages: Door) -> None:
    before = rss_mib(pages.pid)
    for start in (b"GET / HTTP/1.1\r\nX: ", b"GET /" + b"a" * 100, body(pages.port)):
        for _ in range(3):
            with suppress(OSError), socket.create_connection(("127.0.0.1", pages.port), 60) as rude:
                rude.sendall(start)
                for _ in range(10):
                    rude.sendall(b"a" * 1_000_000)
                answer = rude.recv(100)
                assert answer == b"" or b" 4" in answer[:12], answer
    assert page(pages.port) == 200
    assert rss_mib(pages.pid) - before < 40


# -- the broker --------------------------------------------------------------------------------------------------------


@pytest.mark.full
@pytest.mark.broker
@pytest.mark.parametrize("said", [b"", b"\x16\x03\x01\x02\x00\x01\x00"], ids=["silent", "in the handshake"])
def test_a_node_gets_through_a_thousand_slow_connections_to_the_broker(broker: RunningBroker, said: bytes) -> None:
    tls = broker.tls_context(broker.issue_node(NODE))
    assert knock(broker.port, tls)
    before = rss_mib(broker.pid)
    with held(broker.port, 1_000, said) as slow:
        for _ in range(3):
            with within(SERVED_WITHIN_S):
                assert knock(broker.port, tls)
            drip(slow, b"\x00")
        assert knock(broker.port, tls)
        assert rss_mib(broker.pid) - before < 100  # some 45 kB each


@pytest.mark.full
@pytest.mark.broker
def test_sessions_that_never_finish_their_first_packet_keep_nobody_out(broker: RunningBroker) -> None:
    evil = broker.tls_context(broker.issue_node("kel-3673011002"))
    honest = broker.tls_context(broker.issue_node(NODE))
    open_ones = []
    try:
        for _ in range(60):
            talk = evil.wrap_socket(
                socket.create_connection((broker.host, broker.port), 60), server_hostname="127.0.0.1"
            )
            talk.sendall(CONNECT[:5])
            open_ones.append(talk)
        with within(SERVED_WITHIN_S):
            assert knock(broker.port, honest)
    finally:
        for talk in open_ones:
            talk.close()


# -- line tests --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LineTests]:
    with line_tests(tmp_path_factory.mktemp("line-tests"), handshake_s=1.5, request_s=1.5) as running:
        yield running


@pytest.mark.full
def test_slow_and_huge_clients_of_the_line_tests_are_cut_and_a_node_is_answered(endpoint: LineTests) -> None:
    tls = endpoint.client_context(endpoint.issue_node(NODE))

    def answered(said: bytes = b"x\n", times: int = 1) -> bool:
        with (
            suppress(OSError),
            socket.create_connection(("127.0.0.1", endpoint.port), 60) as plain,
            tls.wrap_socket(plain, server_hostname="127.0.0.1") as talk,
        ):
            for _ in range(times):
                talk.sendall(said)
            return talk.recv(1) != b""
        return False

    def served_beside() -> bool:
        """They have what one address may have, others have the rest. False where somebody stood still for as long as
        makes a client slow: a second and a half."""
        with held(endpoint.port, 200, b"\x16\x03\x01\x02\x00", source="127.0.0.9") as slow:
            if not (answered() and any(still_open(each) for each in slow)):
                return False
            wait_for(lambda: not any(still_open(each) for each in slow), "all slow ones to be cut")
        return True

    wait_for(answered, "an answer")
    wait_for(served_beside, "an answer beside slow ones", 120)
    endpoint.program.wait_for_output("throughput-crowded", 60)
    assert endpoint.program.output.count("throughput-crowded") == 1
    before = rss_mib(endpoint.program.pid)
    for _ in range(3):
        answered(b"a" * 1_000_000, times=10)
    wait_for(answered, "an answer after all that")
    assert rss_mib(endpoint.program.pid) - before < 20


# -- the kiosk's screen ------------------------------------------------------------------------------------------------


@pytest.mark.full
def test_another_program_of_the_box_cannot_keep_the_kiosk_s_browser_out(tmp_path: Path) -> None:
    """More slow ones than the screen has places for: they are cut, and the browser is served."""
    with screen_process(tmp_path, tmp_path / "run") as (base, _):
        port = int(base.rpartition(":")[2])
        with held(port, 24, head(port)):
            assert page(port, "/health") == 200
        with held(port, 40, head(port)) as slow:
            wait_for(lambda: page(port, "/health") == 200, "the browser's turn")
            wait_for(lambda: not any(still_open(each) for each in slow), "all slow ones to be cut")
