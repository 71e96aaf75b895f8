"""Telling whoever started this process how it stands: systemd's notification protocol, spoken and heard.

The same few bytes serve systemd (Type=notify) and the centre's own supervisor; see sd_notify(3).
"""

import asyncio
import os
import secrets
import socket
import time

READY = "READY=1"
STOPPING = "STOPPING=1"
ALIVE = "WATCHDOG=1"
FEED_S = 5.0
"""Progress is told this often; units set WatchdogSec= to many times that."""
_VARIABLE = "NOTIFY_SOCKET"


def notify(*lines: str) -> None:
    """Send state lines; nothing happens where nobody asked to be told, or nobody listens any more."""
    address = os.environ.get(_VARIABLE)
    if not address:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
        sender.setblocking(False)
        try:
            sender.sendto("\n".join(lines).encode(), "\0" + address[1:] if address[0] == "@" else address)
        except OSError:
            return


def notify_ready() -> None:
    """Say that this process does its work now: what depends on it may start."""
    notify(READY)


class Watchdog:
    """Tells systemd that a loop makes progress: `feed` it once a round, however short the rounds are."""

    def __init__(self) -> None:
        self._fed_s = float("-inf")

    def feed(self) -> None:
        """Say so, unless that was said a moment ago."""
        now_s = time.monotonic()
        if now_s - self._fed_s >= FEED_S:
            self._fed_s = now_s
            notify(ALIVE)


async def feed_for_ever() -> None:
    """The same for an event loop: one that hangs feeds nothing."""
    while True:
        notify(ALIVE)
        await asyncio.sleep(FEED_S)


class Listener:
    """The other end: one abstract socket for one child; `environment` goes into the child's."""

    def __init__(self) -> None:
        name = f"sandi-center-{os.getpid()}-{secrets.token_hex(8)}"
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK)
        self.socket.bind("\0" + name)
        self.environment = {_VARIABLE: "@" + name}

    def heard_ready(self) -> bool:
        """Read what has come; whether one of the messages said ready."""
        ready = False
        while True:
            try:
                ready |= READY in self.socket.recv(4096).decode(errors="replace").splitlines()
            except BlockingIOError:
                return ready

    def close(self) -> None:
        """Give the address back."""
        self.socket.close()
