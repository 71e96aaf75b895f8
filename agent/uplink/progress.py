"""What `sandi status`, the health report and the agent's warnings learn about the uplink."""

from dataclasses import dataclass

from agent.core.inflight import Window
from agent.uplink.ending import Ending

WEDGED_SHOWN_S = 300.0
"""It mends itself within seconds; somebody should know nevertheless, but it hides what else may be wrong."""


@dataclass(slots=True)
class Progress:
    """Plain facts, written by the session, read by everybody. Times are boot-time seconds; None: never."""

    connected_s: float | None = None
    sessions: int = 0
    last_ack_s: float | None = None
    stalled_since_s: float | None = None
    """Since when something is under way or waiting without any answer of the centre."""
    center: str = "unknown"  # "online" | "offline" | "absent" | "unknown"
    not_authorised: str = ""
    last_error: Ending | None = None
    resent: int = 0
    undecodable: int = 0
    too_large: int = 0
    window: Window | None = None
    published: int = 0
    """Records handed over, each time it was done."""
    gave_way: int = 0
    """Sessions cut so that a complaint need not wait for a picture."""
    round_trip_s: float | None = None
    """The smoothed answer time of the last session: a new one need not wait for the first answer to know it."""

    _wedged_s: float | None = None
    _wedged_words: str = ""

    def wedged(self, now_s: float, words: str) -> None:
        """A session was stuck and is built anew."""
        self._wedged_s, self._wedged_words = now_s, words

    def began(self, now_s: float, window: Window) -> None:
        """A session is up."""
        self.connected_s = now_s
        self.window = window
        self.not_authorised = ""

    def ended(self) -> None:
        """The session is over."""
        if self.window is not None:
            self.resent += self.window.resent
            self.round_trip_s = self.window.smoothed_s
        self.connected_s = None
        self.window = None
        self.stalled_since_s = None

    def acknowledged(self, now_s: float) -> None:
        """The centre has committed something."""
        self.last_ack_s = now_s
        self.stalled_since_s = None
        self.center = "online"

    def as_dict(self, now_s: float) -> dict[str, object]:
        """For JSON."""
        window = self.window
        return {
            "connected": self.connected_s is not None,
            "connected_for_s": _ago(self.connected_s, now_s),
            "acked_age_s": _ago(self.last_ack_s, now_s),
            "stalled_for_s": _ago(self.stalled_since_s, now_s),
            "center": self.center,
            "sessions": self.sessions,
            "in_flight_bytes": window.in_flight_bytes if window else 0,
            "in_flight": len(window.flights) if window else 0,
            "ack_rtt_ms": round(window.smoothed_s * 1000) if window and window.smoothed_s is not None else None,
            "resends": self.resent + (window.resent if window else 0),
            "published": self.published,
            "gave_way": self.gave_way,
            "undecodable": self.undecodable,
            "too_large": self.too_large,
            "last_error": {"code": self.last_error.code, "words": self.last_error.words} if self.last_error else None,
        }

    def conditions(self, now_s: float) -> dict[str, str]:
        """What holds against the uplink now: warning code -> detail (see `agent.core.warnings`)."""
        found: dict[str, str] = {}
        if self.not_authorised:
            found["not_authorised"] = self.not_authorised
        if self.connected_s is None:
            found["uplink_down"] = self.last_error.words if self.last_error else "not connected yet"
        elif self.stalled_since_s is not None:
            found["ack_stalled"] = f"no acknowledgement for {now_s - self.stalled_since_s:.0f} s; centre {self.center}"
        if self._wedged_s is not None and now_s - self._wedged_s < WEDGED_SHOWN_S:
            found["uplink_wedged"] = self._wedged_words
        return found


def _ago(at_s: float | None, now_s: float) -> float | None:
    return None if at_s is None else round(max(0.0, now_s - at_s), 1)
