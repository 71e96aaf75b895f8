"""The uplink: sessions one after the other, for ever, with pauses that do not hurt the broker."""

import asyncio
import logging

from agent.chance import chance
from agent.clock import Clock
from agent.core.backoff import Backoff
from agent.outbox import OutboxError, OutboxWriter
from agent.uplink.answers import EPOCH_CONFLICT
from agent.uplink.config import UplinkConfig
from agent.uplink.context import Context
from agent.uplink.dial import AddressBook
from agent.uplink.downlinks import DownlinkDesk, OnDownlink, OnUndecodable
from agent.uplink.ending import Ending
from agent.uplink.meter import MEGABYTE, Meter
from agent.uplink.pause import Pause
from agent.uplink.presence import Standing
from agent.uplink.progress import Progress
from agent.uplink.session import Session
from agent.uplink.traffic import Traffic

log = logging.getLogger("agent.uplink")

CUTS_LIKE_A_TAKE_OVER = 3
"""mosquitto 2.0.11 does not say "taken over": it closes the connection, in order. A broker that does so this often,
each time soon after it let us in, has somebody else under our name. A line that breaks ends without TLS's goodbye and
is no sign either way."""
PACKET_LIMIT_S = 6 * 3600.0
"""How long a limit is believed that the broker never stated but hung up over: it may have been raised since."""
CONFLICT_FIRST_S = 60.0
"""The first conflict is answered at once; further ones ever more slowly, so that a centre in error is not flooded with
epochs."""


class Uplink:
    """Sends what the outbox holds and takes what the centre sends. `await run()`; cancel it to stop (within 1 s)."""

    def __init__(
        self,
        config: UplinkConfig,
        node: str,
        outbox: OutboxWriter,
        clock: Clock,
        *,
        version: str,
        on_downlink: OnDownlink,
        on_undecodable: OnUndecodable = lambda _: None,
        report_every_s: float = 30.0,
        standing: Standing = lambda: (),
    ) -> None:
        self._config = config
        self._outbox = outbox
        self._clock = clock
        self._desk = DownlinkDesk(outbox, clock, on_downlink, on_undecodable)
        self._facts = Progress()
        book = AddressBook(config.host, config.port)
        self._meter = _meter(config, outbox, clock, book, report_every_s)
        traffic = Traffic(config, self._meter)
        self._context = Context(
            config, node, version, outbox, clock, self._desk, self._facts, book, traffic, standing, report_every_s
        )
        self._pause = Pause(config, book)
        self._session: Session | None = None
        self._packet_limit: int | None = None
        self._packet_limit_s = 0.0
        self._cuts = 0
        self._conflicts = 0
        self._conflict_s: float | None = None
        outbox.on_new(self._news)

    @property
    def connected(self) -> bool:
        """Whether a session is up. Says nothing about the centre: see `status`."""
        return self._facts.connected_s is not None

    @property
    def refusal(self) -> str:
        """The name of the reason for which the broker refused the last session; empty when it did not."""
        return self._facts.refusal

    @property
    def nonce(self) -> str:
        """The nonce of the present session's birth, which commands are bound to; empty without a session."""
        return self._facts.nonce

    def status(self) -> dict[str, object]:
        """Facts for people and reports; ages in seconds."""
        rate = self._context.traffic.rate.bytes_s
        return {
            **self._facts.as_dict(self._clock.mono_s()),
            "line_bytes_s": None if rate is None else round(rate),
            "budget": None if self._meter is None else self._meter.as_dict(),
        }

    def conditions(self) -> dict[str, str]:
        """Warning code -> detail, for what is wrong now."""
        found = self._facts.conditions(self._clock.mono_s())
        return found if self._meter is None else {**found, **self._meter.conditions()}

    def nudge(self) -> None:
        """The network seems to be back: do not wait out the pause. Does not shorten the pause after a take-over."""
        self._pause.nudge()

    async def run(self) -> None:
        """For ever; on cancellation a session in progress says goodbye."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._desk.run(), name="downlinks")
                await self._keep_connected()
        finally:
            if self._meter is not None:
                await self._meter.close()

    async def _keep_connected(self) -> None:
        backoff = Backoff()
        while True:
            why, lasted_s, progressed = await self._live()
            self._report(why, was_up=lasted_s is not None)
            if lasted_s is not None:
                self._pause.came_up()
            if why.code == EPOCH_CONFLICT:
                await self._renew_epoch()
            if why.at_once:
                continue
            backoff = backoff.after_session(self._config.backoff, lasted_s, progressed=progressed)
            await self._pause.rest(why, backoff.delay_s(self._config.backoff, chance()))
            if self._meter is not None:
                self._meter.count(None)
                await self._meter.lease(0)  # a day of failing handshakes is megabytes: a power cut must not forget them

    async def _live(self) -> tuple[Ending, float | None, bool]:
        """One session; how it ended, how long it was up (None: never), and whether the centre took something."""
        if self._clock.mono_s() - self._packet_limit_s > PACKET_LIMIT_S:
            self._packet_limit = None
        session = Session(self._context)
        self._session = session
        try:
            why = await session.run(self._packet_limit)
        finally:
            self._session = None
        why = self._suspected(why, session)
        if session.payload_too_large_bytes:
            self._packet_limit = session.payload_too_large_bytes
            self._packet_limit_s = self._clock.mono_s()
        up_s = session.up_since_s
        return why, None if up_s is None else self._clock.mono_s() - up_s, session.progressed

    def _suspected(self, why: Ending, session: Session) -> Ending:
        up_s = session.up_since_s
        soon = up_s is not None and self._clock.mono_s() - up_s < self._config.backoff.stable_s
        if up_s is not None and not soon:
            self._cuts = 0
        self._cuts += why.code == "cut" and soon
        if self._cuts < CUTS_LIKE_A_TAKE_OVER:
            return why
        self._cuts = 0
        return Ending("taken_over", "the broker cuts the connection again and again; is this node's card cloned?")

    async def _renew_epoch(self) -> None:
        now_s = self._clock.mono_s()
        wait_s = 0.0
        if self._conflict_s is not None:
            wait_s = self._conflict_s + CONFLICT_FIRST_S * 2.0 ** min(self._conflicts, 6) - now_s
            self._conflicts += 1
        if wait_s > 0:
            await asyncio.sleep(wait_s)
        self._conflict_s = self._clock.mono_s()
        try:
            await self._outbox.call(self._outbox.outbox.new_epoch, EPOCH_CONFLICT, self._clock.stamp())
        except OutboxError as error:
            log.error("epoch-not-renewed", extra={"code": error.code, "detail": error.detail})

    def _report(self, why: Ending, *, was_up: bool) -> None:
        """Say it in the log when it is news."""
        before = self._facts.last_error
        if why.code != "goodbye" and (before is None or before.code != why.code or was_up):
            log.warning("uplink-lost", extra={"code": why.code, "detail": why.words})
        self._facts.lost(why)

    def _news(self, stream: str) -> None:
        if self._session is not None:
            self._session.news(stream)


def _meter(
    config: UplinkConfig, outbox: OutboxWriter, clock: Clock, book: AddressBook, report_every_s: float
) -> Meter | None:
    if config.profile != "metered":
        return None
    limit_bytes = round(config.daily_budget_mb * MEGABYTE)
    return Meter(limit_bytes, outbox.outbox.directory, clock, book, report_every_s=report_every_s)
