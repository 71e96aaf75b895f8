"""kill -9, at random moments and in the middle of a checkpoint. The centre's supervisor starts its parts again."""

import os
import random
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

from tests.chaos.scene import Scene, Unfit

PATIENCE_S = 1.4
"""How long a checkpoint is waited for; without one the kill is merely one more at a random moment."""


def agent(scene: Scene, rng: random.Random) -> Callable[[], None]:
    """One box loses its agent as at a power cut of the process; started again as systemd would."""
    box = rng.choice(scene.boxes)
    if not box.kill():
        raise Unfit(f"{box.node} is down")
    return box.start


def agent_at_checkpoint(scene: Scene, rng: random.Random) -> Callable[[], None]:
    """The agent dies while SQLite copies its log into the outbox file."""
    box = rng.choice(scene.boxes)
    if not box.alive() or box.process is None:
        raise Unfit(f"{box.node} is down")
    box.wanted = False
    lurker = _lurk(box.data / "outbox.db", box.process.pid)

    def again() -> None:
        lurker.join()
        box.kill()
        box.start()

    return again


def ingest(scene: Scene, rng: random.Random) -> None:
    """One of the two ingest workers dies; the other gets its messages."""
    scene.signal_part(rng.choice(("ingest-1", "ingest-2")), signal.SIGKILL)


def ingest_at_checkpoint(scene: Scene, rng: random.Random) -> Callable[[], None]:
    """An ingest worker dies while the centre's log is copied into its database."""
    return _lurk(scene.city.data / "center.db", scene.pid(rng.choice(("ingest-1", "ingest-2")))).join


def broker(scene: Scene, _: random.Random) -> None:
    """The broker dies with everything it had in memory."""
    scene.signal_part("broker", signal.SIGKILL)


def worker(scene: Scene, _: random.Random) -> None:
    """The process that projects records dies."""
    scene.signal_part("worker", signal.SIGKILL)


def web(scene: Scene, _: random.Random) -> None:
    """The pages' process dies."""
    scene.signal_part("web", signal.SIGKILL)


def _lurk(database: Path, pid: int) -> threading.Thread:
    """Kill `pid` in the moment the database file itself is written: with a write-ahead log, that is a checkpoint."""

    def wait_and_kill() -> None:
        deadline = time.monotonic() + PATIENCE_S
        try:
            before = database.stat().st_mtime_ns
            while time.monotonic() < deadline and database.stat().st_mtime_ns == before:
                time.sleep(0.0005)
        except OSError:
            pass  # the file was put aside meanwhile: a moment as good as any
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return

    thread = threading.Thread(target=wait_and_kill, name="lurker", daemon=True)
    thread.start()
    return thread
