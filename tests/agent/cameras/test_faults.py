"""Everything that goes wrong with cameras, in one table, through the real `sandi camera run` and the real agent.

Each line: its camera gives a picture, the trouble begins, whoever asks for a picture is told the line's code within six
seconds, the trouble ends, and the next one who asks gets a picture. Meanwhile neither the agent nor the camera process
grows by a MiB.
"""

import os
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.agent.cameras.http_camera import PASSWORD
from tests.agent.cameras.troubles import (
    WRONG,
    Streaming,
    calm,
    full_disk,
    http,
    resized,
    stream,
    webcam_pulled,
    worker,
    wrong_password,
)
from tests.support import faulty_worker
from tests.support.own_time import lost_s, own_s, robbed_of
from tests.support.rtsp_server import LOGIN
from tests.support.troubled_eyes import Asked, Eyes, MakeSource, Place, Source, troubled_eyes

DEADLINE_S = 60.0
"""Of cameras whose trouble shows at once: a busy machine must not end them before they have told of it."""
SOON_S = 5.0
"""Of those that are silent, or slow to notice."""
GIVE_UP_S = 120.0
SAME_MIB = 1.0
SETTLED = 20
"""Pictures of a second each. Ten seconds after its start the agent looks at its surroundings, once, and keeps a MiB."""
LOOK_S = 0.2
CALM = "a-calm"
"""The first by name, so it begins at once."""


@dataclass(frozen=True)
class Line:
    """`codes`: what may be told, "" a picture."""

    name: str
    make: MakeSource
    codes: tuple[str, ...]
    width: int = 0
    """Of the picture that comes all the same."""
    masked: bool = False
    """Every picture of this camera is."""
    needs_root: bool = False
    deadline_s: float = DEADLINE_S


TABLE = [
    Line("bomb", http("bomb within the sides"), ("picture_too_large",)),
    Line("corrupt-head", http("corrupt head"), ("picture_invalid",)),
    Line("corrupt-scan", http("corrupt scan"), ("picture_invalid",)),
    Line("cut-off", http("resets mid-body"), ("truncated",)),
    Line("endless", http("endless"), ("picture_too_large",)),
    Line("password", wrong_password, ("auth",)),
    Line("resized", resized((320, 180), masked=False), ("",), width=320),
    Line("resized-mask", resized((320, 180), masked=True), ("mask",), masked=True),
    Line("resized-same-shape", resized((320, 240), masked=True), ("",), width=320, masked=True),
    Line("silent", http("silent"), ("unreachable",), deadline_s=SOON_S),
    Line("stops-mid-body", http("stops mid-body"), ("hung",), deadline_s=SOON_S),
    Line("stream-ended", stream(lambda camera: camera.server.end(signal.SIGTERM), "each"), ("unreachable",)),
    Line("stream-frozen", stream(Streaming.freezes_in_the_middle, "each"), ("hung",), deadline_s=8),
    Line(
        "stream-read-ended",
        stream(lambda camera: camera.server.end(), "persistent"),
        ("hung", "unreachable"),
        deadline_s=SOON_S,
    ),
    Line(
        "stream-read-frozen",
        stream(lambda camera: camera.server.freeze(), "persistent"),
        ("hung", "unreachable"),
        deadline_s=SOON_S,
    ),
    Line("truncated", http("cut mid-body"), ("truncated",)),
    Line("webcam-pulled", webcam_pulled, ("unavailable",)),
    Line("worker-hangs", worker(faulty_worker.hanging), ("timeout",), deadline_s=SOON_S),
    Line("worker-killed", worker(faulty_worker.killed), ("worker_died",)),
    Line("worker-leaks", worker(faulty_worker.leaking), ("memory",)),
    Line("disk-full-core", full_disk("data", 200), ("disk_full",), needs_root=True),
    Line("disk-full-spool", full_disk("camera-run", 2), ("unavailable",), needs_root=True),
]
DAILY = ["bomb", "cut-off", "worker-killed"]


