"""The alerts process: drains the outbox through the channels, keeps sirens true, and says that it lives.

One thread works on the database; every message is handed over by a thread of its own, at most one per channel, so
that a slow service holds up nobody else. A thread that hangs cannot be ended: then the process ends itself, and
whoever started it starts it again.
"""

import faulthandler
import logging
import os
import queue
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from django.db import Error as AnyDatabaseError
from django.db import connection

from center.alerts.channel import Centre, DeliveryError, Message
from center.alerts.deadman import beat, last_beat_ms, sign_of_life, tell_what_was_missed
from center.alerts.handing_over import Prepared, prepare, prepare_message
from center.alerts.outbox import Job, Outbox, now_ms
from center.alerts.owner import Owner
from center.alerts.sirens import Sirens
from center.alerts.trouble import channel_failed, channel_worked, forget_unused, never_delivered
from center.ingest.database import select
from center.notify import notify
from center.processes import stop_at_signals

POLL_S = 0.3
SLOW_MS = 5_000
"""Beats, sirens, abandoned claims and signs of life are looked after this often."""
HUNG_S = 90.0
"""Longer than the longest exchange of any channel (30 s, and its connection before that)."""
STOP_S = 2.5
_FIRST_PAUSE_MS, _LONGEST_PAUSE_MS = 5_000, 60_000
_log = logging.getLogger("center.alerts")


@dataclass(slots=True)
class _Pause:
    """A channel that failed is left alone for a while; `failures` in a row."""

    until_s: float = 0.0
    failures: int = 0


@dataclass(slots=True)
class _Work:
    """A message under way. `job` None: a siren's state, which is no delivery; `sounding` is what it says."""

    job: Job | None
    prepared: Prepared
    sounding: int = 0
    started_s: float = field(default_factory=time.monotonic)


def run(centre: Centre, *, on_ready: Callable[[], None] = lambda: None) -> None:
    """Run until SIGTERM or SIGINT; `on_ready` is called after the first round. Django must be set up."""
    stop = stop_at_signals()
    owner = Owner(centre.data)
    with owner.alive():
        Service(centre, owner, stop, on_ready).run()


