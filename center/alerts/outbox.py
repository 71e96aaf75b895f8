"""The outbox of deliveries: claimed by a conditional update, so that no two processes ever send the same one.

A delivery goes waiting -> claimed -> sending -> sent. A claim of a process that died is given back as it was. One that
died while sending leaves it open whether the message arrived: that one goes out again with the same key, marked as a
repeat. Every step is one short transaction; between them nothing is held but the row's state.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from center.alerts.owner import Owner
from center.alerts.routes import language_of
from center.core.alert_limits import LONGEST_RETRY_MS, MINUTE_MS, Due, gives_up, next_out, retry_at_ms
from center.core.alert_text import digest, is_over
from center.ingest.database import CHANGES_LOCK, execute, lock_until_commit, select

TAKE_LOCK = CHANGES_LOCK + 1
LOOK_AT = 500
"""Deliveries of one channel looked at together: what a digest sums up at most."""
ALONE = frozenset({"test", "alive", "digest"})
_DUE = (
    "SELECT id, address, severity, what FROM alerts_delivery d WHERE channel = %s AND state IN ('waiting', 'failed') "
    'AND due_ms <= %s AND NOT EXISTS (SELECT 1 FROM alerts_delivery b LEFT JOIN alerts_delivery s ON s.id = b."into" '
    "WHERE b.incident = d.incident AND b.channel = d.channel AND b.address = d.address AND b.id < d.id "
    "AND (b.state IN ('claimed', 'sending') OR (b.state IN ('waiting', 'failed') AND b.due_ms <= %s) "
    "OR (b.state = 'joined' AND s.state IN ('waiting', 'failed', 'claimed', 'sending')))) "
    "ORDER BY id LIMIT %s"
)
"""What happened first is told first: nobody hears that it is over, and then, in a late digest, that it began."""
_USED = (
    "SELECT COUNT(*) FROM alerts_delivery WHERE channel = %s "
    "AND ((sent_ms > %s AND sent_ms <= %s) OR state IN ('claimed', 'sending'))"
)
_FROM_THE_FUTURE = (
    "UPDATE alerts_delivery SET due_ms = CASE WHEN due_ms < made_ms THEN %s ELSE %s + due_ms - made_ms END, "
    "made_ms = %s WHERE state IN ('waiting', 'failed') AND made_ms > %s"
)
_RETRY_SOONER = "UPDATE alerts_delivery SET due_ms = %s WHERE state = 'failed' AND due_ms > %s"
_CLAIM = (
    "UPDATE alerts_delivery SET state = 'claimed', claimed_by = %s, claimed_ms = %s "
    "WHERE id = %s AND state IN ('waiting', 'failed')"
)
_BEGIN = (
    "UPDATE alerts_delivery SET state = 'sending', attempts = attempts + 1, uncertain = %s, "
    "tried_ms = COALESCE(tried_ms, %s) WHERE id = %s AND state = 'claimed' AND claimed_by = %s"
)
_JOB = (
    "SELECT id, key, incident, channel, address, what, severity, text, made_ms, due_ms, attempts, uncertain, tried_ms "
    "FROM alerts_delivery WHERE id = %s"
)
_FREE = (
    "UPDATE alerts_delivery SET state = CASE WHEN attempts > 0 THEN 'failed' ELSE 'waiting' END, claimed_by = '' "
    "WHERE claimed_by = %s AND state IN ('claimed', 'sending')"
)
_GIVE_UP_JOINED = "UPDATE alerts_delivery SET state = 'given_up' WHERE \"into\" = %s AND state = 'joined'"


@dataclass(frozen=True, slots=True)
class Job:
    """A delivery as it was claimed. `uncertain`: an earlier try may have arrived, so this one is a repeat."""

    id: int
    key: str
    incident: int | None
    channel: str
    address: str
    what: str
    severity: str
    text: str
    made_ms: int
    due_ms: int
    attempts: int
    uncertain: bool
    tried_ms: int | None


class Outbox:
    """The outbox as one process works on it."""

    def __init__(self, owner: Owner) -> None:
        self.owner = owner

    def channels_due(self, now_ms: int) -> list[str]:
        """Enabled channels with something whose time has come."""
        rows = select(
            "SELECT DISTINCT d.channel FROM alerts_delivery d JOIN alerts_channel c ON c.name = d.channel "
            "WHERE d.state IN ('waiting', 'failed') AND d.due_ms <= %s AND c.enabled = %s ORDER BY d.channel",
            (now_ms, True),
        )
        return [row[0] for row in rows]

    def take(self, channel: str, per_minute: int, now_ms: int) -> Job | None:
        """Claim what goes out next through a channel; None when nothing may. Several at once become one digest."""
        with transaction.atomic():
            lock_until_commit(TAKE_LOCK)
            rows = select(_DUE, (channel, now_ms, now_ms, LOOK_AT))
            due = [Due(row[0], row[1], row[2], row[3] in ALONE) for row in rows]
            used = int(select(_USED, (channel, now_ms - MINUTE_MS, now_ms + MINUTE_MS))[0][0]) if due else 0
            chosen = next_out(due, used, per_minute)
            claimed = [one for one in chosen if execute(_CLAIM, (self.owner.name, now_ms, one))]
            if not claimed:
                return None
            taken = claimed[0] if len(claimed) == 1 else self._joined(channel, claimed, now_ms)
            return _job(taken)

    def begin(self, job: Job, now_ms: int) -> bool:
        """Say that it is being sent, before anything leaves; False when the claim is not ours any more."""
        return execute(_BEGIN, (True, now_ms, job.id, self.owner.name)) == 1

    def sent(self, job: Job, now_ms: int) -> None:
        """It has arrived at the channel."""
        self._end(job, "sent", sent_ms=now_ms, error="")

    def failed(self, job: Job, now_ms: int, error: str, *, permanent: bool, uncertain: bool) -> bool:
        """It did not arrive, or nobody knows (`uncertain`). Tried again later, or given up after a day: which one."""
        over = gives_up(now_ms if job.tried_ms is None else job.tried_ms, now_ms)
        due_ms = retry_at_ms(job.attempts + 1, now_ms, permanent=permanent)
        with transaction.atomic():
            self._end(
                job,
                "given_up" if over else "failed",
                due_ms=due_ms,
                error=error[:200],
                attempts=job.attempts + 1,
                tried_ms=now_ms if job.tried_ms is None else job.tried_ms,
                uncertain=job.uncertain or uncertain,
            )
            if over:
                execute(_GIVE_UP_JOINED, (job.id,))
        return over

    def free_abandoned(self, now_ms: int) -> int:
        """Give back what processes that are dead had claimed; what they were sending is sent again. How many."""
        owners = select(
            "SELECT claimed_by, MAX(claimed_ms) FROM alerts_delivery WHERE state IN ('claimed', 'sending') "
            "GROUP BY claimed_by"
        )
        dead = [name for name, claimed_ms in owners if self.owner.is_dead(name, int(claimed_ms or 0), now_ms)]
        return sum(execute(_FREE, (name,)) for name in dead)

    def free_own(self, under_way: Sequence[int]) -> int:
        """Give back what this process claimed and does not work on: the database failed between two steps."""
        marks = ", ".join(["%s"] * len(under_way))
        but = f" AND id NOT IN ({marks})" if under_way else ""
        return execute(_FREE + but, (self.owner.name, *under_way))

    def mend_times(self, now_ms: int) -> None:
        """The centre's clock was put back: what was made "later" than now keeps its pause, not its date."""
        execute(_FROM_THE_FUTURE, (now_ms, now_ms, now_ms, now_ms + MINUTE_MS))
        execute(_RETRY_SOONER, (now_ms, now_ms + LONGEST_RETRY_MS + MINUTE_MS))

    def doubt_what_was_restored(self) -> int:
        """What waits from before a restore may have been sent by the centre that was lost: a repeat, if anything."""
        return execute(
            "UPDATE alerts_delivery SET uncertain = %s WHERE state IN ('waiting', 'claimed', 'sending', 'failed') "
            "AND uncertain = %s AND made_ms < (SELECT created_ms FROM ingest_generation WHERE id = 1 AND reason = %s)",
            (True, False, "restored"),
        )

    def _joined(self, channel: str, ids: Sequence[int], now_ms: int) -> int:
        """One digest for all of these, claimed; they are done once it is."""
        jobs = [_job(one) for one in ids]
        worst = jobs[0]  # `next_out` puts the worst first
        severity = "info" if all(is_over(one.text) for one in jobs) else worst.severity
        text = digest([one.text for one in jobs], severity, language_of(channel))
        key = f"digest.{channel}.{worst.id}.{now_ms}"
        execute(
            "INSERT INTO alerts_delivery (key, route, channel, address, what, severity, text, made_ms, due_ms, state, "
            "claimed_by, claimed_ms, attempts, uncertain, error) "
            "VALUES (%s, 0, %s, %s, 'digest', %s, %s, %s, %s, 'claimed', %s, %s, 0, %s, '')",
            (key, channel, worst.address, severity, text, min(one.made_ms for one in jobs),
             min(one.tried_ms or one.due_ms for one in jobs), self.owner.name, now_ms,
             any(one.uncertain for one in jobs)),
        )  # fmt: skip
        taken = int(select("SELECT id FROM alerts_delivery WHERE key = %s", (key,))[0][0])
        for one in ids:
            execute("UPDATE alerts_delivery SET state = 'joined', \"into\" = %s WHERE id = %s", (taken, one))
        return taken

    def _end(self, job: Job, state: str, **fields: object) -> None:
        values = {"state": state, "claimed_by": "", **fields}
        columns = ", ".join(f"{name} = %s" for name in values)
        execute(
            f"UPDATE alerts_delivery SET {columns} WHERE id = %s AND claimed_by = %s",  # noqa: S608 - our own names
            (*values.values(), job.id, self.owner.name),
        )


def _job(delivery: int) -> Job:
    row = select(_JOB, (delivery,))[0]
    values = (*row[:11], bool(row[11]), row[12])
    return Job(*values)


def now_ms() -> int:
    """Unix time, ms."""
    return time.time_ns() // 1_000_000
