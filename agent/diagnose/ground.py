"""What a live diagnosis starts from: the configuration if there is one, the centre, and what a running agent knows."""

import os
import re
from dataclasses import dataclass, field
from ipaddress import IPv6Address
from pathlib import Path
from typing import Any

from agent.config import AgentConfig, ConfigError, config_path, load
from agent.configuration.problems import Problem
from agent.control_client import NoDaemonError, RefusedError, ask
from agent.names import CONTROL_SOCKET
from agent.probes.config import ProbesConfig
from agent.probes.context import Center

DEFAULT_PORT = 8883
_ANSWER_S = 1.5  # a daemon that hangs is no reason to wait for it
_HOST = re.compile(
    r"\[(?P<six>[0-9A-Fa-f:.%a-z]+)\](?::(?P<port6>\d{1,5}))?|(?P<host>[^\[\]:/\s]+)(?::(?P<port>\d{1,5}))?"
)


@dataclass(frozen=True, slots=True)
class Ground:
    """`connected`: the agent's own session stands now. `unanswered`: an agent may hold one, but does not say so.
    `flapping`: targets the agent has seen come and go."""

    probes: ProbesConfig
    center: Center | None
    config: AgentConfig | None = None
    daemon: bool = False
    connected: bool = False
    unanswered: bool = False
    flapping: frozenset[str] = field(default_factory=frozenset)
    refusal: str = ""

    @property
    def may_connect(self) -> bool:
        """A session under the node's name, opened for a moment, throws no agent's out."""
        return not self.connected and not self.unanswered

    @property
    def metered(self) -> bool:
        """The line is paid by the byte."""
        return self.probes.metered or (self.config is not None and self.config.uplink.profile == "metered")


def ground(file: Path | None, centre: str | None) -> Ground:
    """Gather it. Raises ConfigError: a named file must be good, and `centre` a host with or without a port.

    Without `file` the usual place is looked at; that it holds nothing is no error, so that the command works on a
    laptop.
    """
    chosen = file or config_path()
    config = None
    if file is not None or os.environ.get("SANDI_CONFIG") or chosen.exists():
        try:
            config = load(chosen)
        except ConfigError:
            if file is not None or centre is None:
                raise
    center = _center(centre, config)
    probes = config.probes if config is not None else ProbesConfig()
    if config is None:
        return Ground(probes, center)
    status, unanswered = _status(config)
    if status is None:
        return Ground(probes, center, config, unanswered=unanswered)
    uplink = _table(status.get("uplink"))
    same = center is not None and (center.host, center.port) == (config.uplink.host, config.uplink.port)
    return Ground(
        probes,
        center,
        config,
        daemon=True,
        connected=same and bool(uplink.get("connected")),
        flapping=_flapping(status) if same else frozenset(),
        refusal=str(uplink.get("refusal") or "") if same else "",
    )


def parse_center(text: str) -> tuple[str, int]:
    """`host`, `host:port`, `2001:db8::1`, `[2001:db8::1]:port`. Raises ValueError."""
    if text.count(":") > 1 and not text.startswith("["):
        return str(IPv6Address(text)), DEFAULT_PORT
    found = _HOST.fullmatch(text)
    if found is None:
        raise ValueError(text)
    port = int(found["port"] or found["port6"] or DEFAULT_PORT)
    if not 1 <= port <= 65_535:
        raise ValueError(text)
    return found["host"] or str(IPv6Address(found["six"])), port


def _center(centre: str | None, config: AgentConfig | None) -> Center | None:
    keys = config.uplink.credentials if config is not None else None
    usable = keys if keys is not None and _readable(keys) else None
    if centre is not None:
        try:
            host, port = parse_center(centre)
        except ValueError as error:
            raise ConfigError(Path("--centre"), (Problem(centre, "bad_center", {}),)) from error
        own = config is not None and (host, port) == (config.uplink.host, config.uplink.port)
        return Center(host, port, usable if own else None)
    return Center(config.uplink.host, config.uplink.port, usable) if config is not None else None


def _readable(folder: Path) -> bool:
    """Whether this user may at least read the city's authority; a technician without root has no key, and is not
    stopped by that: the broker's own certificate is judged all the same."""
    return os.access(folder / "ca.crt", os.R_OK)


def _status(config: AgentConfig) -> tuple[dict[str, object] | None, bool]:
    """What the agent says; where it says nothing, whether there may be one all the same (it hangs, or does not talk to
    this user)."""
    try:
        return ask(config.node.run_dir / CONTROL_SOCKET, {"op": "status"}, _ANSWER_S), False
    except RefusedError:
        return None, True
    except NoDaemonError as error:
        return None, not isinstance(error.__cause__, FileNotFoundError | ConnectionRefusedError)


def _flapping(status: dict[str, object]) -> frozenset[str]:
    rows = _table(status.get("network")).get("probes")
    found = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    return frozenset(f"{row.get('probe')}:{row.get('target')}" for row in found if row.get("state") == "flapping")


def _table(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
