"""Opening what must be open before the agent can live: folders, outbox, heartbeat; and closing it all at the end."""

import contextlib
import logging
from collections.abc import AsyncIterator
from pathlib import Path

from agent.clock import Clock
from agent.config import AgentConfig
from agent.health.board import Board
from agent.heartbeat import Heartbeat
from agent.names import HEARTBEAT_FILE
from agent.outbox import Outbox, OutboxError, OutboxWriter, open_outbox
from agent.parts import Parts

log = logging.getLogger("agent.service")


class StartError(Exception):
    """The agent cannot start here. `key` and `facts` are its text in the message catalogue.

    `permanent`: it will not be different in five seconds; somebody has to change something.
    """

    def __init__(self, key: str, *, permanent: bool, **facts: str) -> None:
        super().__init__(key, facts)
        self.key = key
        self.permanent = permanent
        self.facts = facts


@contextlib.asynccontextmanager
async def opened(config: AgentConfig, clock: Clock | None = None, file: Path | None = None) -> AsyncIterator[Parts]:
    """All parts of the agent, ready to run. StartError when this box does not allow it. `file`: as `Parts` wants it."""
    clock, board = clock or Clock(), Board(ask_firmware=config.health.vcgencmd)
    node = config.node
    _make_folder(node.data_dir, 0o750, "start.data_dir")
    _make_folder(node.run_dir, 0o755, "start.run_dir")
    writer = OutboxWriter(_outbox(config, board, clock), clock)
    try:
        newest = writer.outbox.last_life
        heartbeat = _heartbeat(node.data_dir, newest.run if newest else "")
        try:
            yield Parts(config, clock, board, heartbeat, writer, file=file)
        finally:
            heartbeat.close()
    finally:
        try:
            await writer.close()
        except OutboxError as error:
            log.error("outbox-not-closed", extra={"code": error.code, "detail": error.detail})


def _outbox(config: AgentConfig, board: Board, clock: Clock) -> Outbox:
    folder = config.node.data_dir
    try:
        return open_outbox(folder, board.board_id(), clock.stamp(), config.outbox)
    except OutboxError as error:
        key = "start.locked" if error.code == "locked" else "start.outbox"
        raise StartError(key, permanent=error.permanent, path=str(folder), detail=error.detail) from error


def _heartbeat(folder: Path, after: str) -> Heartbeat:
    try:
        return Heartbeat(folder / HEARTBEAT_FILE, after)
    except OSError as error:
        raise _refused("start.data_dir", folder, error) from error


def _make_folder(path: Path, mode: int, key: str) -> None:
    try:
        path.mkdir(mode=mode, parents=True, exist_ok=True)
    except OSError as error:
        raise _refused(key, path, error) from error


def _refused(key: str, path: Path, error: OSError) -> StartError:
    return StartError(key, permanent=True, path=str(path), detail=error.strerror or str(error))
