"""Everything that goes wrong with cameras, in one table, through the real `sandi camera run` and the real agent.

Each line: its camera gives a picture, the trouble begins, whoever asks for a picture is told the line's code within the
deadline and a second, the trouble ends, and the next one who asks gets a picture. Meanwhile neither the agent nor the
camera process grows by a MiB.
"""

import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from agent.cameras.base import Secrets
from agent.cameras.masks import encode_mask, make_mask, mask_path
from tests.agent.cameras.http_camera import PASSWORD, USER, http_camera
from tests.support import faulty_worker
from tests.support.odd_drivers import pull_out
from tests.support.own_time import own_s
from tests.support.ports import free_port
from tests.support.rtsp_server import LOGIN, RtspServer, Sent
from tests.support.small_tmpfs import SmallTmpfs
from tests.support.troubled_eyes import Asked, Eyes, MakeSource, Place, Source, troubled_eyes

DEADLINE_S = 5.0
"""Of the cameras here (`troubled_eyes`)."""
SAME_MIB = 1.0
SETTLED = 20
"""Pictures of a second each. Ten seconds after its start the agent looks at its surroundings, once, and keeps a MiB."""


LOOK_S = 0.2
_SENT = re.compile(r"^\S+\s+\S+\s+\S+\s+(\S+) .*data_segs_out:(\d+)", re.MULTILINE)
ANSWERS = 12
"""More than an RTSP camera gives before it streams."""
CALM = "a-calm"
"""The first by name, so it begins at once."""
SAMPLES = Path(__file__).resolve().parents[3] / "agent" / "cameras" / "samples"
RIGHT, WRONG = Secrets(USER, PASSWORD), Secrets(USER, "Bukan-Kata-Sandinya")

# --- cameras and what happens to them ---


def http(fault: str, auth: str = "md5") -> MakeSource:
    """A camera in the network with this manner of `http_camera`."""

    @contextmanager
    def made(place: Place, name: str) -> Iterator[Source]:
        with http_camera(auth=auth) as camera:
            settings = {"type": "http_jpeg", "url": camera.url}
            yield Source(settings, lambda: setattr(camera, "fault", fault), lambda: setattr(camera, "fault", ""), RIGHT)

    return made


@contextmanager
def wrong_password(place: Place, name: str) -> Iterator[Source]:
    with http_camera(auth="sha256") as camera:
        settings = {"type": "http_jpeg", "url": camera.url}
        yield Source(settings, lambda: place.know(name, WRONG), lambda: place.know(name, RIGHT), RIGHT)


def resized(size: tuple[int, int], *, masked: bool) -> MakeSource:
    """A camera somebody sets to another size of picture."""

    @contextmanager
    def made(place: Place, name: str) -> Iterator[Source]:
        with http_camera() as camera:
            if masked:
                file = mask_path(place.folder / "camera", name)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(encode_mask(make_mask(160 / 120, [[(0.1, 0.1), (0.6, 0.1), (0.6, 0.6)]])))
            settings = {"type": "http_jpeg", "url": camera.url, "mask": "required" if masked else "none"}
            usual = camera.size
            yield Source(settings, lambda: setattr(camera, "size", size), lambda: setattr(camera, "size", usual))

    return made


def stream(breaks: Callable[["Streaming"], None], reader: str) -> MakeSource:
    """A camera's stream; what broke is started anew at the same address."""

    @contextmanager
    def made(place: Place, name: str) -> Iterator[Source]:
        camera = Streaming()
        settings = {"type": "rtsp", "url": camera.server.url, "reader": reader}
        try:
            yield Source(settings, lambda: breaks(camera), camera.anew, LOGIN)
        finally:
            camera.end()

    return made


class Streaming:
    """A streaming camera, one after the other at the same address."""

    def __init__(self) -> None:
        self._port = free_port()
        self._watcher: threading.Thread | None = None
        self._over = threading.Event()
        self.server = RtspServer(Sent(port=self._port), LOGIN)

    def anew(self, gop_s: float = 1.0) -> None:
        """Another one; every `gop_s` seconds a keyframe."""
        self.end()
        self.server = RtspServer(Sent(port=self._port, gop_s=gop_s), LOGIN)

    def end(self) -> None:
        self._over.set()
        if self._watcher is not None:
            self._watcher.join()
        self._watcher = None
        if not self.server.ended:
            self.server.end()

    def freezes_in_the_middle(self) -> None:
        """Whoever comes is sent some of the stream and no keyframe, then it is stopped by SIGSTOP."""
        self.anew(gop_s=600)
        self._over.clear()
        self._watcher = threading.Thread(target=self._freeze_when_it_flows, args=(set(self._connections()),))
        self._watcher.start()

    def _freeze_when_it_flows(self, known: Set[str]) -> None:
        while not self._over.wait(0.02):
            if any(sent > ANSWERS for peer, sent in self._connections().items() if peer not in known):
                self.server.freeze()
                return

    def _connections(self) -> dict[str, int]:
        """How many segments went to each of the peers."""
        look = ("ss", "-HOtin", "state", "established", f"sport = :{self._port}")
        told = subprocess.run(look, capture_output=True, text=True, check=True).stdout
        return {peer: int(sent) for peer, sent in _SENT.findall(told)}


@contextmanager
def webcam_pulled(place: Place, name: str) -> Iterator[Source]:
    """Between two pictures of one grab; a fake, see `fake_webcam`."""
    settings = {"type": "v4l2", "device": "/dev/video0", "warm_frames": 5}
    drivers = place.drivers()
    yield Source(settings, lambda: pull_out(drivers, 3), lambda: pull_out(drivers, None))


