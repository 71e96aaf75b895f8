"""A configuration on trial: when it stays, when it is taken back. Who counts its starts is `agent.config_guard`.

1. It is taken back as soon as something became wrong that was well before and that a configuration can do: the disk
   runs full or it takes most of the room there was, a part fails or stands still. This comes first: an acknowledgement
   says nothing about a full disk.
2. It is taken back when its time is over.
3. It stays when the centre has acknowledged the very event that told of the trial, and it was watched for a while: what
   fills a disk needs its time. A trial of half a minute is watched for half of it.
4. Until then it waits.
"""

from collections.abc import Collection
from typing import Final

from wire.shape import Struct

OF_A_CONFIGURATION: Final = {
    "disk_reserve": "disk",
    "outbox_readonly": "disk",
    "giving_up": "disk",
    "plugin_stuck": "part",
    "plugin_failing": "part",
}
"""Self-warnings that take a configuration back when they appear while it is on trial -> code of the reversal."""
WATCHED_MS: Final = 45_000
"""The outbox looks after its reserve every 30 s, and the self-check comes every 10 s."""
Fate = str
"""Of the trial's event, as `Outbox.fates` says it: waits | done | lost."""


class Trial(Struct, frozen=True):
    """What a trial needs for its judgement. Times are boot-time of this boot; `before`: warnings that stood already."""

    began_ms: int
    deadline_ms: int
    within_ms: int
    before: tuple[str, ...] = ()
    free_before_mb: int = 0

    @property
    def watched_until_ms(self) -> int:
        return self.began_ms + min(WATCHED_MS, self.within_ms // 2)


class Room(Struct, frozen=True):
    """On the disk of the data."""

    free_mb: int
    total_mb: int


class Judgement(Struct, frozen=True):
    """`what`: wait | stays | back. `code` and `detail` say why it goes back."""

    what: str
    code: str = ""
    detail: str = ""


WAIT: Final = Judgement("wait")
STAYS: Final = Judgement("stays")


def eats_the_disk(before_mb: int, now: Room) -> bool:
    """Whether more than half of the room there was is gone since: a reserve beyond all measure, a spool.

    The outbox's reserve takes half of the disk at most, so a full disk is not what shows first.
    """
    return 2 * now.free_mb < before_mb


def judge(trial: Trial, now_ms: int, fate: Fate, warnings: Collection[str], room: Room | None = None) -> Judgement:
    """What becomes of the trial now."""
    for warning, code in OF_A_CONFIGURATION.items():
        if warning in warnings and warning not in trial.before:
            return Judgement("back", code, warning)
    if room is not None and eats_the_disk(trial.free_before_mb, room):
        told = f"{room.free_mb} MB of {room.total_mb} free, {trial.free_before_mb} before"
        return Judgement("back", "disk", told)
    if fate == "done" and now_ms >= trial.watched_until_ms:
        return STAYS
    if now_ms >= trial.deadline_ms:
        return Judgement("back", "unconfirmed", f"no answer of the centre within {trial.within_ms // 1000} s")
    return WAIT
