"""Cameras that break and are mended, for the table of faults (test_faults.py)."""

import re
import subprocess
import threading
from collections.abc import Callable, Iterator, Set
from contextlib import contextmanager
from pathlib import Path

from agent.cameras.base import Secrets
from agent.cameras.masks import encode_mask, make_mask, mask_path
from tests.agent.cameras.http_camera import PASSWORD, USER, http_camera
from tests.support.odd_drivers import pull_out
from tests.support.ports import free_port
from tests.support.rtsp_server import LOGIN, RtspServer, Sent
from tests.support.small_tmpfs import SmallTmpfs
from tests.support.troubled_eyes import MakeSource, Place, Source

SAMPLES = Path(__file__).resolve().parents[3] / "agent" / "cameras" / "samples"
RIGHT, WRONG = Secrets(USER, PASSWORD), Secrets(USER, "Bukan-Kata-Sandinya")
ANSWERS = 12
"""More than an RTSP camera gives before it streams."""
_SENT = re.compile(r"^\S+\s+\S+\s+\S+\s+(\S+) .*data_segs_out:(\d+)", re.MULTILINE)


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
        self.server = RtspServer(self._sent(1.0), LOGIN)

    def anew(self, gop_s: float = 1.0) -> None:
        """Another one; every `gop_s` seconds a keyframe."""
        self.end()
        self.server = RtspServer(self._sent(gop_s), LOGIN)

    def _sent(self, gop_s: float) -> Sent:
        return Sent(port=self._port, fps=5, gop_s=gop_s)  # four of them stream all through the table

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
