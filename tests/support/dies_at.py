"""`python -m tests.support.dies_at N sandi-center-words...`: the command dies by kill -9 before its Nth step on disk.

A step is whatever changes a directory or makes a change durable. `N` = -1 never dies and prints how many there were.
"""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

STEPS = ((Path, "replace"), (Path, "rename"), (Path, "unlink"), (Path, "mkdir"), (os, "fsync"), (os, "sync"))


def run(words: list[str], before: Callable[[int], None]) -> int:
    """Run the command; `before` is called with the number of each step, counted from 0, before it is done."""
    count = 0

    def counted(original: Callable[..., Any]) -> Callable[..., Any]:
        def step(*arguments: Any, **options: Any) -> Any:
            nonlocal count
            before(count)
            count += 1
            return original(*arguments, **options)

        return step

    for owner, name in STEPS:
        setattr(owner, name, counted(getattr(owner, name)))
    from center.cli import main as center

    code = center(words)
    print(f"steps {count}")
    return code


def main(dies_at: int, words: list[str]) -> int:
    def die_there(step: int) -> None:
        if step == dies_at:
            os.kill(os.getpid(), signal.SIGKILL)

    return run(words, die_there)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2:]))
