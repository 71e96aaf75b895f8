"""What the measuring commands stand on: the configuration as far as there is one, and a context to run probes in.

They work without the agent, without root and without a configuration file: `--centre HOST[:PORT]` says what is missing.
"""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from agent.clock import Clock
from agent.config import ConfigError, load
from agent.diagnose.ground import parse_center
from agent.messages import Messages
from agent.probes.config import ProbesConfig
from agent.probes.context import Center, Context
from agent.probes.pinger import Pinger
from agent.probes.resolve import Resolver

if TYPE_CHECKING:
    from agent.config import AgentConfig

GATEWAY_WORDS: Final = frozenset({"gateway", "gerbang"})
CENTER_WORDS: Final = frozenset({"pusat", "center", "centre"})


@dataclass(frozen=True, slots=True)
class Site:
    """What is known of this box before anything is measured. `problems`: why its file was of no use, in words."""

    probes: ProbesConfig
    center: Center | None = None
    config: "AgentConfig | None" = None
    problems: tuple[str, ...] = ()


def site(config_path: Path, messages: Messages, center: str | None = None) -> Site:
    """From the configuration where it can be read; `center` (HOST[:PORT]) stands above it. Raises ValueError."""
    named = Center(*parse_center(center), None) if center is not None else None
    try:
        config = load(config_path)
    except ConfigError as error:
        return Site(ProbesConfig(), named, problems=tuple(error.lines(messages.lang)))
    configured = Center(config.uplink.host, config.uplink.port, config.uplink.credentials)
    return Site(config.probes, named or configured, config)


def host_of(word: str) -> str:
    """What a person types as the probes call it: `gateway`, `center`, or the name or address itself."""
    if word.lower() in GATEWAY_WORDS:
        return "gateway"
    return "center" if word.lower() in CENTER_WORDS else word


@contextlib.asynccontextmanager
async def measuring(known: Site) -> AsyncIterator[Context]:
    """A context of its own for the length of the block; the agent's session, if there is one, is left alone."""
    pinger = Pinger()
    resolver = Resolver(center=known.center.host if known.center is not None else "")
    try:
        yield Context(Clock(), pinger, resolver, known.center, **_of_site(known))
    finally:
        pinger.close()


def _of_site(known: Site) -> dict[str, Any]:
    """What probes of a byte budget want to know: where it is kept, and whether the line is paid by the byte."""
    if known.config is None:
        return {}
    wanted = {"data_dir": known.config.node.data_dir, "metered": known.config.uplink.profile == "metered"}
    return {name: wanted[name] for name in Context.__struct_fields__ if name in wanted}
