"""How the previous run of the agent ended, judged from what it left behind."""

from typing import Literal

from agent.core.clock import Stamp
from wire.shape import Struct

Verdict = Literal["first", "stopped", "agent_crashed", "box_reset", "power_or_unknown"]

BOX_RESETS = frozenset({"panic", "watchdog", "warm_reset"})
"""Reset reasons that mean the box itself restarted while power stayed."""


class Beat(Struct, frozen=True):
    """The last sign of life: whose, when, and the reason of an orderly stop ("" = none was written)."""

    boot: str
    run: str
    mono_ms: int
    wall_ms: int
    synced: bool
    stop: str = ""
    after: str | None = None
    """The run that had made the newest report in the outbox when this beat's run began; None when nobody looked."""


def latest(beat: Beat | None, record: Stamp | None) -> Beat | None:
    """The later sign of life: the last beat, or the newest health report in the outbox.

    A commit of the outbox proves life as well as a beat does, so the heart skips a beat where one has just happened.
    And it may be all there is: where the heartbeat's sectors fail, an old beat or stop marker stands there for ever
    while runs come and go.
    """
    if record is None or (beat is not None and not _is_later(record, beat)):
        return beat
    return Beat(record.boot, record.run, record.mono_ms, record.wall_ms, record.synced)


def _is_later(record: Stamp, beat: Beat) -> bool:
    """Whether this report was made after this beat.

    Of two runs, clocks are asked where they can be trusted. Where not, the beat's run remembers whose report it found
    at its start: only a report of yet another run was made since.
    """
    if record.run == beat.run:
        return not beat.stop and record.mono_ms > beat.mono_ms
    if record.boot == beat.boot:
        return record.mono_ms > beat.mono_ms
    if record.synced and beat.synced:
        return record.wall_ms > beat.wall_ms
    return beat.after is not None and record.run != beat.after


class Ending(Struct, frozen=True):
    """How the previous run ended; `last` bounds the moment from below."""

    verdict: Verdict
    last: Beat | None


def classify(previous: Beat | None, boot: str, reset_reason: str | None, *, left_something: bool = False) -> Ending:
    """Judge the run before this one. `left_something`: a heartbeat file is there, though it may be unreadable.

    1. nothing there: this box never ran the agent;
    2. a stop marker: it was asked to stop;
    3. the same boot goes on: the agent alone died (crash, kill -9, out of memory);
    4. another boot, and the board says it reset itself: the box;
    5. anything else: power, or nobody knows. Blame needs more evidence than this box has.
    """
    if previous is None:
        return Ending("power_or_unknown" if left_something else "first", None)
    if previous.stop:
        return Ending("stopped", previous)
    if previous.boot == boot:
        return Ending("agent_crashed", previous)
    if reset_reason in BOX_RESETS:
        return Ending("box_reset", previous)
    return Ending("power_or_unknown", previous)