class Service:
    """The loop of one alerts process; `run` returns after `stop` is set."""

    def __init__(
        self, centre: Centre, owner: Owner, stop: threading.Event, on_ready: Callable[[], None] = lambda: None
    ) -> None:
        self._centre = centre
        self._outbox = Outbox(owner)
        self._sirens = Sirens(centre)
        self._stop = stop
        self._on_ready = on_ready
        self._since_ms = now_ms()
        self._looked_ms = 0
        self._under_way: dict[str, _Work] = {}
        self._ended: queue.SimpleQueue[tuple[str, DeliveryError | None]] = queue.SimpleQueue()
        self._outcomes: deque[tuple[str, DeliveryError | None]] = deque()
        self._pauses: dict[str, _Pause] = {}
        self._trouble = False

    def run(self) -> None:
        """Rounds until stopped; a database in trouble is waited for."""
        while not self._stop.is_set():
            faulthandler.dump_traceback_later(HUNG_S, exit=True)
            notify("WATCHDOG=1")
            try:
                self.round()
            except (AnyDatabaseError, OSError) as error:
                if not self._trouble:
                    _log.warning("alerts-interrupted", extra={"error": repr(error)})
                self._trouble = True
                connection.close()
                self._stop.wait(5)
                continue
            if self._trouble:
                _log.info("alerts-resumed")
                self._trouble = False
            self._on_ready()
            self._on_ready = lambda: None
            self._stop.wait(POLL_S)
        faulthandler.cancel_dump_traceback_later()
        self._leave()

    def round(self) -> None:
        """Do what is to be done now."""
        self._take_ended()
        at_ms = now_ms()
        if at_ms - self._looked_ms >= SLOW_MS or at_ms < self._looked_ms:
            self._look_after(at_ms)
            self._looked_ms = at_ms
        for name in self._outbox.channels_due(at_ms):
            if self._is_free(name):
                self._send_next(name, at_ms)
        for name, settings, secret, message in self._sirens.due(at_ms):
            if self._is_free(name):
                self._assert_state(name, settings, secret, message)
        if any(time.monotonic() - work.started_s > HUNG_S for work in self._under_way.values()):
            _log.critical("channel-hangs", extra={"channels": ",".join(self._under_way)})
            os._exit(1)

    def idle(self) -> bool:
        """Whether nothing is under way."""
        return not self._under_way and self._ended.empty()

    def _look_after(self, at_ms: int) -> None:
        first = not self._looked_ms
        last_ms = last_beat_ms() if first else None
        beat(self._outbox.owner.name, self._since_ms, at_ms)
        mine = [work.job.id for work in self._under_way.values() if work.job is not None]
        if freed := self._outbox.free_abandoned(at_ms) + self._outbox.free_own(mine):
            _log.info("claims-freed", extra={"count": freed})
        self._outbox.mend_times(at_ms)
        forget_unused(at_ms)
        if first:
            self._outbox.doubt_what_was_restored()
            tell_what_was_missed(last_ms, at_ms)
        sign_of_life(at_ms)

    def _is_free(self, channel: str) -> bool:
        return channel not in self._under_way and self._pauses.get(channel, _Pause()).until_s <= time.monotonic()

    def _send_next(self, channel: str, at_ms: int) -> None:
        rows = select("SELECT per_minute FROM alerts_channel WHERE name = %s", (channel,))
        job = self._outbox.take(channel, int(rows[0][0]), at_ms) if rows else None
        if job is None:
            return
        try:
            prepared = prepare(job, self._centre, at_ms)
        except DeliveryError as error:  # nothing left this machine
            self._failed(job, channel, error)
            return
        except (AnyDatabaseError, OSError):
            raise
        except Exception as error:  # noqa: BLE001 - a channel that cannot even be loaded must not stop the others
            self._failed(job, channel, _not_ready(error))
            return
        if self._outbox.begin(job, at_ms):
            self._hand_over(job, prepared)

    def _assert_state(self, name: str, settings: str, secret: str, message: Message) -> None:
        try:
            prepared = prepare_message(name, "siren", settings, secret, message)
        except DeliveryError as error:
            self._failed(None, name, error)
            return
        except Exception as error:  # noqa: BLE001 - as above
            self._failed(None, name, _not_ready(error))
            return
        self._hand_over(None, prepared, message.sounding)

    def _hand_over(self, job: Job | None, prepared: Prepared, sounding: int = 0) -> None:
        def send() -> None:
            error: DeliveryError | None = None
            try:
                prepared.send()
            except DeliveryError as found:
                error = found
            except Exception as found:  # noqa: BLE001 - a channel's mistake must not stop the others
                error = DeliveryError(f"the channel failed: {type(found).__name__}", uncertain=True)
            self._ended.put((prepared.channel, error))

        self._under_way[prepared.channel] = _Work(job, prepared, sounding)
        threading.Thread(target=send, name=f"alerts-{prepared.channel}", daemon=True).start()

    def _take_ended(self) -> None:
        """Write down what came of messages. What the database does not take now is written down in a later round."""
        with suppress(queue.Empty):
            while True:
                self._outcomes.append(self._ended.get_nowait())
        while self._outcomes:
            channel, error = self._outcomes[0]
            self._write_down(channel, self._under_way[channel], error)
            self._outcomes.popleft()
            del self._under_way[channel]

    def _write_down(self, channel: str, work: _Work, error: DeliveryError | None) -> None:
        if error is not None:
            self._failed(work.job, channel, error.without(work.prepared.hidden))
            return
        at_ms = now_ms()
        self._pauses.pop(channel, None)
        if work.job is None:
            self._sirens.published(channel, work.sounding, at_ms)
        else:
            self._outbox.sent(work.job, at_ms)
        channel_worked(channel, at_ms)

    def _failed(self, job: Job | None, channel: str, error: DeliveryError) -> None:
        at_ms = now_ms()
        if job is not None and self._outbox.failed(
            job, at_ms, str(error), permanent=error.permanent, uncertain=error.uncertain
        ):
            never_delivered(job.id, job.incident, channel, at_ms)
        if error.one_address:
            return
        pause = self._pauses.setdefault(channel, _Pause())
        pause.failures += 1
        wait_ms = min(_LONGEST_PAUSE_MS, _FIRST_PAUSE_MS << min(pause.failures - 1, 10))
        pause.until_s = time.monotonic() + max(wait_ms / 1000, error.wait_s)
        channel_failed(channel, at_ms, str(error), permanent=error.permanent)

    def _leave(self) -> None:
        """What is under way gets a moment to end; what does not is sent again by the next process, marked so."""
        until_s = time.monotonic() + STOP_S
        while self._under_way and time.monotonic() < until_s:
            with suppress(AnyDatabaseError):
                self._take_ended()
            time.sleep(0.05)


def _not_ready(error: Exception) -> DeliveryError:
    return DeliveryError(f"the channel cannot be used: {type(error).__name__}", permanent=True)


def centre_of(data: Path, host: str, port: int, public_url: str) -> Centre:
    """The centre as channels see it; a broker that listens everywhere is reached on this machine."""
    return Centre(data, {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host), port, public_url)
