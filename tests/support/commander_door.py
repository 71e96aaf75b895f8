"""The commander's socket: the service in a thread of the test's process, or as the program it is in production."""

import asyncio
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.processes import Program, program, wait_until


@contextmanager
def commander_program(data: Path, *words: str) -> Iterator[Program]:
    """`sandi-center commander serve` until the end of the block, once it answers."""
    path = data / "run" / "commander.sock"
    with program(sys.executable, "-m", "center.cli", "commander", "serve", "--data", str(data), *words) as running:
        wait_until(lambda: answers(path) or running.process.poll() is not None, "the commander",
                   detail=lambda: running.output)  # fmt: skip
        assert running.process.poll() is None, running.output
        yield running


def answers(path: Path) -> bool:
    """Whether somebody accepts at this socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        try:
            connection.connect(str(path))
        except OSError:
            return False
    return True


@contextmanager
def commander_thread(data: Path) -> Iterator[Path]:
    """The service on the data of `center_database`, its clock the real one; yields its socket."""
    from center.commander.office import Office
    from center.commander.service import Commander, now_ms

    path = data / "run" / "commander.sock"
    ready, loops = threading.Event(), []

    async def serve() -> None:
        loops.append((asyncio.get_running_loop(), asyncio.current_task()))
        office = Office(data, now_ms)
        try:
            await Commander(office).serve(path, ready.set)
        except asyncio.CancelledError:
            pass
        finally:
            office.book.close()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        assert ready.wait(60), "the commander did not begin"
        yield path
    finally:
        loop, task = loops[0]
        loop.call_soon_threadsafe(task.cancel)
        thread.join(60)


def said(path: Path, raw: bytes, patience_s: float = 60) -> bytes:
    """These very bytes, then nothing more; what came back, b"" for nothing."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(patience_s)
        connection.connect(str(path))
        parts = b""
        try:
            connection.sendall(raw)
            connection.shutdown(socket.SHUT_WR)
            while part := connection.recv(65_536):
                parts += part
        except OSError:
            return parts
    return parts
