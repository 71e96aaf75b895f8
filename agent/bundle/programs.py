"""What else runs on the box: its largest programs by name. Never their arguments, which may hold anything."""

from typing import Final

import psutil

MOST_PROGRAMS: Final = 20

Program = dict[str, str | int | float]


def programs() -> list[Program]:
    """The `MOST_PROGRAMS` that hold most memory, the largest first; those this user may not ask are left out.

    `cpu_s` is user and system time since the program's start at `since_s` (Unix time); `uid` its user's number.
    """
    found = []
    for process in psutil.process_iter():
        try:
            found.append(_of(process))
        except psutil.Error:  # gone meanwhile, or nobody's business
            continue
    return sorted(found, key=lambda program: int(program["resident_kb"]), reverse=True)[:MOST_PROGRAMS]


def _of(process: psutil.Process) -> Program:
    with process.oneshot():
        times = process.cpu_times()
        return {
            "pid": process.pid,
            "name": process.name(),
            "uid": process.uids().real,
            "status": process.status(),
            "threads": process.num_threads(),
            "resident_kb": process.memory_info().rss // 1024,
            "cpu_s": round(times.user + times.system, 1),
            "since_s": round(process.create_time()),
        }
