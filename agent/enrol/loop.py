"""Attempts until the box is enrolled: state written after each, systemd told, woken by a cable or another card."""

import logging
import os
import select
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Final

from agent.chance import chance
from agent.core.enrolment import Course, Seen, Standing
from agent.enrol import places, statefile
from agent.enrol.attempt import now_ms
from agent.enrol.door import has_route
from agent.enrol.places import Places
from agent.sdnotify import Notifier
from wire.shape import replace

LOOK_S: Final = 2.0
"""How often a waiting box looks whether something local has changed: three `stat`s and a small file of /proc."""
log = logging.getLogger("agent.enrol")


class Loop:
    """`attempt` does one try; `told` shows each standing."""

    def __init__(
        self, where: Places, attempt: Callable[[], Seen], told: Callable[[Standing], None], notifier: Notifier
    ) -> None:
        self._where = where
        self._attempt = attempt
        self._told = told
        self._notifier = notifier
        self._course = Course(statefile.read(where.state_file) or Standing("unprovisioned", now_ms(), now_ms()))
        self._unwritten = False
        self._read, self._write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)

    def once(self) -> Standing:
        """One attempt, written down and told."""
        before = self._course.standing
        seen = self._attempt()
        if seen.state == "enrolled" and known_better(before, seen):
            seen = Seen(before.state, before.code, before.detail, 0, seen.fingerprint, seen.expires_at_ms)
        self._course = self._course.after(seen, now_ms(), chance())
        standing = self._named(self._course.standing)
        self._course = Course(standing, self._course.failures)
        try:
            statefile.write(self._where.state_file, standing)
        except OSError as error:
            if not self._unwritten:
                log.warning("state-not-written", extra={"detail": str(error)})
            self._unwritten = True
        else:
            self._unwritten = False
        if (before.state, before.code) != (standing.state, standing.code):
            facts = {"state": standing.state, "code": standing.code, "retry_s": standing.retry_s}
            log.info("enrolment", extra=facts | {"detail": standing.detail})
        self._notifier.status(" ".join(part for part in (standing.state, standing.code) if part))
        self._told(standing)
        return standing

    def until_enrolled(self) -> int:
        """0 when enrolled, or when a signal asks for the end."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        self._notifier.send("READY=1")
        while True:
            looks, way = places.looks(self._where), has_route()  # before the attempt: what changes meanwhile counts
            standing = self.once()
            if self.done(standing) or self._pause(standing, looks, way=way):
                return 0

    @staticmethod
    def done(standing: Standing) -> bool:
        """Nothing more to enrol: what is over or taken back is renewal's to say, or a new card's."""
        return standing.state in ("enrolled", "renewing", "expired")

    def _named(self, standing: Standing) -> Standing:
        try:
            return replace(standing, node=places.card(self._where).node)
        except Exception:  # noqa: BLE001 - a card that cannot be read is the state itself
            return standing

    def _pause(self, standing: Standing, looks: tuple[object, ...], *, way: bool) -> bool:
        """Wait as long as the standing says, or until something here changes; True for the end."""
        until_s = time.monotonic() + standing.retry_s
        while (left_s := until_s - time.monotonic()) > 0:
            self._notifier.send("WATCHDOG=1")
            ready, _, _ = select.select([self._read], [], [], min(LOOK_S, left_s))
            if ready:
                return True
            if places.looks(self._where) != looks or (has_route() and not way):
                return False
        return False

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        with suppress(OSError):
            os.write(self._write, b"x")


def known_better(before: Standing, seen: Seen) -> bool:
    """Renewal has found out more about these same credentials than that they lie here."""
    return before.state in ("renewing", "revoked") and before.expires_at_ms == seen.expires_at_ms
