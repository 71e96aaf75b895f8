"""The agent's configuration: one table per part, each with the part's own settings class, from layers of TOML files
(`agent.config_files`).

A new part registers its class in `PARTS`; nothing else changes here. Loading never touches the network and keeps
nothing: what comes out is data.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from agent.config_files import MAX_FILE_BYTES, Layers, Summary, layers, table_of
from agent.configuration.problems import ConfigError
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

__all__ = ["MAX_FILE_BYTES", "AgentConfig", "ConfigError", "NodeConfig", "config_path", "load", "parse"]

DEFAULT_PATH: Final = Path("/etc/sandi/agent.toml")


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
    """Everything the composition root needs, one field per table; `path` is the card, `layers` what lay over it."""

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
    layers: Summary = Summary()


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


def load(path: Path, environment: Mapping[str, str] | None = None, *, pushed: bool = True) -> AgentConfig:
    """The effective configuration of the card `path`; ConfigError with every mistake in it.

    SANDI_CREDENTIALS replaces `[uplink] credentials`: systemd hands the keys over in a folder of its own choosing.
    `pushed` False: as if nothing had been pushed.
    """
    return from_layers(layers(path, pushed=pushed), os.environ if environment is None else environment)


def from_layers(found: Layers, environment: Mapping[str, str]) -> AgentConfig:
    """The same of layers that were read already."""
    try:
        config = from_table(found.tables, found.path, environment)
    except ConfigError as error:
        raise ConfigError(found.path, error.problems, found.origin) from error
    return replace(config, layers=found.summary())


def load_parts(path: Path, *names: str) -> dict[str, Any]:
    """Only these tables of the effective configuration, each as its class; ConfigError with every mistake in them.

    For a process that shares the file with the agent and nothing else: it loads no code of the other parts, and lives
    with mistakes that are none of its own.
    """
    found = layers(path)
    table, reader = found.tables, Reader(path.absolute().parent)
    built = {name: _part_of(reader, table, name) for name in names}
    if reader.problems:
        raise ConfigError(path, tuple(reader.problems), found.origin)
    return built


def parse(text: str, path: Path, environment: Mapping[str, str]) -> AgentConfig:
    """The configuration in `text`, which came from `path` (named in errors; relative paths count from its folder)."""
    return from_table(table_of(text, path), path, environment)


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
