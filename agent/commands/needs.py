"""What the commands' part stands on, handed to it by the composition root."""

from collections.abc import Callable
from pathlib import Path

from agent.clock import Clock
from agent.commands.config import CommandsConfig
from agent.commands.job import Tools
from agent.core.command_state import Verify
from agent.events import EventLog
from agent.outbox import OutboxWriter
from wire.shape import Struct


class Needs(Struct, frozen=True):
    """`folder` holds the commands. `nonce`: of the present session, empty without one; `forged`: hears of forgeries."""

    node: str
    data_dir: Path
    folder: Path
    credentials: Path
    config: CommandsConfig
    clock: Clock
    writer: OutboxWriter
    events: EventLog
    nonce: Callable[[], str]
    tools: Tools
    verify: Verify
    forged: Callable[[str], None]
