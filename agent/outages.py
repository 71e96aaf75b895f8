"""Watches the verdict: outages go into the journal and to the centre, lasting changes of the verdict to the centre.

Each evaluation (`core.outages`, `core.news`) takes what the probes know now. It is asked for when a run may have
changed the verdict, when something was waited for, and every `POLL_S`. What a run of the agent left without an end (it
was stopped or killed in the middle of an outage, or the power went) is closed by the next one.
"""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

from agent.clock import Clock
from agent.core.diagnosis import Diagnosis, diagnose
from agent.core.endings import Beat
from agent.core.evidence import Evidence
from agent.core.news import News
from agent.core.outage import Outage, is_down, notice
from agent.core.outages import Change, Look, Outages, broker_lost, broker_works, center_lost
from agent.core.past import Past, back_ms, onset_ms
from agent.core.stillness import Progress
from agent.events import EventLog
from agent.names import JOURNAL_FOLDER
from agent.notices import also, confidence_pct, evidence_items, rung_states, verdict_notice
from agent.uplink.threads import in_daemon_thread
from agent.version import VERSION

if TYPE_CHECKING:  # a node without outages does not load the journal
    from agent.core.journal import Entry
    from agent.journals import Book

log = logging.getLogger("agent.outages")
T = TypeVar("T")

POLL_S: Final = 30.0
"""Evidence also grows old by itself."""
GATHER_S: Final = 0.1
"""The rounds of gateway and centre close within the same wakeup; a cable event changes several facts at once."""
WRITE_S: Final = 10.0
"""Far more than a tired card takes; a disk that hangs for longer must not keep the verdict from being watched."""
STUCK_S: Final = 120.0
_PORTAL: Final = "P1"


class Measured(Protocol):
    """The probes as the watch sees them."""

    def evidence(self, now_ms: int) -> tuple[Evidence, ...]: ...
    def past(self, target: str, *probes: str) -> tuple[Past, ...]: ...


