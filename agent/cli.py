"""The command `sandi`. `sandi run` and `sandi camera run` go straight to their services: what runs for months never
loads what only a terminal needs."""

import os
import sys
from contextlib import suppress
from pathlib import Path

EXIT_OK = 0
EXIT_PROBLEM = 1
EXIT_USAGE = 2
EXIT_NOT_RUNNING = 3
EXIT_INCONCLUSIVE = 3
"""`sandi diagnose`: the evidence is too thin for a verdict."""
_BEFORE_OTHERS = -10
"""Nine times the share of an ordinary process (the kernel's weights: each step 1.25): enough to measure beside any
crowd, and for seconds only."""


def main() -> None:
    """Entry point; ends the process with one of the exit codes above."""
    arguments = sys.argv[1:]
    chosen = None
    if arguments[:1] == ["run"]:
        load_lean()
        chosen = _run_config(arguments[1:])
    if chosen is not None:
        from agent.service import run

        sys.exit(run(chosen))
    if arguments[:2] == ["camera", "run"]:
        load_lean()
        chosen = _run_config(arguments[2:])
    if chosen is not None:
        from agent.cli_camera_run import run as run_cameras

        sys.exit(run_cameras(chosen))
    if arguments[:1] == ["diagnose"]:
        _go_first()
    load_light()
    from agent.cli_app import app

    app(prog_name="sandi")


def load_lean() -> None:
    """asyncio and msgspec first of all, without what the daemon has no use for."""
    from agent.lean import calendar_as_later_pythons, kept_out, of_asyncio_and_msgspec

    calendar_as_later_pythons()
    with kept_out(*of_asyncio_and_msgspec(), absent=("typing_extensions",)):
        import asyncio  # noqa: F401

        import msgspec  # noqa: F401


def load_light() -> None:
    """For a command: msgspec without what only its schemas, YAML and UUIDs need, and the calendar from its C half."""
    from agent.lean import calendar_as_later_pythons, kept_out, of_asyncio_and_msgspec

    calendar_as_later_pythons()
    with kept_out(*of_asyncio_and_msgspec(), absent=("typing_extensions",)):
        import msgspec  # noqa: F401


def _go_first() -> None:
    """Before other programs, where this user may: a technician waits, and a ping that leaves late measures this box."""
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, 0, min(_BEFORE_OTHERS, os.getpriority(os.PRIO_PROCESS, 0)))


def _run_config(options: list[str]) -> Path | None:
    """The configuration file of a plain `[--config FILE]`; None for anything else, which click explains."""
    from agent.config import config_path

    match options:
        case []:
            return config_path()
        case ["--config" | "-c", file] if not file.startswith("-"):
            return Path(file)
        case [option] if option.startswith("--config=") and option != "--config=":
            return Path(option.removeprefix("--config="))
    return None


if __name__ == "__main__":
    main()
