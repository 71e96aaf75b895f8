"""Words to systemd arrive at a real datagram socket, path or abstract, and nowhere when nobody listens."""

import os
import socket
from pathlib import Path

from agent.sdnotify import Notifier


def test_words_arrive_at_the_socket_systemd_named(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "n"))
        notifier = Notifier({"NOTIFY_SOCKET": str(tmp_path / "n")})
        notifier.send("READY=1", "STATUS=ok")
        assert systemd.recv(100) == b"READY=1\nSTATUS=ok"


def test_an_abstract_address_works_and_an_unchanged_status_is_sent_once() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        name = f"sandi-test-{os.getpid()}"
        systemd.bind(f"\0{name}")
        systemd.setblocking(False)
        notifier = Notifier({"NOTIFY_SOCKET": f"@{name}"})
        for text in ("tersambung", "tersambung", "terputus"):
            notifier.status(text)
        assert [systemd.recv(100), systemd.recv(100)] == [b"STATUS=tersambung", b"STATUS=terputus"]


def test_without_a_listener_nothing_happens(tmp_path: Path) -> None:
    Notifier({}).send("READY=1")
    Notifier({"NOTIFY_SOCKET": str(tmp_path / "gone")}).send("READY=1")


def test_the_watchdog_period_counts_only_when_it_is_meant_for_this_process() -> None:
    mine = str(os.getpid())
    assert Notifier({"WATCHDOG_USEC": "30000000"}).watchdog_s == 30.0
    assert Notifier({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": mine}).watchdog_s == 30.0
    assert Notifier({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}).watchdog_s is None
    assert Notifier({"WATCHDOG_USEC": "abc"}).watchdog_s is None
    assert Notifier({}).watchdog_s is None