class OutageWatch:
    """`on_trouble` and `on_well` are told when trouble on the way to the centre begins and when it is over, `on_outage`
    the name of an outage and that it has `begun` or `ended`.
    """

    def __init__(
        self,
        probes: Measured,
        events: EventLog,
        clock: Clock,
        node: str,
        data_dir: Path,
        *,
        last: Beat | None = None,
        on_trouble: Callable[[], None] = lambda: None,
        on_well: Callable[[], None] = lambda: None,
        on_outage: Callable[[str, str], None] = lambda _ident, _what: None,
    ) -> None:
        self._probes, self._events, self._clock, self._node = probes, events, clock, node
        self._folder = data_dir / JOURNAL_FOLDER
        self._last = last
        self._on_trouble, self._on_well, self._on_outage = on_trouble, on_well, on_outage
        self._outages, self._news = Outages(), News()
        self._book: tuple[str, Book] | None = None  # the outage's name, for a disk that hangs answers in the next one
        self._ident = ""
        self._disk_failed = False
        self._writing: asyncio.Future[Any] | None = None
        self._looks = 0
        self._stirred = asyncio.Event()
        self.progress = Progress(lambda: self._looks, STUCK_S)

    def stir(self) -> None:
        """The verdict may have changed."""
        self._stirred.set()

    def status(self) -> dict[str, object] | None:
        """The outage that goes on now, as JSON values; None when there is none."""
        outage = self._outages.current
        if outage is None:
            return None
        return {
            "id": self._ident,
            "code": outage.name.code,
            "onset_mono_ms": outage.onset_ms,
            "for_s": round((self._clock.mono_ms() - outage.onset_ms) / 1000),
            "steps": len(outage.steps),
        }

    async def run(self) -> None:
        """Until cancelled."""
        await self._close_left()
        while True:
            await self.look()
            self._looks += 1
            await self._pause()

    async def look(self) -> None:
        """Evaluate once."""
        now_ms = self._clock.mono_ms()
        items = self._probes.evidence(now_ms)
        found = diagnose(items)
        look = self._judged(found, items, now_ms)
        troubled = self._outages.suspicious
        changes = self._outages.take(look)
        if self._outages.suspicious and not troubled:
            self._on_trouble()
        elif troubled and not self._outages.suspicious:
            self._on_well()
        for change in changes:
            await self._tell(change, found, items, now_ms)
        since_ms = self._news.take(now_ms, found.code, look.also)
        if since_ms is not None:
            await self._events.file("verdict", verdict_notice(found, since_ms))

    def _judged(self, found: Diagnosis, items: tuple[Evidence, ...], now_ms: int) -> Look:
        way = self._probes.past("center", "icmp", "tcp")
        broker, inside = self._probes.past("center", "broker"), self._probes.past("local", "link", "address", "route")
        pings = next(iter(self._probes.past("center", "icmp")), Past())
        lost = center_lost(items)
        cut = is_down(found.code) and not (found.code == _PORTAL and broker_works(items))
        return Look(
            now_ms,
            found.code,
            confidence_pct(found),
            broken=lost or cut or broker_lost(items),
            certain=lost,
            onset_ms=onset_ms(way, broker, inside, now_ms),
            back_ms=back_ms(way),
            evidence=evidence_items(found),
            also=also(found),
            rungs=rung_states(found),
            sent=pings.sent,
            lost=pings.lost,
            before=pings.counts_from_failure,
        )

    async def _pause(self) -> None:
        now_ms = self._clock.mono_ms()
        dues = (self._outages.due_ms(), self._news.due_ms(now_ms))
        delay_s = min([POLL_S, *(max(0, due_ms - now_ms) / 1000 for due_ms in dues if due_ms is not None)])
        try:
            async with asyncio.timeout(max(GATHER_S, delay_s)):
                await self._stirred.wait()
                await asyncio.sleep(GATHER_S)
        except TimeoutError:
            pass
        self._stirred.clear()

    async def _tell(self, change: Change, found: Diagnosis, items: tuple[Evidence, ...], now_ms: int) -> None:
        outage = change.outage
        if change.kind == "begun":
            self._ident = ident_of(self._clock.boot, outage.onset_ms)
            log.warning("outage-begun", extra={"outage": self._ident, "code": outage.name.code})
            self._on_outage(self._ident, "begun")
            await self._events.file("outage", notice(outage, "begun", self._ident, self._clock.boot))
        ident = self._ident
        if change.kind == "ended":
            log.info("outage-ended", extra={"outage": self._ident, "code": outage.name.code})
            self._on_outage(ident, "ended")
            await self._events.file("outage", notice(outage, "ended", self._ident, self._clock.boot))
            await self._on_disk(lambda: self._write_end(outage, ident))
        else:
            entry = entry_of(change.kind, found, items, now_ms, outage.steps[-1].mono_ms)
            await self._on_disk(lambda: self._write_entry(outage, ident, entry))

    def _write_entry(self, outage: Outage, ident: str, entry: "Entry") -> None:
        if self._opened(outage, ident).entry(entry) is False:
            outage.omitted += 1

    def _write_end(self, outage: Outage, ident: str) -> None:
        from agent.core.journal import End

        clock, name = self._clock, outage.name
        end = End(
            outage.end_ms if outage.end_ms is not None else clock.mono_ms(), "seen", name.code,
            name.confidence_pct / 100, clock.boot, clock.mono_ms(), clock.wall_ms(), clock.synced, outage.sent,
            outage.lost, outage.omitted,
        )  # fmt: skip
        self._opened(outage, ident).end(end)

    def _opened(self, outage: Outage, ident: str) -> "Book":
        """The outage's file; one that could not be made before is tried again."""
        from agent.core.journal import Header
        from agent.journals import Journals

        book = self._book[1] if self._book is not None and self._book[0] == ident else None
        if book is None:
            clock = self._clock
            header = Header(
                ident, self._node, clock.boot, clock.run, VERSION, outage.onset_ms, outage.found_ms,
                clock.mono_ms(), clock.wall_ms(), clock.synced,
            )  # fmt: skip
            book = Journals(self._folder).begin(header, clock.wall_ms() / 1000 if clock.synced else None)
            self._book = ident, book
        return book

    async def _on_disk(self, work: Callable[[], T]) -> T | None:
        """Do it beside the loop; a disk that refuses or hangs is logged, and the outage goes on in memory.

        One at a time: while an earlier write hangs nothing more is written.
        """
        trouble = "an earlier write hangs"
        if self._writing is None or self._writing.done():
            task = asyncio.ensure_future(in_daemon_thread("journal", work))
            self._writing = task
            await asyncio.wait({task}, timeout=WRITE_S)
            if task.done():
                error = task.exception()
                if error is None:
                    self._disk_failed = False
                    return task.result()
                if not isinstance(error, OSError | ValueError):  # ValueError: a figure that is no JSON
                    raise error
                trouble = str(error)
        if not self._disk_failed:
            log.error("journal-refused", extra={"detail": trouble})
        self._disk_failed = True
        return None

    async def _close_left(self) -> None:
        """End what an earlier run began. The event first: told twice is better than never, it has the same id."""
        if not self._folder.is_dir():
            return
        from agent.journals import Journals
        from agent.outagestory import left_behind

        for book, recorded in await self._on_disk(lambda: list(Journals(self._folder).unfinished())) or ():
            if recorded.header.run == self._clock.run:
                continue  # this run's own: the watch was started anew, the outage goes on
            told, end = left_behind(recorded, self._last, self._clock)
            log.info("outage-left-behind", extra={"outage": told.id, "code": told.code})
            await self._events.file("outage", told)
            await self._on_disk(lambda book=book, end=end: book.end(end))  # type: ignore[misc]


def ident_of(boot: str, began_ms: int) -> str:
    """Unique on the node: two outages of one boot cannot have begun in the same millisecond."""
    return f"{boot.replace('-', '')[:8]}-{began_ms}"


def entry_of(kind: str, found: Diagnosis, items: tuple[Evidence, ...], now_ms: int, since_ms: int) -> "Entry":
    """A line of the journal: all the evidence, and which of it the verdict names."""
    from agent.core.journal import Entry

    named = set(map(id, found.evidence))
    because = tuple(at for at, item in enumerate(items) if id(item.seen) in named or id(item.complaint) in named)
    confidence = min(max(found.confidence, 0.0), 1.0)
    return Entry(now_ms, since_ms, kind, found.code, round(confidence, 3), items, because, also(found))
