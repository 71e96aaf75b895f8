"""`config`: a pushed configuration: checked, put in place on trial, and confirmed or taken back after the restart."""

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from agent.commands.job import CommandError, Done, Job, Tools
from agent.files import write_durably
from agent.names import CONFIG_FOLDER
from agent.uplink.threads import in_daemon_thread
from wire.afar import ConfigNotice
from wire.bodies import ConfigRevision
from wire.shape import Struct

if TYPE_CHECKING:
    from agent.clock import Clock

CHECK_S: Final = 60.0
"""A Pi Zero needs 3 s to load the check, and may be busy."""
POLL_S: Final = 1.0
MOST_PROBLEMS: Final = 20


class Report(Struct, frozen=True):
    """What `sandi config check --report` writes."""

    ok: bool
    digest: str = ""
    problems: tuple[str, ...] = ()


async def run(job: Job, tools: Tools) -> Done:
    """Until the process ends, for `resume` to go on; CommandError `older` or `refused` when it is never applied."""
    wanted = _wanted(job)
    folder = tools.config.node.data_dir / CONFIG_FOLDER
    outcome = await in_daemon_thread("config-look", lambda: _placed_already(folder, wanted))
    if outcome:
        return Done(detail=outcome, result=_figures(wanted, "confirmed"))
    report = await _checked(job, tools, folder, wanted)
    if not report.ok:
        await _refuse(tools, folder, wanted, report)
    await job.progress(50, "on trial after a restart")
    await job.keep({"applied": True})
    warnings = await _warnings(tools)
    trial = _trial(wanted, job.id, report.digest, warnings)
    await in_daemon_thread("config-apply", lambda: _apply(folder, wanted.toml, trial, tools.clock))
    tools.stop("a configuration on trial")
    return await _outcome(job, tools, folder, wanted)


async def resume(job: Job, tools: Tools) -> Done:
    """After a start: wait for the end of the trial. What was cut off before it began is done anew."""
    wanted = _wanted(job)
    folder = tools.config.node.data_dir / CONFIG_FOLDER
    if not _known(folder, job.id):
        return await run(job, tools)
    return await _outcome(job, tools, folder, wanted)


async def _outcome(job: Job, tools: Tools, folder: Path, wanted: ConfigRevision) -> Done:
    while _read(folder / "trying.json").get("id") == job.id:  # noqa: ASYNC110 - another part, or another process, ends it
        await asyncio.sleep(POLL_S)
    now = _read(folder / "current.json")
    if now.get("id") == job.id and now.get("state") == "confirmed":
        return Done(result=_figures(wanted, "confirmed"))
    if now.get("id") == job.id and now.get("state") == "reverted":
        code, detail = str(now.get("code", "")), str(now.get("detail", ""))
        raise CommandError("reverted", f"{code}: {detail}" if detail else code)
    raise CommandError("interrupted", "another configuration took its place")


async def _checked(job: Job, tools: Tools, folder: Path, wanted: ConfigRevision) -> Report:
    """Judge the whole effective configuration in another process, whose words go to the command's output."""
    candidate, report = folder / "candidate.toml", folder / "candidate.json"

    def put() -> None:
        folder.mkdir(mode=0o750, exist_ok=True)
        report.unlink(missing_ok=True)
        write_durably(candidate, wanted.toml.encode())

    try:
        await in_daemon_thread("config-candidate", put)
        words = ("config", "check", str(tools.config.path.absolute()), "--pushed", str(candidate))
        await tools.sandi(job, (*words, "--report", str(report)), timeout_s=CHECK_S)
        found = await in_daemon_thread("config-report", report.read_bytes)
        return msgspec.json.decode(found, type=Report)
    except OSError as error:
        raise CommandError("storage", error.strerror or str(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise CommandError("fault", f"the check said nothing: {error}") from error
    finally:
        candidate.unlink(missing_ok=True)
        report.unlink(missing_ok=True)


async def _refuse(tools: Tools, folder: Path, wanted: ConfigRevision, report: Report) -> None:
    """Tell it twice: as what became of the command, and as what became of the revision."""
    problems = tuple(problem[:500] for problem in report.problems[:MOST_PROBLEMS])
    now = _read(folder / "current.json")
    notice = ConfigNotice(
        "refused", str(now.get("generation", ""))[:64], _number(now.get("revision")), "",
        code="refused", tried=wanted.revision, problems=problems,
    )  # fmt: skip
    try:
        await in_daemon_thread(
            "config-refused", lambda: write_durably(folder / "refused.json", msgspec.json.encode(notice))
        )
    except OSError as error:
        raise CommandError("refused", "; ".join(problems)) from error
    if look := tools.operations.get("configuration"):
        await look({})
    raise CommandError("refused", "; ".join(problems))


async def _warnings(tools: Tools) -> list[str]:
    """The self-warnings that stand before, so that only new ones are held against the configuration."""
    ask = tools.operations.get("status")
    found = (await ask({})).get("warnings") if ask is not None else None
    return [str(each["code"]) for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _trial(wanted: ConfigRevision, ident: str, digest: str, warnings: list[str]) -> dict[str, object]:
    return {
        "id": ident,
        "generation": wanted.generation,
        "revision": wanted.revision,
        "digest": digest,
        "within_ms": wanted.confirm_within_s * 1000,
        "warnings": warnings,
    }


def _apply(folder: Path, toml: str, trial: dict[str, object], clock: "Clock") -> None:
    from agent import config_guard

    try:
        folder.mkdir(mode=0o750, exist_ok=True)
        found = os.statvfs(folder)
        trial = {**trial, "free_mb": found.f_bavail * found.f_frsize >> 20}
        config_guard.apply(folder, toml.encode(), trial, clock.boot, clock.mono_ms())
    except OSError as error:
        raise CommandError("storage", error.strerror or str(error)) from error


def _placed_already(folder: Path, wanted: ConfigRevision) -> str:
    """Words when this very revision runs; CommandError for an older one, "" when it is new."""
    now = _read(folder / "current.json")
    if now.get("generation", "") != wanted.generation or now.get("state") == "card":
        return ""
    revision = _number(now.get("revision"))
    if wanted.revision < revision:
        raise CommandError("older", f"revision {revision} runs; {wanted.revision} is older")
    if wanted.revision > revision:
        return ""
    try:
        same = (folder / "pushed.toml").read_bytes() == wanted.toml.encode()
    except OSError:
        same = False
    if not same:
        raise CommandError("older", f"another revision {revision} runs")
    return "it runs already"


def _known(folder: Path, ident: str) -> bool:
    return any(_read(folder / name).get("id") == ident for name in ("trying.json", "current.json"))


def _read(path: Path) -> Mapping[str, Any]:
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}


def _number(value: object) -> int:
    return value if isinstance(value, int) and value >= 0 else 0


def _wanted(job: Job) -> ConfigRevision:
    if not isinstance(job.arguments, ConfigRevision):
        raise CommandError("arguments", "a configuration comes on its own leaf")
    return job.arguments


def _figures(wanted: ConfigRevision, state: str) -> dict[str, str | int | float | bool | None]:
    return {"generation": wanted.generation, "revision": wanted.revision, "state": state}
