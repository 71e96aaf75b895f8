"""Our ping beside fping and icmplib, at the same time on the same bad line, against what the line really dropped.

Each tool pings with a size of its own, so the relay knows what became of each one's packets. fping prints round trips
from 100 ms on in whole milliseconds, so the longest line here stays just below that.
"""

import json
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from agent.core.window import wilson_interval
from tests.netlab.impairment import Impairment
from tests.netlab.line import Line
from tests.netlab.pingers import GAP_S, PATIENCE_S
from tests.support.lab import ROOT, Box, laboratory

NEAR, FAR = "10.9.0.2", "10.9.0.1"
SIZES = {"ours": 56, "fping": 57, "icmplib": 58}
_HEADERS = 28
"""IPv4 and ICMP, without options."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A line, the same both ways."""

    name: str
    half: Impairment


CONDITIONS = (
    Condition("perfect", Impairment()),
    Condition("20 ms", Impairment(delay_ms=10)),
    Condition("99 ms", Impairment(delay_ms=49.4)),
    Condition("20 ms, jitter 8 ms", Impairment(delay_ms=8, jitter_ms=4)),
    Condition("1 % lost", Impairment(loss=0.005)),
    Condition("5 % lost", Impairment(loss=0.0253)),
    Condition("20 % lost", Impairment(loss=0.1056)),
    Condition("about 10 % lost, in bursts of 4", Impairment(loss=0.0513, burst=4)),
    Condition("20 ms, jitter 6 ms, 5 % lost", Impairment(delay_ms=8.5, jitter_ms=3, loss=0.0253)),
)
"""Loss is per direction: a round trip passes with the square of what one way passes. Jitter is small enough for the
medians of some hundred pings to agree within half a millisecond by more than three standard errors (5 ms / sqrt(n) each
at 10 ms of jitter)."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One tool on one line. `asked` and `dropped` are the relay's own count of its round trips."""

    tool: str
    sent: int
    lost: int
    median_ms: float
    cpu_ms: float
    asked: int
    dropped: int

    @property
    def loss(self) -> float:
        return self.lost / self.sent

    @property
    def truth(self) -> tuple[float, float]:
        """The 95 % interval of the loss that was really made, 0..1."""
        return wilson_interval(self.dropped, self.asked)

    @property
    def is_true(self) -> bool:
        """Whether the measured loss lies inside."""
        low, high = self.truth
        return low - 1e-9 <= self.loss <= high + 1e-9


@contextmanager
def bad_line() -> Iterator[tuple[Box, Line]]:
    """The node and the line to the host it pings."""
    with laboratory() as lab:
        near, line, far = lab.box("near"), lab.box("line"), lab.box("far")
        lab.cable((near, "eth0", f"{NEAR}/24"), (line, "near", ""))
        lab.cable((line, "far", ""), (far, "eth0", f"{FAR}/24"))
        near.sysctl("net.ipv4.ping_group_range", "0 2147483647")
        built = Line(line, ((near, "eth0"), (far, "eth0")))
        near.run("ping", "-c", "1", "-w", "10", FAR)
        yield near, built


def compare(near: Box, line: Line, condition: Condition, count: int, seed: int) -> dict[str, Measured]:
    """All three at once; icmplib, which sends the next ping only after the answer to the last, sends a fifth."""
    counts = {"ours": count, "fping": count, "icmplib": max(20, count // 5)}
    commands = {
        tool: (sys.executable, "-m", "tests.netlab.pingers", tool, FAR, str(counts[tool]), str(SIZES[tool]))
        for tool in ("ours", "icmplib")
    }
    commands["fping"] = (
        "fping", "-q", "-C", str(count), "-p", f"{GAP_S * 1000:g}", "-t", f"{PATIENCE_S * 1000:g}",
        "-b", str(SIZES["fping"]), FAR,
    )  # fmt: skip
    with line.impaired(condition.half, condition.half, seed):
        started = {
            tool: subprocess.Popen(
                ("ip", "netns", "exec", near.name, *command),
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                cwd=ROOT,
            )
            for tool, command in commands.items()
        }
        said = {tool: process.communicate(timeout=120) for tool, process in started.items()}
        truth = line.counts()
    return {tool: _measured(tool, *said[tool], truth) for tool in SIZES}


def _measured(tool: str, output: str, errors: str, truth: dict[str, Any]) -> Measured:
    size = str(SIZES[tool] + _HEADERS)
    asked, lost_up = truth["up"]["pings"].get(size, (0, 0))
    _, lost_down = truth["down"]["pings"].get(size, (0, 0))
    if tool == "fping":
        words = errors.strip().splitlines()[-1].partition(" : ")[2].split()
        found: dict[str, Any] = {
            "rtts_ms": [None if word == "-" else float(word) for word in words],
            "sent": len(words),
            "lost": words.count("-"),
            "cpu_ms": 0.0,
        }
    else:
        assert output, f"{tool}: {errors[-1000:]}"
        found = json.loads(output)
    answered = [rtt for rtt in found["rtts_ms"] if rtt is not None]
    return Measured(
        tool,
        int(found["sent"]),
        int(found["lost"]),
        statistics.median(answered) if answered else 0.0,
        float(found["cpu_ms"]),
        asked,
        lost_up + lost_down,
    )
