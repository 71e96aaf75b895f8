"""The agent's configuration: one TOML file, one table per part, each with the part's own settings class.

A new part registers its class in `PARTS`; nothing else changes here. Loading never touches the network and keeps
nothing: what comes out is data.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from agent.configuration.problems import ConfigError, Problem
from agent.configuration.settings import Settings, field
from agent.configuration.strict import Reader
from agent.configuration.typed import TypedTable
from wire.shape import replace
from wire.topics import NODE_ID_PATTERN

if TYPE_CHECKING:
    from agent.cameras.base import CameraConfig
    from agent.cameras.config import CameraProcessConfig
    from agent.commands.config import CommandsConfig
    from agent.control_config import ControlConfig
    from agent.headless.config import LanPageConfig, LedConfig
    from agent.health.config import HealthConfig
    from agent.kiosk.config import KioskConfig
    from agent.messages import Messages
    from agent.outbox.config import OutboxConfig
    from agent.probes.config import ProbesConfig
    from agent.uplink.config import UplinkConfig

__all__ = ["AgentConfig", "ConfigError", "NodeConfig", "config_path", "load", "parse"]

DEFAULT_PATH: Final = Path("/etc/sandi/agent.toml")
MAX_FILE_BYTES: Final = (
    64 * 1024
)  # a hundred cameras fit ten times; a log file or a disk image given by mistake does not


class NodeConfig(Settings, frozen=True):
    """Which node this box is, and where it keeps its things."""

    id: str = field(
        metadata={
            "pattern": NODE_ID_PATTERN,
            "example": "kel-3673011001",
            "help": "identity of this node, as the centre enrolled it",
        }
    )
    place: str = field(
        default="",
        metadata={
            "pattern": r"[^\x00-\x1f\x7f]{0,60}",
            "example": "Kelurahan Serang",
            "help": "what the strip below pictures calls this place; empty: the id",
        },
    )
    data_dir: Path = field(default=Path("/var/lib/sandi"), metadata={"help": "outbox, pictures, heartbeat"})
    run_dir: Path = field(default=Path("/run/sandi"), metadata={"help": "the unix sockets"})


class AgentConfig(Settings, frozen=True):
    """Everything the composition root needs, one field per table of the file; `path` is the file itself."""

    node: NodeConfig
    uplink: "UplinkConfig"
    outbox: "OutboxConfig"
    health: "HealthConfig"
    probes: "ProbesConfig"
    cameras: "Mapping[str, CameraConfig]"
    camera_process: "CameraProcessConfig"
    control: "ControlConfig"
    kiosk: "KioskConfig"
    led: "LedConfig"
    lan_page: "LanPageConfig"
    commands: "CommandsConfig"
    path: Path = DEFAULT_PATH


PARTS: Final[dict[str, str]] = {
    "node": "agent.config:NodeConfig",
    "uplink": "agent.uplink.config:UplinkConfig",
    "outbox": "agent.outbox.config:OutboxConfig",
    "health": "agent.health.config:HealthConfig",
    "probes": "agent.probes.config:ProbesConfig",
    "cameras": "agent.configuration.cameras:TABLE",
    "camera_process": "agent.cameras.config:CameraProcessConfig",
    "control": "agent.control_config:ControlConfig",
    "kiosk": "agent.kiosk.config:KioskConfig",
    "led": "agent.headless.config:LedConfig",
    "lan_page": "agent.headless.config:LanPageConfig",
    "commands": "agent.commands.config:CommandsConfig",
}
"""Per table of the file, the class that reads it; named as text so that only what is needed is imported."""


def config_path(environment: Mapping[str, str] | None = None) -> Path:
    """The file to use when none is named: SANDI_CONFIG, else /etc/sandi/agent.toml."""
    named = (os.environ if environment is None else environment).get("SANDI_CONFIG", "")
    return Path(named) if named else DEFAULT_PATH


def load(path: Path, environment: Mapping[str, str] | None = None) -> AgentConfig:
    """The configuration in `path`; ConfigError with every mistake in it.

    SANDI_CREDENTIALS replaces `[uplink] credentials`: systemd hands the keys over in a folder of its own choosing.
    """
    return parse(_text_of(path), path, os.environ if environment is None else environment)


def load_parts(path: Path, *names: str) -> dict[str, Any]:
    """Only these tables of the file in `path`, each as its class; ConfigError with every mistake in them.

    For a process that shares the file with the agent and nothing else: it loads no code of the other parts, and lives
    with mistakes that are none of its own.
    """
    table = _table_of(_text_of(path), path)
    reader = Reader(path.absolute().parent)
    built = {name: _part_of(reader, table, name) for name in names}
    if reader.problems:
        raise ConfigError(path, tuple(reader.problems))
    return built


def _text_of(path: Path) -> str:
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        code = "absent" if isinstance(error, FileNotFoundError) else "unreadable"
        raise ConfigError(path, (Problem("", code, {"detail": error.strerror or str(error)}),)) from error
    if len(raw) > MAX_FILE_BYTES:
        raise ConfigError(path, (Problem("", "too_large", {"limit": str(MAX_FILE_BYTES // 1024)}),))
    try:
        return raw.decode("utf-8-sig")  # Notepad's mark in front is no mistake of the technician's
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ConfigError(path, (Problem("", "not_utf8", {"line": str(line)}),)) from error


def parse(text: str, path: Path, environment: Mapping[str, str]) -> AgentConfig:
    """The configuration in `text`, which came from `path` (named in errors; relative paths count from its folder)."""
    return from_table(_table_of(text, path), path, environment)


def _table_of(text: str, path: Path) -> dict[str, Any]:
    import tomli

    try:
        return tomli.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigError(path, (Problem("", "syntax", {"detail": str(error) or "nesting"}),)) from error


def from_table(table: Mapping[str, Any], path: Path, environment: Mapping[str, str]) -> AgentConfig:
    """The configuration in an already parsed file."""
    reader = Reader(path.absolute().parent)
    for name in table:
        if name not in PARTS:
            reader.unknown(name, table[name], "", list(PARTS))
    built = {name: _part_of(reader, table, name) for name in PARTS}
    if reader.problems:
        raise ConfigError(path, tuple(reader.problems))
    credentials = environment.get("SANDI_CREDENTIALS", "")
    if credentials:
        built["uplink"] = replace(built["uplink"], credentials=Path(credentials))
    return AgentConfig(**built, path=path)


def _part_of(reader: Reader, table: Mapping[str, Any], name: str) -> Any:
    kind, given = part(name), table.get(name, {})
    return kind.build(reader, given, name) if isinstance(kind, TypedTable) else reader.build(kind, given, name)


def part(name: str) -> "type[Any] | TypedTable":
    """What reads the table `name`: its class, or the table of types of its entries."""
    from importlib import import_module

    module, _, attribute = PARTS[name].partition(":")
    return cast("type[Any] | TypedTable", getattr(import_module(module), attribute))


def sample(messages: "Messages") -> str:
    """A commented sample of the whole file, made from the same classes that read it."""
    from agent.configuration.example import example

    return example({name: part(name) for name in PARTS}, messages)
