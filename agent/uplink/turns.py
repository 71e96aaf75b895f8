"""Whose turn it is: what may start now, given what is under way, what the line costs and what was cut off before."""

from agent.core.inflight import URGENT, Window
from agent.core.pacing import Pacing
from agent.core.patience import Patience
from agent.outbox.held import FILE_STREAMS
from agent.uplink.lanes import BACKLOG, Gate, Lane
from wire.attachment import MAX_ATTACHMENT_BYTES
from wire.snapshot import MAX_SNAPSHOT_BYTES

PARCEL_BYTES = {"snapshot": MAX_SNAPSHOT_BYTES, "attachment": MAX_ATTACHMENT_BYTES}
"""Reckoned with before a parcel is read: half a megabyte is not read from the card only to be put back."""


class Turns:
    """The rules between the lanes of one session."""

    def __init__(self, lanes: dict[str, Lane], pacing: Pacing, gate: Gate, patience: Patience) -> None:
        self._lanes = lanes
        self._pacing = pacing
        self._gate = gate
        self._patience = patience

    def may_start(self, stream: str, part: str, window: Window, now_s: float, batch_bytes: int) -> bool:
        """Whether a payload of this kind may be handed over now."""
        if self._lanes[stream].held_until_s > now_s:
            return False
        if stream in FILE_STREAMS:
            return self._parcel_may_start(stream, window, now_s)
        if not window.room(urgent=stream == URGENT):
            return False
        if part == BACKLOG:
            return window.parcel is None and not self._photo_waits(now_s) and self._affordable(batch_bytes)
        return stream != "health" or self._gate.health_in_s(now_s) <= 0

    def repeats(self, now_s: float) -> bool:
        """Whether something is to be sent again and may be. What rests, or costs too much today, nobody owes us."""
        return any(
            lane.again and lane.held_until_s <= now_s and self._may_repeat(s, now_s) for s, lane in self._lanes.items()
        )

    def wait_s(self, now_s: float) -> float | None:
        """Seconds until pacing, a rest or thinning lets something more through; None when none holds anything back."""
        waits = [lane.held_until_s - now_s for lane in self._lanes.values() if lane.held_until_s > now_s]
        if any(lane.backlog is not None and lane.backlog.more for lane in self._lanes.values()):
            waits.append(self._pacing.wait_s(now_s))
        parcels = [stream for stream in FILE_STREAMS if self._lanes[stream].has_more(now_s)]
        waits += [self._patience.rests_s(stream, now_s) for stream in parcels]
        if self._lanes["health"].live.more:
            waits.append(self._gate.health_in_s(now_s))
        return min((wait for wait in waits if wait > 0), default=None)

    def _may_repeat(self, stream: str, now_s: float) -> bool:
        if stream in FILE_STREAMS:
            return self._parcel_is_due(stream, now_s)
        return stream != "health" or self._affordable(0)

    def _parcel_may_start(self, stream: str, window: Window, now_s: float) -> bool:
        if not (window.room(parcel=True) and window.clear and self._parcel_is_due(stream, now_s)):
            return False
        if stream == "attachment":
            return True
        first = (URGENT, "event")
        if window.waiting(*first, "attachment") or any(self._lanes[other].has_more(now_s) for other in first):
            return False
        return not self._photo_waits(now_s) and not self._reports_wait(now_s)

    def _parcel_is_due(self, stream: str, now_s: float) -> bool:
        return self._patience.rests_s(stream, now_s) <= 0 and self._gate.allows(stream, PARCEL_BYTES[stream])

    def _photo_waits(self, now_s: float) -> bool:
        """A citizen's photo would start if the line were clear: old reports and pictures stand back."""
        return self._lanes["attachment"].has_more(now_s) and self._parcel_is_due("attachment", now_s)

    def _reports_wait(self, now_s: float) -> bool:
        """Old reports would go on at once: a thousand of them weigh less than a picture."""
        backlog = self._lanes["health"].backlog
        return backlog is not None and backlog.more and self._pacing.ready(now_s) and self._affordable(0)

    def _affordable(self, size_bytes: int) -> bool:
        return self._gate.allows(BACKLOG, size_bytes)
