"""Who watches the alerts themselves: beats in the database, signs of life to people, and what was missed after a death.

A sign of life that does not come says more than any message could. Its key holds the slot of time it is for, so
however many processes run and however often they start, each slot is told once.
"""

from typing import NamedTuple

from center.alerts.queue import put_message
from center.core.alert_times import length, moment
from center.core.alert_words import line
from center.ingest.database import execute, select

DEAD_AFTER_MS = 30_000
"""Six beats missed: nothing of ours that lives is late by that much."""
MISSED_AFTER_MS = 2 * 60_000
"""A restart takes seconds; longer than this somebody should know that alarms waited."""
_FORGET_MS = 30 * 86_400_000
_MINUTE_MS = 60_000


def beat(owner: str, since_ms: int, now_ms: int) -> None:
    """This process works."""
    execute(
        "INSERT INTO alerts_beat (owner, since_ms, alive_ms) VALUES (%s, %s, %s) "
        "ON CONFLICT (owner) DO UPDATE SET alive_ms = excluded.alive_ms",
        (owner, since_ms, now_ms),
    )
    execute("DELETE FROM alerts_beat WHERE alive_ms < %s", (now_ms - _FORGET_MS,))


def last_beat_ms() -> int | None:
    """When any alerts process last said that it works; None when none ever did."""
    found = select("SELECT MAX(alive_ms) FROM alerts_beat")[0][0]
    return None if found is None else int(found)


def dead_since_ms(now_ms: int) -> int | None:
    """Since when no alerts process works; None while one does, 0 when none ever did."""
    last_ms = last_beat_ms()
    if last_ms is None:
        return 0
    return last_ms if now_ms - last_ms > DEAD_AFTER_MS else None


def tell_what_was_missed(last_ms: int | None, now_ms: int) -> None:
    """After a death of some length: say so, once, through the channels that carry signs of life (or all of them)."""
    if last_ms is None or now_ms - last_ms <= MISSED_AFTER_MS:
        return
    waiting = select(
        "SELECT COUNT(*) FROM alerts_delivery WHERE state IN ('waiting', 'failed') AND due_ms <= %s "
        "AND incident IS NOT NULL",
        (now_ms,),
    )[0][0]
    channels = _channels()
    chosen = [one for one in channels if one.alive_every_min] or [one for one in channels if one.kind != "siren"]
    for one in chosen:
        text = _missed(last_ms, now_ms, int(waiting), one.language)
        put_message(one.name, "alive", f"missed.{one.name}.{last_ms}", text, severity="warning")


def sign_of_life(now_ms: int) -> None:
    """Queue the sign of life of this slot for every channel that carries one; older ones that never got out go."""
    for one in _channels():
        every_ms = one.alive_every_min * _MINUTE_MS
        if not every_ms:
            continue
        key = f"alive.{one.name}.{now_ms // every_ms}"
        every = length(every_ms, one.language)
        text = line("alive", one.language, now=moment(now_ms, one.language), every=every)
        if put_message(one.name, "alive", key, text):
            execute(
                "UPDATE alerts_delivery SET state = 'muted' WHERE channel = %s AND key <> %s AND key LIKE 'alive.%%' "
                "AND state IN ('waiting', 'failed')",
                (one.name, key),
            )


def _missed(last_ms: int, now_ms: int, waiting: int, language: str) -> str:
    start, end = moment(last_ms, language), moment(now_ms, language)
    said = line("missed", language, start=start, end=end, length=length(now_ms - last_ms, language))
    return f"{said}\n{line('missed_held' if waiting else 'missed_none', language, count=waiting)}"


class _Channel(NamedTuple):
    """An enabled channel, as far as signs of life ask."""

    name: str
    kind: str
    alive_every_min: int
    language: str


def _channels() -> list[_Channel]:
    sql = "SELECT name, kind, alive_every_min, language FROM alerts_channel WHERE enabled = %s ORDER BY name"
    return [_Channel(*row) for row in select(sql, (True,))]
