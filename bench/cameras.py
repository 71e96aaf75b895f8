"""From "take a picture" to the finished JPEG, as a worker of the camera process does it, and what the worker weighs.

The cameras are real servers on this machine: an RTSP camera (GStreamer, 1080p, Digest) that encodes all the time, and
an HTTP camera. The picture is asked for at a random moment between two keyframes; the pipeline (decode, judge, caption,
fit into 60 kB) is counted with it. What is no real part here, the Pi's and the USB camera, is not measured.
"""

import random
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from PIL import Image

from agent.cameras.base import Secrets
from agent.cameras.keeping.process import WORKER_COMMAND
from agent.cameras.lines import Grab, Setup, Spooled, Value, read_answer, write_line
from agent.cameras.table import config_class, flatten, revive
from bench import process, table
from tests.support.rtsp_server import LOGIN, Sent, is_installed, rtsp_server

SIZE = (1920, 1080)
FPS = 12
PICTURES = 21
STARTS = 5
WATCHED_S = 40.0
DEADLINE_S = 60.0
GOAL_S = 1.0
SAMPLES = Path(__file__).resolve().parents[1] / "agent" / "cameras" / "samples"
_AT_RANDOM = random.Random(20)


class Worker:
    """A worker process with one camera, asked as the camera process asks it."""

    def __init__(self, spool: Path, type_name: str, settings: dict[str, Value], secrets: Secrets) -> None:
        self._spool = spool
        config = revive(config_class(type_name), settings)
        self._process = subprocess.Popen(WORKER_COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.pid = self._process.pid
        self._tell(write_line(Setup("gate", type_name, str(spool), flatten(config), secrets=secrets)))

    def _tell(self, line: bytes) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line)
        self._process.stdin.flush()

    def picture(self) -> Spooled:
        assert self._process.stdout is not None
        self._tell(write_line(Grab(1, DEADLINE_S)))
        answer = read_answer(self._process.stdout.readline())
        if not isinstance(answer, Spooled):
            raise RuntimeError(f"no picture: {answer}")
        (self._spool / answer.file).unlink()
        return answer

    def end(self) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


def run() -> list[table.Row]:
    """Rows per kind of camera."""
    rows: list[table.Row] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        picture = Image.open(sorted(SAMPLES.glob("*.jpg"))[0]).convert("RGB").resize(SIZE, Image.Resampling.BICUBIC)
        background = folder / "background.yuv"
        background.write_bytes(_i420(picture))
        still = folder / "pictures"
        still.mkdir()
        picture.save(still / "a.jpg", quality=90)
        rows += _kept("replay, 1080p JPEG", folder, "replay", {"folder": str(still)}, Secrets())
        with _http_camera((still / "a.jpg").read_bytes()) as url:
            rows += _kept("HTTP snapshot, 1080p", folder, "http_jpeg", {"url": url}, Secrets())
        if not is_installed():
            return [*rows, table.figure("RTSP: gir1.2-gst-rtsp-server-1.0 is missing", "not measured", "")]
        sent = Sent(width=SIZE[0], height=SIZE[1], fps=FPS, gop_s=2.0, background=str(background))
        with rtsp_server(sent) as server:
            rows += _kept("RTSP, keyframe every 2 s", folder, "rtsp", {"url": server.url}, LOGIN, GOAL_S)
            rows += _started(folder, server.url)
            watching: dict[str, Value] = {"url": server.url, "reader": "persistent"}
            rows += _kept("RTSP, keyframe every 2 s, read all the time", folder, "rtsp", watching, LOGIN, GOAL_S, 2.0)
        seldom = Sent(width=SIZE[0], height=SIZE[1], fps=FPS, gop_s=10.0, background=str(background))
        with rtsp_server(seldom) as server:
            rows += _persistent(folder, server.url)
    return rows


