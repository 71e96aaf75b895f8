"""`python -m tests.support.enrol_dies_at STEP enrol|renew FOLDER BROKER_PORT LISTENER_PORT`: dies by kill -9 at a step.

STEP is the name of a step an attempt reports (`agent.enrol.attempt.STEPS`), or a number: before the Nth change on the
disk, counted from 0. With another word nothing dies, and the last line says how many changes there were.
"""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

STEPS = (
    (Path, "replace"), (Path, "rename"), (Path, "unlink"), (Path, "mkdir"), (Path, "symlink_to"), (os, "fsync"),
    (os, "rmdir"), (os, "unlink"),
)  # fmt: skip


def count_changes(dies_at: int) -> Callable[[], int]:
    """Every change on the disk counts from now on; returns what asks for the count."""
    count = 0

    def counted(original: Callable[..., Any]) -> Callable[..., Any]:
        def step(*arguments: Any, **options: Any) -> Any:
            nonlocal count
            if count == dies_at:
                os.kill(os.getpid(), signal.SIGKILL)
            count += 1
            return original(*arguments, **options)

        return step

    for owner, name in STEPS:
        setattr(owner, name, counted(getattr(owner, name)))
    return lambda: count


def main(step: str, what: str, folder: Path, broker_port: int, listener_port: int) -> int:
    counted = count_changes(int(step) if step.isdecimal() else -1)
    from agent.enrol.attempt import attempt
    from agent.enrol.door import Address
    from agent.enrol.places import Places
    from agent.enrol.renewal import Ends, renew

    def die_there(reached: str) -> None:
        if reached == step:
            os.kill(os.getpid(), signal.SIGKILL)

    where = Places(folder / "etc", folder / "etc" / "credentials", folder / "state")
    broker = Address("127.0.0.1", broker_port)
    if what == "enrol":
        state = attempt(where, broker, die_there).state
    else:
        state = renew(
            where, Ends(Address("127.0.0.1", listener_port), broker), asked_for=True, step=die_there
        ).seen.state
    print(state, counted())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5])))
