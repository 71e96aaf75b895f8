"""The relay on real cables: it adds next to nothing, carries enough, and tells exactly what it dropped."""

import re
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from tests.netlab.conftest import skip_unless_possible
from tests.netlab.impairment import Impairment
from tests.netlab.line import Line
from tests.support.lab import Box, laboratory

pytestmark = pytest.mark.netns
NEAR, FAR = "10.9.0.2", "10.9.0.1"
_ALL = ("-w", "50")
"""ping(8) waits for so many answers, and sends more meanwhile; else it does not wait for the last when it is late."""


@pytest.fixture(scope="module")
def pair() -> Iterator[tuple[Box, Box, Line]]:
    """Two boxes and the line between them."""
    skip_unless_possible()
    with laboratory() as lab:
        near, line, far = lab.box("near"), lab.box("line"), lab.box("far")
        lab.cable((near, "eth0", f"{NEAR}/24"), (line, "near", ""))
        lab.cable((line, "far", ""), (far, "eth0", f"{FAR}/24"))
        yield near, far, Line(line, ((near, "eth0"), (far, "eth0")))


def _ping(box: Box, count: int, *options: str, gap_s: float = 0.01) -> list[float]:
    command = ("ip", "netns", "exec", box.name, "ping", "-n", "-c", str(count), "-i", str(gap_s), "-W", "1", *options)
    said = subprocess.run((*command, FAR), capture_output=True, text=True, check=False, timeout=60).stdout
    return [float(found) for found in re.findall(r"time=([\d.]+) ms", said)]


def test_the_relay_adds_less_than_a_third_of_a_millisecond(pair: tuple[Box, Box, Line]) -> None:
    near, _, line = pair
    _ping(near, 3)
    differences = []
    for _ in range(10):  # until one is calm: other tests want the same two cores
        direct = statistics.median(_ping(near, 100))
        with line.impaired():
            differences.append(statistics.median(_ping(near, 100)) - direct)
        if differences[-1] < 0.3:
            break
    assert min(differences) < 0.3


@pytest.mark.parametrize("delay_ms", [5.0, 20.0])
def test_a_delay_is_what_was_asked_for(pair: tuple[Box, Box, Line], delay_ms: float) -> None:
    near, _, line = pair
    half = Impairment(delay_ms=delay_ms)
    medians_ms = []
    with line.impaired(half, half):
        for _ in range(10):  # until one is calm: other tests want the same two cores
            found = _ping(near, 60, *_ALL)
            assert len(found) >= 60
            assert min(found) >= 2 * delay_ms
            medians_ms.append(statistics.median(found))
            if medians_ms[-1] < 2 * delay_ms + 1.0:
                break
    assert min(medians_ms) < 2 * delay_ms + 1.0


def test_what_was_dropped_is_counted_exactly_and_per_direction(pair: tuple[Box, Box, Line]) -> None:
    near, _, line = pair
    for seed in range(3, 8):  # ping may go home before the last answer, when it is kept waiting itself
        with line.impaired(Impairment(loss=0.2), Impairment(loss=0.1, burst=3), seed=seed):
            answered = len(_ping(near, 300, "-s", "100", gap_s=0.005))
            counts = line.counts()
        (asked, lost_up), (came, lost_down) = counts["up"]["pings"]["128"], counts["down"]["pings"]["128"]
        if (asked, came, answered) == (300, 300 - lost_up, came - lost_down):
            break
    assert asked == 300
    assert came == 300 - lost_up
    assert answered == came - lost_down
    assert lost_up > 20
    assert lost_down > 5


def test_a_size_limit_drops_large_packets_one_way_only(pair: tuple[Box, Box, Line]) -> None:
    near, _, line = pair
    with line.impaired(up=Impairment(max_bytes=1200)):
        assert len(_ping(near, 3, "-s", "1172", *_ALL)) >= 3
        assert len(_ping(near, 3, "-s", "1173")) == 0
    assert len(_ping(near, 3, "-s", "1472", *_ALL)) >= 3


_SINK = """
import socket, sys, time
listener = socket.create_server(("0.0.0.0", 9009)); print("ready", flush=True)
connection, _ = listener.accept(); began = float(connection.recv(64, socket.MSG_WAITALL)); count = 64
while data := connection.recv(262144): count += len(data)
print(count * 8 / (time.monotonic() - began) / 1e6, flush=True)
"""
_SOURCE = f"""
import socket, time
began = time.monotonic()  # both boxes have the same clock; by his own a sink that was late would count too fast
with socket.create_connection(("{FAR}", 9009)) as flow:
    flow.sendall(str(began).ljust(64).encode())
    end = time.monotonic() + 2
    while time.monotonic() < end: flow.sendall(bytes(65536))
"""


@pytest.mark.parametrize(("rate", "low", "high"), [(0.0, 20.0, 100_000.0), (8.0, 5.0, 8.5)])
def test_it_carries_twenty_megabits_and_no_more_than_its_rate(
    pair: tuple[Box, Box, Line], rate: float, low: float, high: float
) -> None:
    near, far, line = pair
    best = 0.0
    for _ in range(6):
        sink = far.start(sys.executable, "-c", _SINK)
        assert sink.stdout is not None
        assert sink.stdout.readline() == "ready\n"
        with line.impaired(Impairment(rate_mbit=rate, queue_kib=64)):
            near.run(sys.executable, "-c", _SOURCE)
            best = max(best, float(sink.stdout.readline()))
        sink.wait(60)
        if best > low:
            break
        time.sleep(1)
    assert low < best < high


def test_order_is_kept_under_jitter_unless_it_is_given_up(pair: tuple[Box, Box, Line]) -> None:
    near, _, line = pair
    orders = {}
    for keep in (True, False):
        with line.impaired(Impairment(delay_ms=5, jitter_ms=40, keep_order=keep), seed=2):
            command = ("ip", "netns", "exec", near.name, "ping", "-n", "-c", "40", "-i", "0.005", *_ALL, FAR)
            said = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60).stdout
            orders[keep] = [int(found) for found in re.findall(r"icmp_seq=(\d+)", said)]
    assert min(len(orders[True]), len(orders[False])) >= 40
    assert orders[True] == sorted(orders[True])
    assert orders[False] != sorted(orders[False])


def test_an_unknown_command_ends_the_relay_rather_than_being_ignored(pair: tuple[Box, Box, Line]) -> None:
    near, _, line = pair
    line.start()
    try:
        with pytest.raises(AssertionError, match="ended"):
            line._ask({"up": {"colour": "blue"}})
    finally:
        line.stop()
    assert len(_ping(near, 3, *_ALL)) >= 3