def worker(fault: Callable[[], None]) -> MakeSource:
    """A camera whose driver does this to its worker (`faulty_worker`)."""

    @contextmanager
    def made(place: Place, name: str) -> Iterator[Source]:
        state = place.state(name)
        (state / "pictures").symlink_to(SAMPLES)
        file = state / "fault"
        yield Source({"type": "replay", "folder": str(state / "pictures")}, lambda: tell(file), file.unlink)

    def tell(file: Path) -> None:
        file.write_text(fault.__name__)

    return made


def full_disk(where: str, size_mib: int) -> MakeSource:
    """This folder of the node has a file system of its own, and that has no room."""

    @contextmanager
    def made(place: Place, name: str) -> Iterator[Source]:
        with SmallTmpfs(place.folder / where, size_mib) as disk:
            yield Source({"type": "replay", "folder": str(SAMPLES)}, disk.fill, disk.free)

    return made


@contextmanager
def calm(place: Place, name: str) -> Iterator[Source]:
    """Nothing happens to this one, and it gives a picture a second."""
    yield Source({"type": "replay", "folder": str(SAMPLES), "interval_s": 1})


# --- the table ---


@dataclass(frozen=True)
class Line:
    """`codes`: what may be told, "" a picture."""

    name: str
    make: MakeSource
    codes: tuple[str, ...]
    width: int = 0
    """Of the picture that comes all the same."""
    needs_root: bool = False


TABLE = [
    Line("bomb", http("bomb within the sides"), ("picture_too_large",)),
    Line("corrupt-head", http("corrupt head"), ("picture_invalid",)),
    Line("corrupt-scan", http("corrupt scan"), ("picture_invalid",)),
    Line("cut-off", http("resets mid-body"), ("truncated",)),
    Line("endless", http("endless"), ("picture_too_large",)),
    Line("password", wrong_password, ("auth",)),
    Line("resized", resized((320, 180), masked=False), ("",), width=320),
    Line("resized-mask", resized((320, 180), masked=True), ("mask",)),
    Line("resized-same-shape", resized((320, 240), masked=True), ("",), width=320),
    Line("silent", http("silent"), ("unreachable",)),
    Line("stops-mid-body", http("stops mid-body"), ("hung",)),
    Line("stream-ended", stream(lambda camera: camera.server.end(signal.SIGTERM), "each"), ("unreachable",)),
    Line("stream-frozen", stream(Streaming.freezes_in_the_middle, "each"), ("hung",)),
    Line("stream-read-ended", stream(lambda camera: camera.server.end(), "persistent"), ("hung", "unreachable")),
    Line("stream-read-frozen", stream(lambda camera: camera.server.freeze(), "persistent"), ("hung", "unreachable")),
    Line("truncated", http("cut mid-body"), ("truncated",)),
    Line("webcam-pulled", webcam_pulled, ("unavailable",)),
    Line("worker-hangs", worker(faulty_worker.hanging), ("timeout",)),
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
        return named and self.took_s < DEADLINE_S + 1 and mended

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
    """What is told of a trouble, and after how many seconds. What came before a stream broke may still be had, once."""
    while True:
        took_s: list[float] = []
        with own_s(took_s):
            told = eyes.ask(line.name)
        if told.code or ("" in line.codes and not told.shared):
            return told, took_s[0]
        time.sleep(LOOK_S)


def fresh(eyes: Eyes, line: Line) -> Asked:
    """One more picture, not the one somebody got just before."""
    while (told := eyes.ask(line.name)).shared:
        time.sleep(LOOK_S)
    return told


def all_tried(eyes: Eyes, lines: Sequence[Line]) -> list[Result]:
    """Every line, one after the other."""
    before_mib = eyes.weights_mib()
    return [tried(eyes, line, before_mib) for line in lines]


def table_of(results: Sequence[Result]) -> str:
    return "\n".join(map(str, results))


def test_a_bad_picture_a_cut_line_and_a_dead_worker_are_named_and_the_next_picture_comes(tmp_path: Path) -> None:
    daily = [line for line in TABLE if line.name in DAILY]
    with troubled_eyes(tmp_path, {line.name: line.make for line in daily}) as eyes:
        results = all_tried(eyes, daily)
        assert [result.line.name for result in results if result.right] == DAILY, f"{table_of(results)}\n{eyes.said}"


@pytest.mark.full
def test_whatever_goes_wrong_is_named_in_time_and_ends_and_nobody_grows_by_it(tmp_path: Path) -> None:
    """Lines that need root are left out for an ordinary user."""
    lines = [line for line in TABLE if not line.needs_root or os.geteuid() == 0]
    makers: dict[str, MakeSource] = {CALM: calm, **{line.name: line.make for line in lines}}
    with troubled_eyes(tmp_path, makers) as eyes:
        eyes.until_well(CALM, SETTLED)
        assert not eyes.ask(CALM).code
        results = all_tried(eyes, lines)
        shown = f"{table_of(results)}\n{eyes.said[-6000:]}"
        assert [result.line.name for result in results if result.right] == [line.name for line in lines], shown
        assert max(result.agent_mib for result in results) < SAME_MIB, shown
        assert max(result.process_mib for result in results) < SAME_MIB, shown
        assert not any(secret in eyes.said for secret in (PASSWORD, WRONG.password, LOGIN.password))