def _kept(
    name: str,
    spool: Path,
    kind: str,
    settings: dict[str, Value],
    secrets: Secrets,
    goal_s: float | None = None,
    rest_s: float = 0.0,
) -> list[table.Row]:
    """Pictures asked for at random moments, `rest_s` and up to two seconds after the last. A reader gives no keyframe
    twice; in life there are many between two pictures."""
    worker = Worker(spool, kind, settings, secrets)
    worker.picture()
    before_s = process.cpu_seconds(worker.pid)
    shots = [_one(worker, rest_s) for _ in range(PICTURES)]
    cpu_s = (process.cpu_seconds(worker.pid) - before_s) / PICTURES
    weight = process.memory(worker.pid).pss_host_shared
    worker.end()
    took = [took_s for took_s, _ in shots]
    median_s, p95_s = statistics.median(took), statistics.quantiles(took, n=20)[-1]
    grabs = statistics.median(answer.timings_ms["grab"] / 1000 for _, answer in shots)
    first = f"{name}: median"
    return [
        table.figure(first, median_s, "s") if goal_s is None else table.below(first, median_s, "s", goal_s),
        table.figure("  p95", p95_s, "s"),
        table.figure("  of it until the camera's picture is there, median", grabs, "s"),
        table.figure("  CPU per picture", cpu_s, "s"),
        table.figure("  worker, PSS, host libraries shared", weight, "MiB"),
    ]


def _one(worker: Worker, rest_s: float) -> tuple[float, Spooled]:
    time.sleep(rest_s + _AT_RANDOM.uniform(0, 2))
    began_s = time.perf_counter()
    answer = worker.picture()
    return time.perf_counter() - began_s, answer


def _started(spool: Path, url: str) -> list[table.Row]:
    """A worker that starts for each picture, as they do when pictures are two minutes apart or more."""
    took = []
    for _ in range(STARTS):
        time.sleep(_AT_RANDOM.uniform(0, 2))
        began_s = time.perf_counter()
        worker = Worker(spool, "rtsp", {"url": url}, LOGIN)
        worker.picture()
        took.append(time.perf_counter() - began_s)
        worker.end()
    return [table.figure("  with the worker's start, median", statistics.median(took), "s")]


def _persistent(spool: Path, url: str) -> list[table.Row]:
    """The keyframe reader: what it costs while nobody asks, and what asking brings after a while."""
    name = "RTSP, keyframe every 10 s, read all the time"
    worker = Worker(spool, "rtsp", {"url": url, "reader": "persistent"}, LOGIN)
    worker.picture()
    before_s = process.cpu_seconds(worker.pid)
    time.sleep(WATCHED_S)
    cpu = 100 * (process.cpu_seconds(worker.pid) - before_s) / WATCHED_S
    idle = process.memory(worker.pid).pss_host_shared
    took, ages = [], []
    for _ in range(STARTS):
        time.sleep(_AT_RANDOM.uniform(4, 14))
        began_s = time.perf_counter()
        answer = worker.picture()
        took.append(time.perf_counter() - began_s)
        ages.append(answer.age_ms / 1000)
    worker.end()
    return [
        table.below(f"{name}: median", statistics.median(took), "s", GOAL_S),
        table.figure("  how old the picture is then, median", statistics.median(ages), "s"),
        table.figure("  CPU while nobody asks", cpu, "% of core"),
        table.figure("  worker, PSS, host libraries shared", idle, "MiB"),
    ]


@contextmanager
def _http_camera(picture: bytes) -> Iterator[str]:
    class Camera(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "image/jpeg")
            self.send_header("Content-Length", str(len(picture)))
            self.end_headers()
            self.wfile.write(picture)

        def log_message(self, format: str, *args: object) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Camera)
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/snapshot.jpg"
    finally:
        server.shutdown()
        serving.join()
        server.server_close()


def _i420(picture: Image.Image) -> bytes:
    luma, blue, red = picture.convert("YCbCr").split()
    half = (picture.width // 2, picture.height // 2)
    return b"".join((luma.tobytes(), blue.resize(half).tobytes(), red.resize(half).tobytes()))


if __name__ == "__main__":
    table.show("cameras", run())
