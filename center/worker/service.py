"""The worker process: projects what ingest stored, and keeps node states true as time passes.

It polls two numbers (newest record, newest change) every POLL_S: index look-ups of microseconds on either database,
where notifications would need a second mechanism per database. From commit to row on the wall: below 0.3 s.
"""

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.db import Error as AnyDatabaseError
from django.db import connection, transaction

from center.cctv.keeping import Pictures
from center.complaints.upkeep import Upkeep
from center.ingest.changes import prune_changes
from center.ingest.database import checkpoint, select
from center.notify import Watchdog
from center.operations.linking import link_outages
from center.operations.notices import offer_notices
from center.operations.rolling import carry_on
from center.processes import stop_at_signals
from center.sites.importing import prune_uploads
from center.worker.arithmetic import STEP_S, Arithmetic
from center.worker.audit import Auditor
from center.worker.first_facts import FirstFacts
from center.worker.incidents import correlate
from center.worker.projection import project_page
from center.worker.redating import redate
from center.worker.retention import Retention
from center.worker.rollups import work_out
from center.worker.second_reading import SecondReading
from center.worker.states import recompute

POLL_S = 0.1
TICK_S = 1.0
"""States are judged at least this often: silence is noticed by nothing arriving."""
STATES_SHARE = 10
"""Between two judgements under load lies at least this many times what one costs."""
AUDIT_S = 5.0
"""What nodes said since is audited this often, and new boxes get the notices; a fault waits for the next report anyway,
some 30 s."""
BUSY_S = 0.01
"""Spent on the arithmetic between two pages of a backlog; otherwise it is STEP_S."""
PRUNE_S = 60.0
"""Bounded tables and the write-ahead log are cut to size this often."""
FORGET_S = 1800.0
"""How often a pass over everything that may have grown old begins."""
RETRY_MOST_S = 5.0
_NEWEST = "SELECT (SELECT COALESCE(MAX(id), 0) FROM ingest_rawrecord), (SELECT COALESCE(MAX(id), 0) FROM ingest_change)"
_log = logging.getLogger("center.worker")


def run(*, on_ready: Callable[[], None] = lambda: None) -> None:
    """Run until SIGTERM or SIGINT; `on_ready` is called after the first round. Django must be set up."""
    stop = stop_at_signals()
    Worker(Path(settings.DATA_DIR), stop, on_ready).run()


class Worker:
    """The loop of one worker; `run` returns after `stop` is set."""

    def __init__(self, data_dir: Path, stop: threading.Event, on_ready: Callable[[], None]) -> None:
        self._data_dir = data_dir
        self._stop = stop
        self._on_ready = on_ready
        self._seen: tuple[int, ...] = ()
        self._judged_s = self._pruned_s = self._audited_s = self._carried_s = self._judging_took_s = 0.0
        self._auditor = Auditor()
        self._second_reading = SecondReading(data_dir, self._auditor)
        self._arithmetic = Arithmetic()
        self._first_facts = FirstFacts()
        self._retention = Retention(data_dir, settings.CENTER.retention)
        self._room = Pictures(data_dir, settings.CENTER.retention)
        self._short_of_room = False
        self._upkeep = Upkeep(data_dir)
        self._forgot_s: float | None = None
        self._trouble = False

    def run(self) -> None:
        """Rounds until stopped; a database in trouble is waited for."""
        pause_s = POLL_S
        watchdog = Watchdog()
        while not self._stop.is_set():
            watchdog.feed()
            try:
                busy = self._round()
            except (AnyDatabaseError, OSError) as error:
                if not self._trouble:
                    _log.warning("worker-interrupted", extra={"error": repr(error)})
                self._trouble = True
                connection.close()
                self._stop.wait(pause_s)
                pause_s = min(pause_s * 2, RETRY_MOST_S)
                continue
            if self._trouble:
                _log.info("worker-resumed")
                self._trouble = False
            pause_s = POLL_S
            self._on_ready()
            self._on_ready = lambda: None
            if not busy:
                self._stop.wait(POLL_S)

    def _round(self) -> bool:
        """Do what is to be done now; whether more may be waiting."""
        newest = tuple(select(_NEWEST)[0])
        news = newest != self._seen
        more = newest[:1] != self._seen[:1]
        projected = project_page(self._data_dir, self._auditor) if more else 0
        if not projected:
            self._seen = newest
        dated = redate()
        read_again = self._second_reading.step() if not projected else False
        now_s = time.monotonic()
        since_s = now_s - self._judged_s
        if since_s >= TICK_S or (news and since_s >= STATES_SHARE * self._judging_took_s):
            now_ms = int(time.time() * 1000)
            with transaction.atomic():
                recompute(now_ms)
            correlate(now_ms)
            self._judged_s = time.monotonic()
            self._judging_took_s = self._judged_s - now_s
        if now_s - self._carried_s >= (POLL_S if projected else TICK_S):
            self._carried_s = now_s
            carry_on(int(time.time() * 1000))
        if now_s - self._audited_s >= AUDIT_S:
            self._audited_s = now_s
            self._auditor.run()
            offer_notices(int(time.time() * 1000))
        if now_s - self._pruned_s >= PRUNE_S:
            self._pruned_s = now_s
            prune_changes()
            prune_uploads()
            link_outages(int(time.time() * 1000))
            checkpoint()
            self._short_of_room = True
        first = self._first_facts.step()  # until then a database of before has only half of its facts
        worked_out = not first and self._arithmetic.step(BUSY_S if projected else STEP_S)
        tidied = not first and not projected and self._tidy()
        kept_up = not first and self._upkeep.step(sweeping=not projected)
        if self._short_of_room:  # asked once per PRUNE_S, and then until there is room
            self._short_of_room = self._room.make_room(int(time.time() * 1000))
        return projected > 0 or dated or read_again or first or worked_out or tidied or kept_up or self._short_of_room

    def _tidy(self) -> bool:
        """A step of what can wait until nothing new arrives; whether there was any."""
        if work_out():
            return True
        now_s = time.monotonic()
        if self._forgot_s is None or now_s - self._forgot_s >= FORGET_S:
            self._forgot_s = now_s
            self._retention.begin(int(time.time() * 1000))
        return self._retention.step()
