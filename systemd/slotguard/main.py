"""`slot-guard`: run, boot, status, back. Exit codes: 0 done, 1 there is nothing to go back to, 2 wrong use."""

import argparse
import fcntl
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

from slotguard.guard import Guard
from slotguard.machine import DEADLINE_S, STEADY_S
from slotguard.places import Places
from slotguard.units import Systemd

_LOCK_NAME = "lock"


def main(arguments: list[str] | None = None) -> int:
    """Returns the exit code."""
    options = _parser().parse_args(arguments)
    usual = Places()
    places = Places(options.data, options.run_dir, usual.home, options.prefix, usual.key, usual.builder)
    guard = Guard(places, Systemd(), deadline_s=options.deadline, steady_s=options.steady)
    if options.what == "status":
        _say(json.dumps(asdict(guard.state()), indent=2))
        return 0
    os.umask(0o022)
    places.home.mkdir(mode=0o755, exist_ok=True)
    handle = os.open(places.home / _LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    if options.what == "back":
        guard.units.unwatch()
    try:
        # One at a time. At boot nobody else is there; whoever settles later leaves it to the watch.
        fcntl.flock(handle, fcntl.LOCK_EX | (fcntl.LOCK_NB if options.what == "boot" else 0))
    except BlockingIOError:
        return 0
    if options.what == "back":
        return _back(guard)
    if options.what == "boot":
        guard.boot_up()
        return 0
    state = guard.run()
    _say(f"{state.phase} {state.version} {state.code} {state.detail}".rstrip())
    return 0


def _back(guard: Guard) -> int:
    state = guard.back()
    if state is None:
        _say("no version to go back to" if _english() else "tidak ada versi untuk kembali")
        return 1
    _say(f"back on {state.running}" if _english() else f"kembali ke versi {state.running}")
    return 0


def _english() -> bool:
    return os.environ.get("SANDI_LANG", "id").startswith("en")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="slot-guard", description="Installs signed releases and takes them back.")
    usual = Places()
    parser.add_argument("--data", type=Path, default=usual.data, help="the agent's data (%(default)s)")
    parser.add_argument("--run-dir", type=Path, default=usual.run, help="the agent's sockets (%(default)s)")
    parser.add_argument("--prefix", type=Path, default=usual.prefix, help="where slots lie (%(default)s)")
    parser.add_argument(
        "--deadline", type=int, default=DEADLINE_S, metavar="S", help="a trial that is not well ends (%(default)s s)"
    )  # fmt: skip
    parser.add_argument(
        "--steady", type=int, default=STEADY_S, metavar="S", help="so long it must have run whole (%(default)s s)"
    )  # fmt: skip
    parser.add_argument(
        "what", choices=("run", "boot", "status", "back"),
        help="run: carry out a wish and watch it; boot: before the agent starts; back: to the version before",
    )  # fmt: skip
    return parser


if __name__ == "__main__":
    sys.exit(main())
