"""The bad line itself: each way of being bad does what it says, and heals."""

import socket
import time
from collections.abc import Iterator

import pytest

from tests.support.echo import echo_server
from tests.support.tcp_proxy import TcpProxy


@pytest.fixture
def proxy() -> Iterator[TcpProxy]:
    with echo_server() as port:
        made = TcpProxy(port)
        made.start()
        try:
            yield made
        finally:
            made.close()


def connected(proxy: TcpProxy) -> socket.socket:
    return socket.create_connection(("127.0.0.1", proxy.port), 5)


def answer(line: socket.socket, data: bytes, timeout_s: float = 30) -> bytes:
    line.settimeout(timeout_s)
    line.sendall(data)
    found = b""
    while len(found) < len(data):
        piece = line.recv(65536)
        if not piece:
            raise ConnectionResetError
        found += piece
    return found


def test_a_good_line_carries_everything(proxy: TcpProxy) -> None:
    data = bytes(range(256)) * 4000
    with connected(proxy) as line:
        assert answer(line, data) == data


def test_it_cuts_after_so_many_bytes_and_the_next_connection_too(proxy: TcpProxy) -> None:
    proxy.set(cut_every=1000)
    for _ in range(2):
        with connected(proxy) as line, pytest.raises(ConnectionResetError):
            answer(line, bytes(600))
            answer(line, bytes(600))
    proxy.heal()
    with connected(proxy) as line:
        assert answer(line, b"well again") == b"well again"


@pytest.mark.parametrize("fault", ["black_hole", "stall"])
def test_what_goes_into_a_hole_is_not_answered_and_the_connection_stays(proxy: TcpProxy, fault: str) -> None:
    with connected(proxy) as line:
        assert answer(line, b"before") == b"before"
        proxy.set(**{fault: True})
        time.sleep(0.1)
        with pytest.raises(TimeoutError):
            answer(line, b"within", timeout_s=0.4)


def test_after_a_stall_everything_moves_on(proxy: TcpProxy) -> None:
    with connected(proxy) as line:
        assert answer(line, b"before") == b"before"
        proxy.set(stall=True)
        time.sleep(0.1)
        line.sendall(b"waited")
        time.sleep(0.2)
        proxy.heal()
        assert line.recv(100) == b"waited"


def test_a_half_open_link_takes_bytes_and_never_ends_by_itself(proxy: TcpProxy) -> None:
    with connected(proxy) as line:
        assert answer(line, b"before") == b"before"
        proxy.half_open()
        with pytest.raises(TimeoutError):
            answer(line, b"nobody there", timeout_s=0.4)
        proxy.cut()
        with pytest.raises(ConnectionResetError):
            answer(line, b"now it is told")


def test_refused_connections_are_reset(proxy: TcpProxy) -> None:
    proxy.set(refuse=True)
    with pytest.raises((ConnectionResetError, BrokenPipeError)), connected(proxy) as line:
        answer(line, b"anybody?")


def test_a_trickle_is_slow(proxy: TcpProxy) -> None:
    proxy.set(trickle=2000)
    began = time.monotonic()
    with connected(proxy) as line:
        assert answer(line, bytes(1000)) == bytes(1000)
    assert time.monotonic() - began > 0.4


def test_a_later_connection_overtakes_one_that_is_held(proxy: TcpProxy) -> None:
    proxy.hold_next(1, 3600)
    with connected(proxy) as first:
        first.sendall(b"first")
        time.sleep(0.05)
        with connected(proxy) as second:
            assert answer(second, b"second") == b"second"
            first.settimeout(0.05)
            with pytest.raises(TimeoutError):
                first.recv(100)
            proxy.heal()
            first.settimeout(30)
            assert first.recv(100) == b"first"
