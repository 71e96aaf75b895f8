"""What becomes of a downlink that says it is a command: it is judged, and in the book before it is answered."""

import logging
from typing import Final

from agent.commands.book import Book
from agent.commands.needs import Needs
from agent.commands.store import Entry
from agent.commands.task import failed
from agent.commands.verify import Pinned, pinned
from agent.core.command_state import CONFIG, Sight, Verdict, judge
from wire.messages import Downlink

log = logging.getLogger("agent.commands")

KEYS_LAST_S: Final = 1.0
"""So long the keys read from the disk serve: a flood of forgeries costs one look at it a second."""


class Admission:
    """One at a time: the caller sees to that."""

    def __init__(self, needs: Needs, book: Book) -> None:
        self._needs, self._book = needs, book
        self._pinned: tuple[float, Pinned] | None = None

    def look_again(self) -> None:
        """The keys may be others now."""
        self._pinned = None

    async def admit(self, leaf: str, downlink: Downlink, waiting: int) -> Entry | str:
        """The new entry, durable, which may be over already; or the outcome for a receipt, empty for none.

        `waiting`: commands accepted and not begun. OSError or OutboxError: it is not on the disk.
        """
        needs = self._needs
        verdict = judge(leaf, downlink, await self._sight(downlink, waiting), needs.verify, needs.config.allows)
        if verdict.kind == "forged":
            needs.forged(verdict.code)
        if verdict.kind == "known":
            return str(verdict.state)
        if verdict.kind not in ("accepted", "ended"):
            return ""
        if self._book.full:
            log.error("commands-full", extra={"detail": "too many commands that could still be repeated"})
            return ""
        entry = self._entry(leaf, downlink, verdict)
        await self._book.write(entry)
        return entry

    async def _sight(self, downlink: Downlink, waiting: int) -> Sight:
        needs, found = self._needs, await self._keys()
        kept, stamp = self._book.get(downlink.id), needs.clock.stamp()
        state = kept.state if kept is not None else None
        return Sight(needs.node, needs.nonce(), stamp.wall_ms, stamp.synced, found.keys, state, waiting)

    async def _keys(self) -> Pinned:
        needs, now_s = self._needs, self._needs.clock.mono_s()
        if self._pinned is None or now_s - self._pinned[0] > KEYS_LAST_S:
            self._pinned = (now_s, await needs.writer.call(pinned, needs.credentials, needs.data_dir))
        return self._pinned[1]

    def _entry(self, leaf: str, downlink: Downlink, verdict: Verdict) -> Entry:
        stamp, over = self._needs.clock.stamp(), verdict.kind == "ended"
        return Entry(
            downlink.id,
            verdict.name,
            self._book.next_number,
            "config" if leaf == CONFIG else "command",
            verdict.state or "accepted",
            stamp.boot,
            stamp.mono_ms,
            stamp.wall_ms,
            nonce=downlink.nonce,
            expires_ms=downlink.expires_ms,
            key_id=downlink.key_id,
            body="" if over else bytes(downlink.body).decode(),
            code=verdict.code,
            detail=failed("", verdict.detail).detail,
            ended_wall_ms=stamp.wall_ms if over else 0,
        )
