"""A real RTSP camera on this machine (`rtsp_gst`), and reading from its pictures when they were made."""

import json
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from PIL import Image

from agent.cameras.base import Secrets

PROGRAM = Path(__file__).with_name("rtsp_gst.py")
SYSTEM_PYTHON = "/usr/bin/python3"
"""Debian's python3-gi belongs to it."""
LOGIN = Secrets("pengamat", "R4has:ia/di @sini?")
"""With all that an address would have to escape."""
CELLS = 20


def is_installed() -> bool:
    """Whether this machine has the server (the long suite's scripts install it)."""
    return any(Path("/usr/lib").glob("*/girepository-1.0/GstRtspServer-1.0.typelib"))


@dataclass(frozen=True, slots=True)
class Sent:
    """What the camera sends. `gop_s`: between two keyframes. `background`: an I420 file of the size. `slices`: parts of
    each picture; `repeats`: the stream's parameters before each of them, where readers take one part for a picture."""

    width: int = 640
    height: int = 360
    fps: int = 10
    gop_s: float = 1.0
    codec: str = "h264"
    auth: str = "digest"
    video: bool = True
    background: str = ""
    slices: int = 1
    repeats: bool = False
    port: int = 0


class RtspServer:
    """A running one; made by `rtsp_server`."""

    def __init__(self, stream: Sent, login: Secrets) -> None:
        self._process = subprocess.Popen(
            (SYSTEM_PYTHON, PROGRAM), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps({**asdict(stream), "user": login.user, "password": login.password}) + "\n")
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(
                f"no RTSP server: exit code {self._process.wait()}; needs gir1.2-gst-rtsp-server-1.0, python3-gi and "
                "gstreamer1.0-plugins-base, -good, -ugly, -bad"
            )
        self.port = int(json.loads(line)["port"])
        self.url = f"rtsp://127.0.0.1:{self.port}/live"

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def ended(self) -> bool:
        return self._process.poll() is not None

    def order(self, line: str) -> None:
        """ "size WIDTH HEIGHT", "pause" (the stream stays open and brings nothing) or "resume"."""
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")

    def freeze(self) -> None:
        """As a camera whose processor hangs: the kernel still takes connections, nobody answers."""
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    def end(self, number: signal.Signals = signal.SIGKILL) -> None:
        """By a signal, in the middle of whatever it does."""
        self._process.send_signal(number)
        self._process.send_signal(signal.SIGCONT)
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()


@contextmanager
def rtsp_server(stream: Sent = Sent(), login: Secrets = LOGIN) -> Iterator[RtspServer]:
    """A camera that has begun to encode, until the block ends."""
    server = RtspServer(stream, login)
    try:
        yield server
    finally:
        if not server.ended:
            server.end()


def made_at_ms(picture: Image.Image) -> int:
    """When (time.monotonic of this machine) a picture of the server's was drawn. AssertionError: it is not whole."""
    height = picture.height
    luma = picture.convert("L")
    top = [_row(luma, 16 * row + 8) for row in range(4)]
    bottom = [_row(luma, height - 64 + 16 * row + 8) for row in range(4)]
    assert top == bottom, "top and bottom are not of the same picture"
    assert [[1 - bit for bit in row] for row in top[:2]] == top[2:], "the marks cannot be read"
    return int("".join(str(bit) for row in top[:2] for bit in row), 2)


def _row(luma: Image.Image, y: int) -> list[int]:
    cell = luma.width // CELLS
    return [int(int(luma.getpixel((cell * column + cell // 2, y))) > 128) for column in range(CELLS)]  # type: ignore[arg-type]
