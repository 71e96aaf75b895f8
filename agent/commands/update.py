"""`update`: fetch the bundle, wish for it at the root helper, and end with what became of it, many starts later too.

What the command is worth stands in the guard's state file: the agent has no say in it. Steps, kept in the memo:

fetch   in a child process, resumable
wanted  the wish is written and made; from here the guard decides, and restarts this process on the way
"""

import asyncio
import contextlib
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final, cast

import msgspec

from agent.commands.job import CommandError, Done, Job, Scalar, Tools
from agent.files import write_durably
from agent.names import UPDATE_FOLDER
from agent.update import outcome
from agent.update.outcome import Outcome
from wire.commands import Update
from wire.shape import Struct

LOOK_S: Final = 2.0
FETCH_S: Final = 3 * 3600.0
"""All attempts at fetching; the centre gives the whole command six hours."""
WANT_AGAIN_S: Final = 60.0
GUARD_S: Final = 45 * 60.0
"""Building is bounded at 30 minutes, a trial at 11: silence for longer means that nobody works."""
MOST_ATTEMPTS: Final = 3
"""An update the power cut is asked for again so often."""
RESERVE_BYTES: Final = 128 * 1024 * 1024
COPIES: Final = 8
"""The bundle here, the guard's copy and its files, and the slot made of them."""
FETCHED_PCT: Final = 60
BUILT_PCT: Final = 80
_EXITS: Final = {10: "not_found", 11: "budget", 12: "hash", 13: "storage", 14: "late", 15: "no_centre"}


class Cost(Struct, frozen=True):
    """What fetching may cost on a line: so many times the bundle, so many bytes a second."""

    times: float
    bytes_per_s: int


COSTS: Final = {"normal": Cost(2.0, 512 * 1024), "metered": Cost(1.2, 64 * 1024)}
"""By `[uplink] profile`. A metered line pays for one bundle and little more; what it has stays for the next order."""


async def run(job: Job, tools: Tools) -> Done:
    """Fetch, wish, wait. Raises CommandError."""
    folder = tools.config.node.data_dir / UPDATE_FOLDER
    asked = cast(Update, job.arguments)
    if job.memo.get("step") != "wanted":
        await _fetch(job, tools, asked, folder)
        await _wish(job, tools, folder, 0)
    return await _outcome(job, tools, folder)


resume = run


async def _fetch(job: Job, tools: Tools, asked: Update, folder: Path) -> None:
    if _room_bytes(folder) < COPIES * asked.size_bytes + RESERVE_BYTES:
        raise CommandError("room", f"not enough room for {asked.size_bytes} bytes and a new version made of them")
    await job.keep({"step": "fetch"})
    told = {"digest": asked.digest, "size_bytes": asked.size_bytes, "version": asked.version, "command": job.id}
    write_durably(folder / "fetching.json", msgspec.json.encode(told), 0o640)
    watcher = asyncio.create_task(_tell_bytes(job, asked, folder / f"{asked.digest}.part"))
    cost = COSTS[tools.config.uplink.profile]
    budget = round(cost.times * asked.size_bytes) + 256 * 1024
    words = [
        "update", "fetch", asked.digest, "--size", str(asked.size_bytes), "--budget", str(budget), "--rate",
        str(cost.bytes_per_s), "--within", str(round(FETCH_S)), "--config", str(tools.config.path),
    ]  # fmt: skip
    try:
        code = await tools.sandi(job, words, timeout_s=FETCH_S + 60)
    finally:
        watcher.cancel()
        with contextlib.suppress(OSError):
            (folder / "fetching.json").unlink()
    if code:
        raise CommandError(_EXITS.get(code, "fetch"), f"fetching the release ended with {code}")


def _room_bytes(folder: Path) -> int:
    """In the folder, which is there then, and open to the helper's group."""
    folder.mkdir(mode=0o750, exist_ok=True)
    folder.chmod(0o750)
    about = os.statvfs(folder)
    return about.f_bavail * about.f_frsize


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


async def _tell_bytes(job: Job, asked: Update, part: Path) -> None:
    while True:
        await asyncio.sleep(LOOK_S)
        await job.progress(min(FETCHED_PCT, FETCHED_PCT * _size(part) // asked.size_bytes), "fetching")


async def _wish(job: Job, tools: Tools, folder: Path, attempt: int) -> None:
    """Written before it is made, and kept before that: after a cut in between, `_outcome` makes it again."""
    asked = cast(Update, job.arguments)
    wish = {
        "digest": asked.digest, "size": asked.size_bytes, "version": asked.version, "forced": asked.forced,
        "command": job.id, "attempt": attempt,
    }  # fmt: skip
    write_durably(folder / "request.json", msgspec.json.encode(wish), 0o640)
    await job.keep({"step": "wanted", "attempt": attempt})
    await job.progress(FETCHED_PCT, "building")
    try:
        await tools.want("update")
    except CommandError:
        if _heard(job.id, attempt) is None:
            _withdraw(folder)
            raise


async def _outcome(job: Job, tools: Tools, folder: Path) -> Done:
    attempt = _attempt(job.memo)
    wanted_s = heard_s = time.monotonic()
    last: Outcome | None = None
    while True:
        said = _heard(job.id, attempt)
        now_s = time.monotonic()
        if said is not None:
            if said.ended and not (said.code == "interrupted" and attempt + 1 < MOST_ATTEMPTS):
                _clear(folder)
                return _end(said)
            if said.ended:
                attempt += 1
                await _wish(job, tools, folder, attempt)
            if said != last:
                heard_s, last = now_s, said
                await job.progress(BUILT_PCT if said.phase in ("built", "trying") else FETCHED_PCT, said.phase)
        elif now_s - wanted_s > WANT_AGAIN_S:
            wanted_s = now_s
            with contextlib.suppress(CommandError):
                await tools.want("update")
        if now_s - heard_s > GUARD_S:
            _withdraw(folder)
            raise CommandError("helper", "the helper that installs releases has said nothing for long")
        await asyncio.sleep(LOOK_S)


def _heard(command: str, attempt: int) -> Outcome | None:
    """What the guard says of this very wish; None while it says nothing of it."""
    said = outcome.read(outcome.state_file())
    return said if said is not None and (said.command, said.attempt) == (command, attempt) else None


def _withdraw(folder: Path) -> None:
    """The command has failed: what it wished for must not be begun any more, whoever starts the helper later."""
    with contextlib.suppress(OSError):
        (folder / "request.json").unlink()


def _attempt(memo: Mapping[str, Scalar]) -> int:
    value = memo.get("attempt")
    return value if isinstance(value, int) else 0


def _end(said: Outcome) -> Done:
    """Done when it was confirmed. Raises CommandError `rolled_back` or `refused`, with the guard's reason in front."""
    if said.phase != "confirmed":
        raise CommandError(said.phase, f"{said.code}: {said.detail}")
    return Done(f"{said.version} runs", {"version": said.version, "before": said.running})


def _clear(folder: Path) -> None:
    """Bundle and wish have done their work, whatever came of it."""
    _withdraw(folder)
    for path in folder.glob("*.bundle"):
        with contextlib.suppress(OSError):
            path.unlink()
