"""A program in a pseudo-terminal of a given size: what it draws, frame by frame, and how it leaves the terminal."""

import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from tests.support.processes import wait_until

HOME = "\x1b[H"
SANDI = (sys.executable, "-m", "agent.cli")
ENTER, LEAVE, SHOW_CURSOR = "\x1b[?1049h", "\x1b[?1049l", "\x1b[?25h"
PATIENCE_S = 90.0
"""For what a screen shows: a whole look at the network takes ten seconds where nobody else wants the processor."""
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal:
    """`raw` grows while the program runs."""

    def __init__(self, command: tuple[str, ...], rows: int, columns: int, environment: Mapping[str, str]) -> None:
        self._master, slave = pty.openpty()
        self.resize(rows, columns, tell=False)
        kept = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES", "NO_COLOR")}
        self.process = subprocess.Popen(
            command,
            stdin=slave, stdout=slave, stderr=slave,
            env={**kept, "TERM": "xterm-256color", "PYTHONUTF8": "1", **environment},
            start_new_session=True,
            preexec_fn=_own_terminal,  # noqa: PLW1509 - signal and ioctl only
        )  # fmt: skip
        os.close(slave)
        self._chunks: list[bytes] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def raw(self) -> bytes:
        return b"".join(self._chunks)

    @property
    def frame(self) -> list[str]:
        """The lines of the newest whole picture: of several the last but one, for the last may still be coming."""
        frames = self.raw.decode("utf-8", "replace").split(HOME)
        return [line.rstrip() for line in _CONTROL.sub("", frames[-2:][0]).replace("\r", "").split("\n")]

    def wait_for(self, text: str) -> None:
        wait_until(
            lambda: any(text in line for line in self.frame), f"{text!r} on the screen", PATIENCE_S, detail=self._seen
        )

    def resize(self, rows: int, columns: int, *, tell: bool = True) -> None:
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        if tell:
            os.kill(self.process.pid, signal.SIGWINCH)

    def press(self, keys: bytes) -> None:
        os.write(self._master, keys)

    def wait(self) -> int:
        code = self.process.wait(PATIENCE_S)
        self._reader.join(PATIENCE_S)
        return code

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self._reader.join(PATIENCE_S)
        os.close(self._master)

    def _seen(self) -> str:
        return "\n".join(self.frame)

    def _read(self) -> None:
        while True:
            try:
                chunk = os.read(self._master, 65_536)
            except OSError:  # EIO: the other side is closed
                return
            if not chunk:
                return
            self._chunks.append(chunk)


def _own_terminal() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


@contextmanager
def terminal(
    *arguments: str, rows: int = 24, columns: int = 80, sandi: tuple[str, ...] = SANDI, **environment: str
) -> Iterator[Terminal]:
    """`sandi ...` in a terminal for the length of the block; `sandi` is how it is called."""
    made = Terminal((*sandi, *arguments), rows, columns, environment)
    try:
        yield made
    finally:
        made.close()
