"""Faults of a line that works, badly: late, lossy, overloaded, coming and going."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from statistics import median

from tests.netlab import signs
from tests.netlab.fault import Breaking, Expected, codes
from tests.netlab.impairment import Impairment

_SAMPLE = 60
_FULL_WITHIN_S = 15.0


def _lost(on: Breaking) -> float:
    """The share of pings to the centre that is lost."""
    return 1 - signs.ping(on.town, on.town.at.centre, _SAMPLE, wait_s=2) / _SAMPLE


def _line(on: Breaking, up: Impairment, down: Impairment) -> None:
    on.undo.enter_context(on.town.line.impaired(up, down, on.draw.randrange(2**30)))


def _told(one: Impairment) -> dict[str, object]:
    plain = asdict(Impairment())
    return {name: value for name, value in asdict(one).items() if value != plain[name]}


def slow(on: Breaking) -> Expected:
    """A line of satellite length, or longer."""
    half = Impairment(delay_ms=on.between(200, 350, 0), jitter_ms=on.between(0, 20, 0))
    _line(on, half, half)
    return Expected(
        codes("Q1"),
        lambda: min(signs.rtts_ms(on.town, on.town.at.centre, 5, wait_s=2), default=0) > 350,
        params=_told(half),
    )


def _loses(on: Breaking, up: Impairment, down: Impairment) -> Expected:
    _line(on, up, down)
    return Expected(codes("Q2"), lambda: _lost(on) > 0.04, params={"up": _told(up), "down": _told(down)})


def loss_both_ways(on: Breaking) -> Expected:
    """Packets are lost at random, both ways."""
    one = Impairment(loss=on.between(0.1, 0.2), delay_ms=on.between(2, 20, 0))
    return _loses(on, one, one)


def loss_up(on: Breaking) -> Expected:
    """Packets are lost on the way out only."""
    return _loses(on, Impairment(loss=on.between(0.18, 0.35)), Impairment())


def loss_down(on: Breaking) -> Expected:
    """Packets are lost on the way back only."""
    return _loses(on, Impairment(), Impairment(loss=on.between(0.18, 0.35)))


def loss_in_bursts(on: Breaking) -> Expected:
    """Packets are lost in runs."""
    one = Impairment(loss=on.between(0.15, 0.25), burst=on.between(2, 5, 1))
    return _loses(on, one, one)


def overloaded(on: Breaking) -> Expected:
    """A neighbour fills a thin line with a deep queue."""
    town = on.town
    rate, depth_ms = on.draw.randrange(2, 8), on.draw.randrange(500, 900, 50)
    on.undo.callback(town.gateway.run, "tc", "qdisc", "del", "dev", "wan", "root")
    town.gateway.run(
        "tc", "qdisc", "replace", "dev", "wan", "root", "tbf", "rate", f"{rate}mbit", "burst", "16kb",
        "latency", f"{depth_ms}ms",
    )  # fmt: skip
    _fill(on, town.at.web)
    # TCP takes seconds to fill a deep queue: what is judged is a line that has long been full.
    end = time.monotonic() + _FULL_WITHIN_S
    while median(signs.rtts_ms(town, town.at.centre, 5, wait_s=2) or [0.0]) < depth_ms / 3 and time.monotonic() < end:
        continue
    return Expected(
        codes("Q3"),
        lambda: max(signs.rtts_ms(town, town.at.centre, 20, wait_s=2), default=0) > 200,
        codes("Q1", "Q2"),
        params={"rate_mbit": rate, "queue_ms": depth_ms},
    )


def _fill(on: Breaking, host: str) -> None:
    """Something on the neighbour's side uploads as much as TCP gets through, from one end to the other."""
    from tests.netlab.traffic import Sink

    sink = Sink(on.town.internet, host)
    on.undo.callback(sink.close)
    command = ("ip", "netns", "exec", on.town.neighbour.name, sys.executable, "-c", _UPLOAD, host, str(sink.port))
    process = subprocess.Popen(command)
    on.undo.callback(process.wait)
    on.undo.callback(process.kill)


# Reno fills every queue it meets; BBR, the default of some machines, is made to leave them empty.
_UPLOAD = """
import socket, sys
while True:
    with socket.create_connection((sys.argv[1], int(sys.argv[2]))) as flow:
        flow.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, b"reno")
        while True:
            flow.sendall(bytes(65536))
"""


class _Toggle:
    """Calls `off` and `on` in turn, in a thread, until closed; ends with `on`."""

    def __init__(self, off: Callable[[], None], on: Callable[[], None], off_s: float, on_s: float) -> None:
        self._end = threading.Event()
        self._calls = ((off, off_s), (on, on_s))
        self._on = on
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while True:
            for call, hold_s in self._calls:
                call()
                if self._end.wait(hold_s):
                    return

    def close(self) -> None:
        self._end.set()
        self._thread.join(10)
        self._on()


def path_flaps(on: Breaking) -> Expected:
    """Everything beyond the gateway is gone for a moment, again and again."""
    town = on.town
    off_s, on_s = on.between(0.6, 1.0), on.between(0.6, 1.0)
    town.line.start()
    on.undo.callback(town.line.stop)
    gone = Impairment(loss=1.0)
    toggle = _Toggle(lambda: town.line.set(gone, gone), town.line.set, off_s, on_s)
    on.undo.callback(toggle.close)
    return Expected(codes("Q4"), lambda: 0.15 < _lost(on) < 0.85, codes("Q2"), params={"off_s": off_s, "on_s": on_s})


def cable_flaps(on: Breaking) -> Expected:
    """A loose plug: the carrier comes and goes, often enough to do so while somebody looks."""
    town = on.town
    off_s, on_s = on.between(0.3, 0.6), on.between(0.25, 0.5)
    toggle = _Toggle(
        lambda: town.gateway.ip("link", "set", "port1", "down"),
        lambda: town.gateway.ip("link", "set", "port1", "up"),
        off_s,
        on_s,
    )
    on.undo.callback(town.refresh)
    on.undo.callback(toggle.close)
    return Expected(
        codes("Q4"),
        lambda: signs.carriers(town, off_s + on_s + 1) == {"0", "1"},
        codes("Q2", "L1"),
        params={"off_s": off_s, "on_s": on_s},
    )
