"""What a session says about itself, retained: its birth, again when other warnings stand, its death."""

from collections.abc import Callable
from typing import Literal

from msgspec.structs import replace

from agent.uplink.link import Link
from wire import topics
from wire.codec import encode
from wire.messages import State

Standing = Callable[[], tuple[str, ...]]
"""Codes of the self-warnings that no record can tell of, because the disk takes none. Asked often: must be cheap."""

ASKED_EVERY_S = 2.0
"""The pump turns many times a second when there is much to do; a warning that comes and goes must not fill the line."""
MOST_WARNINGS = 32
"""What a `State` carries (wire.messages)."""


class Presence:
    """Of one session. `now_s` is boot-time; `report_every_s` how often the centre expects to hear from this node."""

    def __init__(self, line: Link, birth: State, standing: Standing, report_every_s: float) -> None:
        self._line = line
        self._birth = birth
        self._standing = standing
        self._report_every_s = report_every_s
        self._asked_s = self._said_s = 0.0

    @property
    def nonce(self) -> str:
        """What commands to this session are bound to."""
        return self._birth.nonce

    def begin(self, now_s: float) -> None:
        """The birth."""
        self._asked_s = self._said_s = now_s
        self._publish(replace(self._birth, warnings=self._warnings()))

    def keep_true(self, now_s: float) -> None:
        """The same birth once more if other warnings stand by now; while some stand also in place of each report that
        cannot be made, or the centre would take this node for silent."""
        if now_s - self._asked_s < ASKED_EVERY_S:
            return
        self._asked_s = now_s
        warnings = self._warnings()
        due = warnings and now_s - self._said_s >= self._report_every_s
        if warnings != self._birth.warnings or due:
            self._said_s = now_s
            self._publish(replace(self._birth, warnings=warnings))

    def end(self) -> int:
        """The death of an orderly stop; returns the id its Taken event will carry."""
        return self._publish(death(self._birth, "stop"))

    def _warnings(self) -> tuple[str, ...]:
        return self._standing()[:MOST_WARNINGS]

    def _publish(self, state: State) -> int:
        self._birth = state
        return self._line.publish(topics.state(state.node), encode(state), retain=True)


def death(birth: State, reason: Literal["will", "stop"]) -> State:
    """Of the session with this birth. The dead warn of nothing."""
    return replace(birth, status="offline", reason=reason, warnings=())
