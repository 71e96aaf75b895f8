"""Running parts of a test inside a network namespace: a thread belongs to one, and what it starts inherits it."""

import ctypes
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from tests.support.lab import Box

_CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)
T = TypeVar("T")


@contextmanager
def inside(box: Box) -> Iterator[None]:
    """The calling thread's sockets, threads and processes are the box's within the block."""
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    try:
        _enter(os.open(Path("/run/netns") / box.name, os.O_RDONLY))
        try:
            yield
        finally:
            _enter(os.dup(home))
    finally:
        os.close(home)


def run_inside(box: Box, work: Callable[[], T]) -> T:
    """Run `work` in a thread of its own inside the box; returns or raises what it does."""
    found: list[T] = []
    failed: list[BaseException] = []

    def body() -> None:
        try:
            with inside(box):
                found.append(work())
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that waits
            failed.append(error)

    thread = threading.Thread(target=body, name=f"in-{box.name}", daemon=True)
    thread.start()
    thread.join()
    if failed:
        raise failed[0]
    return found[0]


def _enter(handle: int) -> None:
    try:
        if _libc.setns(handle, _CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")
    finally:
        os.close(handle)
