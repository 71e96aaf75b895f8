"""A bad line between two cables: frames are read from one interface and written to the other, as `impairment` says.

python -m tests.netlab.relay ONE OTHER

Runs inside the line's own network namespace. Commands are JSON lines on standard input, each answered by one line:
`{"up": {...}, "down": {...}, "seed": 7}` sets both directions (up: from ONE to OTHER; fields of `Impairment`) and
begins to count anew; `{"count": true}` tells what was counted. It ends with its standard input.

Pings and what was dropped of them are counted by the length of their IP packet, so a test that gives every pinger a
size of its own knows the truth and not the odds.
Checksum, segmentation and receive offload must be off on the interfaces at the far ends: what a network card would
have finished is never finished here.
"""

import heapq
import json
import os
import select
import socket
import sys
import time
from dataclasses import asdict
from itertools import count
from random import Random

from tests.netlab.impairment import Impairment, Path

_ETH_P_ALL = 0x0003
_SOL_PACKET, _PACKET_IGNORE_OUTGOING = 263, 23
_BUFFER_BYTES = 4 * 1024 * 1024
_MAX_SIZES = 256
_ETHERNET = 14
_IDLE_S = 3600.0
_AT_ONCE = 64
"""Frames taken from one side before the other gets its turn."""


class Relay:
    """Two sockets, two directions, and a queue of what leaves later."""

    def __init__(self, one: str, other: str) -> None:
        self._sides = (_open(one), _open(other))
        self._pings: tuple[dict[int, list[int]], dict[int, list[int]]] = ({}, {})
        self._queue: list[tuple[float, int, int, bytes]] = []
        self._order = count()
        self._paths = (Path(Impairment(), Random(0)), Path(Impairment(), Random(0)))
        self._frames = [0, 0]

    def run(self) -> None:
        """Carry frames until standard input ends."""
        watched = [*self._sides, sys.stdin]
        say({"ready": True})
        while True:
            # select's timeout is in microseconds, epoll's in milliseconds: too coarse for a delay.
            readable, _, _ = select.select(watched, (), (), self._pause_s())
            self._send_due()
            for number, side in enumerate(self._sides):
                if side in readable:
                    self._take(number, side)
            if sys.stdin in readable:
                line = sys.stdin.readline()
                if not line:
                    return
                say(self._obey(json.loads(line)))

    def _obey(self, asked: dict[str, object]) -> dict[str, object]:
        if "count" in asked:
            return {
                name: {
                    "frames": self._frames[number],
                    "dropped": self._paths[number].dropped,
                    "pings": self._pings[number],
                }
                for number, name in enumerate(("up", "down"))
            }
        seed = asked.get("seed", 0)
        self._paths = tuple(  # type: ignore[assignment]
            Path(Impairment(**(asked.get(name) or {})), Random(f"{seed} {name}"))  # type: ignore[dict-item]
            for name in ("up", "down")
        )
        self._pings, self._frames = ({}, {}), [0, 0]
        self._queue.clear()
        return {name: asdict(path.impairment) for name, path in zip(("up", "down"), self._paths, strict=True)}

    def _pause_s(self) -> float:
        return max(0.0, self._queue[0][0] - time.monotonic()) if self._queue else _IDLE_S

    def _send_due(self) -> None:
        now_s = time.monotonic()
        while self._queue and self._queue[0][0] <= now_s:
            _, _, number, frame = heapq.heappop(self._queue)
            _write(self._sides[1 - number], frame)

    def _take(self, number: int, side: socket.socket) -> None:
        path, out = self._paths[number], self._sides[1 - number]
        for _ in range(_AT_ONCE):
            try:
                frame = side.recv(65_535)
            except BlockingIOError:
                return
            except OSError:
                return  # the interface is down for a moment
            self._frames[number] += 1
            now_s = time.monotonic()
            if frame[12:14] not in (b"\x08\x00", b"\x86\xdd"):  # ARP is never lost: the cable's own business
                _write(out, frame)
                continue
            moments = path.leaves_at(now_s, len(frame) - _ETHERNET)
            self._note(number, frame, not moments)
            for due_s in moments:
                moment = path.in_order(due_s)
                if moment <= now_s and not self._queue:
                    _write(out, frame)
                else:
                    heapq.heappush(self._queue, (moment, next(self._order), number, frame))

    def _note(self, number: int, frame: bytes, lost: bool) -> None:
        """Echo requests and replies by IP length: [seen, dropped]."""
        if frame[12:14] != b"\x08\x00" or frame[23] != socket.IPPROTO_ICMP:
            return
        start = _ETHERNET + (frame[_ETHERNET] & 0x0F) * 4
        if len(frame) < start + 8 or frame[start] not in (0, 8):
            return
        seen = self._pings[number]
        size = int.from_bytes(frame[_ETHERNET + 2 : _ETHERNET + 4], "big")
        if size in seen or len(seen) < _MAX_SIZES:
            counted = seen.setdefault(size, [0, 0])
            counted[0] += 1
            counted[1] += lost


def _open(name: str) -> socket.socket:
    made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ETH_P_ALL))
    made.setsockopt(_SOL_PACKET, _PACKET_IGNORE_OUTGOING, 1)
    for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
        made.setsockopt(socket.SOL_SOCKET, option, _BUFFER_BYTES)
    made.bind((name, 0))
    made.setblocking(False)
    return made


def _write(side: socket.socket, frame: bytes) -> None:
    try:
        side.send(frame)
    except OSError:
        return  # the other side's buffer is full or its cable is out: as on any line, the frame is gone


def say(found: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(found) + "\n")
    sys.stdout.flush()


def hurry() -> None:
    """A line has no scheduler: run before everything else, where that is allowed."""
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    except OSError:
        os.nice(-20)


if __name__ == "__main__":
    hurry()
    Relay(sys.argv[1], sys.argv[2]).run()
