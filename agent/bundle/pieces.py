"""What an archive is made of: named pieces of text, words on what was left out; commands run on a short leash."""

import os
import selectors
import subprocess
import time
from dataclasses import dataclass
from typing import Final

MOST_PIECE_BYTES: Final = 1024 * 1024
COMMAND_S: Final = 8.0


@dataclass(frozen=True, slots=True)
class Piece:
    """One file of the archive, before anything is taken out of it."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What is not in the archive, and why, as a key of `cli.bundle.why.*` with a detail."""

    what: str
    why: str
    detail: str = ""


class Basket:
    """Pieces and what was left out, as they are gathered."""

    def __init__(self) -> None:
        self.pieces: list[Piece] = []
        self.left_out: list[LeftOut] = []

    def add(self, name: str, text: str) -> None:
        """A piece; of one that is too long the newest, its end, is kept."""
        if len(text) > MOST_PIECE_BYTES:
            self.leave_out(name, "shortened")
            text = text[-MOST_PIECE_BYTES:]
        self.pieces.append(Piece(name, text))

    def leave_out(self, what: str, why: str, detail: str = "") -> None:
        self.left_out.append(LeftOut(what, why, detail[:200]))


def output_of(*command: str, most_bytes: int = MOST_PIECE_BYTES, within_s: float = COMMAND_S) -> str:
    """What a command prints, its first `most_bytes`. OSError when it is not there, fails or takes too long."""
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "SYSTEMD_PAGER": "", "SYSTEMD_COLORS": "0"}
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
    )
    assert process.stdout is not None
    chunks, size, end_s = list[bytes](), 0, time.monotonic() + within_s
    try:
        with process.stdout as pipe, selectors.DefaultSelector() as selector:
            selector.register(pipe, selectors.EVENT_READ)
            while size < most_bytes:
                if not selector.select(max(0.0, end_s - time.monotonic())):
                    raise TimeoutError(f"{command[0]} took longer than {within_s:g} s")
                chunk = os.read(pipe.fileno(), 65_536)
                if not chunk:
                    break
                chunks.append(chunk)
                size += len(chunk)
        code = process.wait(max(0.1, end_s - time.monotonic())) if size < most_bytes else 0
    except subprocess.TimeoutExpired as error:
        raise TimeoutError(f"{command[0]} took longer than {within_s:g} s") from error
    finally:
        process.kill()
        process.wait()
    if code:
        raise OSError(f"{command[0]} ended with {code}")
    return b"".join(chunks)[:most_bytes].decode("utf-8", "replace")
