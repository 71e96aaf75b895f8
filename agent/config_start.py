"""The configuration at the start of the agent: what was cut off is finished, what cannot be used is set aside, and the
other processes of the box are left the copies they may read."""

import contextlib
import logging
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from agent import config_files
from agent.clock import Clock
from agent.config import AgentConfig, ConfigError, from_layers
from agent.config_files import Copy, Layers, layers
from agent.lean import forget
from agent.names import CONFIG_FOLDER
from agent.sockets import group_id

if TYPE_CHECKING:
    from types import ModuleType

log = logging.getLogger("agent.configuration")
TRYING: Final = "trying.json"


def configured(path: Path, clock: Clock, environment: Mapping[str, str] | None = None) -> AgentConfig:
    """What this start runs with. ConfigError when the card or the override has no sense.

    1. a trial is counted, finished or taken back (`agent.config_guard`), where systemd did not do so before;
    2. pushed tables with which there is no start are taken back: to the last good ones, else to the card.
    """
    given = os.environ if environment is None else environment
    _guarded(path, clock, given)
    found = layers(path)
    if found.damaged:
        found = _taken_back(found, "damaged", "the pushed file cannot be read")
    try:
        config = from_layers(found, given)
    except ConfigError as error:
        if not found.in_place:
            raise
        found, config = _usable(found, error, given)
    _share(found, config)
    forget("tomli")
    return config


def _usable(found: Layers, error: ConfigError, environment: Mapping[str, str]) -> tuple[Layers, AgentConfig]:
    """Without what was pushed last, else without anything that was; the error when the card alone has it too."""
    try:
        from_layers(layers(found.path, pushed=False), environment)
    except ConfigError:
        raise error from None
    why = "; ".join(problem.text() for problem in error.problems)
    found = _taken_back(found, "invalid", why)
    try:
        return found, from_layers(found, environment)
    except ConfigError:
        found = _taken_back(found, "invalid", why, to_card=True)
        return found, from_layers(found, environment)


def _guarded(path: Path, clock: Clock, environment: Mapping[str, str]) -> None:
    card = config_files.table_of(config_files.text_of(path), path)
    folder = config_files.data_dir(card, path) / CONFIG_FOLDER
    if not (folder / TRYING).exists():
        return
    try:
        with _guard() as guard:
            code = guard.guard(folder, clock.boot, clock.mono_ms(), environment.get("INVOCATION_ID", ""))
    except OSError as error:
        log.error("configuration-not-written", extra={"detail": str(error)})
        return
    if code:
        log.error("configuration-taken-back", extra={"code": code})


def _taken_back(found: Layers, code: str, why: str, *, to_card: bool = False) -> Layers:
    log.error("configuration-taken-back", extra={"code": code, "detail": why})
    try:
        with _guard() as guard:
            guard.revert(found.pushed_path.parent, code, why, to_card=to_card)
    except OSError as error:  # a card that takes nothing any more: this start does without the pushed tables
        log.error("configuration-not-written", extra={"detail": str(error)})
        return layers(found.path, pushed=False)
    again = layers(found.path)
    return _taken_back(again, code, why, to_card=True) if again.damaged and not to_card else again


@contextlib.contextmanager
def _guard() -> Iterator["ModuleType"]:
    """Loaded for the length of the block: a running agent has no other use for it."""
    from agent import config_guard

    try:
        yield config_guard
    finally:
        forget("agent.config_guard")


def _share(found: Layers, config: AgentConfig) -> None:
    """Leave each group its copy of what lies over the card; take it away when nothing does."""
    folder, groups = config_files.copies_in(config.node.run_dir), config.control
    wanted = found.in_place or bool(found.override)
    if not wanted and not folder.exists():
        return
    try:
        copy = msgspec.json.encode(
            Copy(str(found.path.absolute()), dict(found.pushed) if found.in_place else None, dict(found.override))
        )
        folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        names = (groups.technicians_group, groups.kiosk_group, groups.camera_group)
        for file, group in zip(config_files.COPIES, names, strict=True):
            if wanted:
                _leave(folder / file, copy, group)
            else:
                (folder / file).unlink(missing_ok=True)
        if not wanted:
            with contextlib.suppress(OSError):  # systemd's own, which stays
                folder.rmdir()
    except (OSError, TypeError) as error:
        log.warning("configuration-not-shared", extra={"detail": str(error)})


def _leave(path: Path, content: bytes, group: str) -> None:
    """In memory, so nothing is synced. Without that group on this box only the agent itself reads it."""
    temporary = path.with_name(f".{path.name}.part")
    with temporary.open("wb") as stream:
        os.fchmod(stream.fileno(), 0o600)
        stream.write(content)
        if (gid := group_id(group)) is not None:
            with contextlib.suppress(PermissionError):
                os.fchown(stream.fileno(), -1, gid)
                os.fchmod(stream.fileno(), 0o640)
    temporary.rename(path)
