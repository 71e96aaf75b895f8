"""Ports for what is started later: nobody is given them by chance in between."""

import socket

import pytest

from tests.support import ports


def test_a_port_is_named_once_and_lies_below_those_the_kernel_hands_out() -> None:
    named = [ports.free_port() for _ in range(200)]
    assert len(set(named)) == len(named)
    assert max(named) < int(ports.RANGE.read_text().split()[0])


def test_a_port_that_is_taken_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    port = ports.free_port()
    with socket.create_server(("127.0.0.1", port)):
        monkeypatch.setattr(ports, "_share", lambda end: range(port, port + 2))
        assert {ports.free_port() for _ in range(2)} == {port + 1}


def test_no_two_workers_share_a_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_XDIST_WORKER_COUNT", "4")
    seen: set[int] = set()
    for worker in range(4):
        monkeypatch.setenv("PYTEST_XDIST_WORKER", f"gw{worker}")
        share = set(ports._share(ports.HIGHEST))
        assert len(share) == 1250
        assert not any(port % 4 for port in share)
        assert not share & seen
        seen |= share
