"""How processes of the centre end: with whoever started them, and when they are asked to."""

import _thread
import asyncio
import ctypes
import os
import signal
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_LIBC = ctypes.CDLL(None, use_errno=True)


def die_with_parent(signal_number: int = signal.SIGTERM) -> Callable[[], None]:
    """A `preexec_fn`: the kernel sends this signal to the child when the thread that started it ends.

    So nothing is left running even when a supervisor is killed with -9. Start such children from a thread that
    lives as long as they should. The check of the parent closes the gap between fork and prctl.
    """
    parent = os.getpid()

    def prepare() -> None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal_number, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return prepare


def stop_at_signals() -> threading.Event:
    """An event that SIGTERM and SIGINT set, for the main thread of a process, which waits for it between its rounds.

    It is set by a thread of its own. A handler runs in the main thread, perhaps in the middle of the event's own
    `wait`: there it would wait for a lock that this very thread holds, and the process would never end.
    """
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: _thread.start_new_thread(stop.set, ()))
    return stop


async def until_stopped(work: Coroutine[None, None, None]) -> None:
    """Await it in the present task; SIGTERM or SIGINT cancels that, which is an end in order."""
    task = asyncio.current_task()
    assert task is not None
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel)
    with suppress(asyncio.CancelledError):
        await work
