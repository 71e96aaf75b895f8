"""Cameras on the board's own connector, as libcamera sees them.

libcamera and its Python package may hang or crash in a driver, so they are asked in a process of its own, which is
killed with all it started when it does not answer in time. Run as a program, this file is that process.
"""

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from typing import Final, Literal

import msgspec

from wire.shape import Struct

WAIT_S: Final = 20.0
"""A Raspberry Pi 3 takes several seconds to load the package alone."""
_MOST_ANSWER_BYTES: Final = 65_536
_MOST_CAMERAS: Final = 16
COMMAND: Final = (sys.executable, "-P", "-m", "agent.cameras.discovery.board")
_KEPT: Final = ("PATH", "PYTHONPATH", "LANG", "LC_ALL", "TMPDIR")

State = Literal["ok", "missing", "failed", "hung"]


class BoardCamera(Struct, frozen=True):
    """One camera: `number` is what the configuration wants."""

    number: int
    model: str
    ident: str


class Board(Struct, frozen=True):
    """What libcamera said. "missing": its Python package is not installed here; "failed" and "hung": see `detail`."""

    state: State
    cameras: tuple[BoardCamera, ...] = ()
    detail: str = ""


class _Info(msgspec.Struct):
    """As much as is read of an entry of `Picamera2.global_camera_info()` (picamera2 0.3)."""

    number: int = msgspec.field(name="Num", default=0)
    model: str = msgspec.field(name="Model", default="")
    ident: str = msgspec.field(name="Id", default="")


class _Answer(msgspec.Struct):
    missing: bool = False
    failed: str = ""
    cameras: list[_Info] = []


def look(wait_s: float = WAIT_S, command: tuple[str, ...] = COMMAND) -> Board:
    """Ask libcamera in a process of its own, for at most `wait_s`."""
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={key: os.environ[key] for key in _KEPT if key in os.environ},
        start_new_session=True,
    )
    try:
        output = _last_words(process, time.monotonic() + wait_s)
    finally:
        _end(process)
    if output is None:
        return Board("hung", detail=f"no answer within {wait_s:g} s")
    return _board(output)


def _last_words(process: "subprocess.Popen[bytes]", until_s: float) -> bytes | None:
    """The end of what it printed; None when it had not ended its output by then. However much it prints, little is
    kept."""
    assert process.stdout is not None
    kept = b""
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while (left_s := until_s - time.monotonic()) > 0:
            if not selector.select(left_s):
                continue
            piece = os.read(process.stdout.fileno(), _MOST_ANSWER_BYTES)
            if not piece:
                return kept
            kept = (kept + piece)[-_MOST_ANSWER_BYTES:]
    return None


def _board(output: bytes) -> Board:
    """Whatever the packages printed comes first; the answer is the last line."""
    lines = output.splitlines()
    try:
        answer = msgspec.json.decode(lines[-1] if lines else b"", type=_Answer)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Board("failed", detail="it ended without an answer")
    if answer.missing:
        return Board("missing")
    if answer.failed:
        return Board("failed", detail=_harmless(answer.failed))
    cameras = (
        BoardCamera(info.number, _harmless(info.model), _harmless(info.ident))
        for info in answer.cameras[:_MOST_CAMERAS]
    )
    return Board("ok", tuple(sorted(cameras, key=lambda camera: camera.number)))


def _end(process: "subprocess.Popen[bytes]") -> None:
    """With whatever the driver started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdout is not None:
        process.stdout.close()


def _harmless(text: str) -> str:
    return "".join(sign if sign.isprintable() else "?" for sign in text)[:120].strip()


def _answer() -> dict[str, object]:
    """In the process of its own."""
    try:
        from picamera2 import Picamera2
    except ImportError:
        return {"missing": True}
    try:
        info = Picamera2.global_camera_info()
        return {
            "cameras": [
                {"Num": int(one.get("Num", 0)), "Model": str(one.get("Model", "")), "Id": str(one.get("Id", ""))}
                for one in info[:_MOST_CAMERAS]
            ]
        }
    except Exception as error:  # noqa: BLE001 - a driver may raise anything; it is said and the process ends
        return {"failed": f"{type(error).__name__}: {error}"}


if __name__ == "__main__":
    sys.stdout.write(f"\n{json.dumps(_answer())}\n")
