"""What `sandi status`, the health report and the agent's warnings learn about the uplink."""

from collections.abc import Collection

from agent.core.inflight import Window
from agent.uplink.ending import SHUT_OUT, UNANSWERED, Ending
from agent.uplink.refusals import Refusals
from wire.shape import Struct, field

MOST_NAMED = 5
"""Records in a warning's detail; the rest is counted."""
WEDGED_SHOWN_S = 300.0
"""It mends itself within seconds; somebody should know nevertheless, but it hides what else may be wrong."""


class Progress(Struct):
    """Plain facts, written by the session, read by everybody. Times are boot-time seconds; None: never."""

    connected_s: float | None = None
    nonce: str = ""
    """Of the birth of the session that is up, or coming up; empty without one."""
    sessions: int = 0
    last_ack_s: float | None = None
    stalled_since_s: float | None = None
    """Since when the centre owes an answer: its last acknowledgement, or when the oldest of what waits was handed over.
    Sending that again changes nothing."""
    center: str = "unknown"  # "online" | "offline" | "absent" | "unknown"
    not_authorised: str = ""
    """The broker's words when it lets this node in no more."""
    denied: set[str] = field(default_factory=set)
    """Streams the broker does not let this node publish."""
    refusals: Refusals = field(default_factory=Refusals)
    last_error: Ending | None = None
    resent: int = 0
    undecodable: int = 0
    too_large: frozenset[tuple[str, int]] = frozenset()
    """Records (stream, number) the broker does not let through. They stay in the outbox."""
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
        self.nonce = ""
        self.window = None
        self.stalled_since_s = None

    def owed(self, oldest_s: float | None) -> None:
        """The centre owes an answer to what was handed over at `oldest_s` and later; None: it owes none."""
        if oldest_s is None:
            self.stalled_since_s = None
        elif self.stalled_since_s is None:
            self.stalled_since_s = oldest_s if self.last_ack_s is None else max(oldest_s, self.last_ack_s)

    def lost(self, why: Ending) -> None:
        """How the last connection, or attempt at one, ended."""
        self.last_error = why
        if why.code == SHUT_OUT:
            self.not_authorised = why.words

    @property
    def refusal(self) -> str:
        """Why the broker let the last attempt at a session not in; empty when it did, or was not reached."""
        return self.last_error.reason if self.last_error is not None and self.connected_s is None else ""

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
            "too_large": len(self.too_large),
            "refusal": self.refusal,
            "last_error": {"code": self.last_error.code, "words": self.last_error.words} if self.last_error else None,
        }

    def conditions(self, now_s: float) -> dict[str, str]:
        """What holds against the uplink now: warning code -> detail (see `agent.core.warnings`)."""
        found: dict[str, str] = {}
        if denied := self._denied():
            found["not_authorised"] = denied
        if self.connected_s is None:
            found["uplink_down"] = self.last_error.words if self.last_error else "not connected yet"
        if stalled := self._stalled(now_s):
            found["ack_stalled"] = stalled
        if refusing := self.refusals.words():
            found["refused_by_center"] = refusing
        if self.too_large:
            found["too_large"] = _named(self.too_large)
        if self._wedged_s is not None and now_s - self._wedged_s < WEDGED_SHOWN_S:
            found["uplink_wedged"] = self._wedged_words
        return found

    def _denied(self) -> str:
        if self.not_authorised or not self.denied:
            return self.not_authorised
        return f"the broker does not let this node publish {', '.join(sorted(self.denied))}"

    def _stalled(self, now_s: float) -> str:
        if self.stalled_since_s is not None:
            return f"no acknowledgement for {now_s - self.stalled_since_s:.0f} s; centre {self.center}"
        between = self.connected_s is None and self.last_error is not None and self.last_error.code == UNANSWERED
        return self.last_error.words if between and self.last_error else ""


def _named(records: Collection[tuple[str, int]]) -> str:
    some = [f"{stream} {seq}" for stream, seq in sorted(records)[:MOST_NAMED]]
    rest = len(records) - len(some)
    return ", ".join(some) + (f" and {rest} more" if rest else "")


def _ago(at_s: float | None, now_s: float) -> float | None:
    return None if at_s is None else round(max(0.0, now_s - at_s), 1)