@dataclass(frozen=True)
class Result:
    """What became of a line. Growth since before the first trouble."""

    line: Line
    told: Asked
    took_s: float
    again: Asked
    agent_mib: float
    process_mib: float

    @property
    def right(self) -> bool:
        named = self.told.code in self.line.codes and self.told.width == self.line.width
        mended = self.again.code == "" and self.again.width != self.line.width
        masked = all(bool(each.mask_version) == self.line.masked for each in (self.told, self.again) if not each.code)
        return named and masked and self.took_s < SOON_S + 1 and mended

    def __str__(self) -> str:
        expected = " or ".join(code or "a picture" for code in self.line.codes)
        return (
            f"{' ' if self.right else '!'} {self.line.name:<19}{expected:<22}{self.told.code or 'a picture':<18}"
            f"{self.took_s:5.2f} s  then {self.again.code or 'a picture':<18}"
            f"agent {self.agent_mib:+.2f} MiB  process {self.process_mib:+.2f} MiB"
        )


def tried(eyes: Eyes, line: Line, before_mib: tuple[float, float]) -> Result:
    """One line of the table, from its camera's first picture to its last."""
    source = eyes.sources[line.name]
    eyes.until_well(line.name)
    source.breaks()
    try:
        told, took_s = asked(eyes, line)
    finally:
        source.mends()
    again = fresh(eyes, line)
    agent_mib, process_mib = (now - before for now, before in zip(eyes.weights_mib(), before_mib, strict=True))
    return Result(line, told, took_s, again, agent_mib, process_mib)


def asked(eyes: Eyes, line: Line) -> tuple[Asked, float]:
    """What is told of a trouble, and after how many seconds. What came before a stream broke may still be had, once;
    and what a machine that had no time for it brought is asked for again."""
    give_up_s = time.monotonic() + GIVE_UP_S
    while True:
        took_s: list[float] = []
        lost_before_s = lost_s()
        with own_s(took_s):
            told = eyes.ask(line.name)
        right = told.code in line.codes and not (told.shared and not told.code)
        to_blame = bool(told.code) and not robbed_of(SOON_S, lost_before_s)
        if right or to_blame or time.monotonic() > give_up_s:
            return told, took_s[0]
        if told.code:  # what was to be met once may have been missed
            eyes.sources[line.name].breaks()
        time.sleep(LOOK_S)


def fresh(eyes: Eyes, line: Line) -> Asked:
    """One more picture, not the one somebody got just before, nor what a machine without time for it brought."""
    give_up_s = time.monotonic() + GIVE_UP_S
    while True:
        lost_before_s = lost_s()
        told = eyes.ask(line.name)
        again = told.shared or (bool(told.code) and robbed_of(SOON_S, lost_before_s))
        if not again or time.monotonic() > give_up_s:
            return told
        time.sleep(LOOK_S)


def maker(line: Line) -> MakeSource:
    """Of the line's camera, with the deadline that the line wants."""

    @contextmanager
    def made(place: Place, name: str) -> Iterator[Source]:
        with line.make(place, name) as source:
            yield replace(source, settings={**source.settings, "deadline_s": line.deadline_s})

    return made


def all_tried(eyes: Eyes, lines: Sequence[Line]) -> list[Result]:
    """Every line, one after the other."""
    before_mib = eyes.weights_mib()
    return [tried(eyes, line, before_mib) for line in lines]


def table_of(results: Sequence[Result]) -> str:
    return "\n".join(map(str, results))


def test_a_bad_picture_a_cut_line_and_a_dead_worker_are_named_and_the_next_picture_comes(tmp_path: Path) -> None:
    daily = [line for line in TABLE if line.name in DAILY]
    with troubled_eyes(tmp_path, {line.name: maker(line) for line in daily}) as eyes:
        results = all_tried(eyes, daily)
        assert [result.line.name for result in results if result.right] == DAILY, f"{table_of(results)}\n{eyes.said}"


@pytest.mark.full
def test_whatever_goes_wrong_is_named_in_time_and_ends_and_nobody_grows_by_it(tmp_path: Path) -> None:
    """Lines that need root are left out for an ordinary user."""
    lines = [line for line in TABLE if not line.needs_root or os.geteuid() == 0]
    makers: dict[str, MakeSource] = {CALM: calm, **{line.name: maker(line) for line in lines}}
    with troubled_eyes(tmp_path, makers) as eyes:
        eyes.until_well(CALM, SETTLED)
        assert not eyes.ask(CALM).code
        results = all_tried(eyes, lines)
        shown = f"{table_of(results)}\n{eyes.said[-6000:]}"
        assert [result.line.name for result in results if result.right] == [line.name for line in lines], shown
        assert max(result.agent_mib for result in results) < SAME_MIB, shown
        assert max(result.process_mib for result in results) < SAME_MIB, shown
        assert not any(secret in eyes.said for secret in (PASSWORD, WRONG.password, LOGIN.password))
