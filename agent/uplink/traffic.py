"""What one session leaves to the next: the line's rate, how much it carries before it is cut, parcels cut off, the
meter."""

from agent.core.inflight import URGENT, Window
from agent.core.linerate import LineRate, SessionYield
from agent.core.patience import Patience
from agent.uplink.config import UplinkConfig
from agent.uplink.ending import Ending, SessionEndedError
from agent.uplink.feeder import Feeder
from agent.uplink.lanes import Gate, OpenGate
from agent.uplink.link import Link
from agent.uplink.meter import Meter

START_BYTES = 16 * 1024
"""A window for a line nobody knows yet: one second at 128 kbit/s. Each answer doubles it."""
LINE_ENDINGS = ("network", "silent")
WATCHED_EVERY_S = 0.5


class Traffic:
    """Belongs to the uplink; every session reports to it. `now_s` is boot-time in seconds."""

    def __init__(self, config: UplinkConfig, meter: Meter | None) -> None:
        self.rate = LineRate()
        self.patience = Patience()
        self.meter = meter
        self._config = config
        self._carries = SessionYield()

    @property
    def gate(self) -> Gate:
        """Who may use the line."""
        return OpenGate() if self.meter is None else self.meter

    def start_bytes(self) -> int:
        """Of a new session's window."""
        return self.window_bytes() if self.rate.bytes_s is not None else min(START_BYTES, self.window_bytes())

    def window_bytes(self) -> int:
        """How much of small records may be unanswered."""
        return self._carries.window_bytes(self.rate.window_bytes(self._config.window_bytes))

    def batch_bytes(self) -> int:
        """Largest batch before compression."""
        return self._carries.batch_bytes(self.rate.batch_bytes(self._config.batch_bytes))

    def began(self) -> None:
        """Another connection."""
        self.rate.restart()
        if self.meter is not None:
            self.meter.begin()

    def observe(self, line: Link, window: Window, feeder: Feeder, now_s: float) -> None:
        """Look at the line and suit window and batches to it."""
        facts = line.tcp()
        self.rate.observe(now_s, facts.acked, facts.queued + line.unsent_bytes())
        window.limit_bytes = self.window_bytes()
        feeder.limit_batches(self.batch_bytes())
        if self.meter is not None:
            self.meter.count(line)

    def give_way(self, line: Link, window: Window, now_s: float) -> None:
        """A complaint waits: end the session when a parcel would keep it back for too long."""
        parcel = window.parcel
        if parcel is None:
            return
        rest = line.tcp().queued + line.unsent_bytes() - window.behind_bytes(parcel)
        if self.patience.gives_way((parcel.stream, parcel.seqs[0]), rest, self.rate.seconds(rest), now_s):
            line.cut(
                Ending("gave_way", f"a {parcel.stream} of which {rest} bytes were missing gave way to a complaint")
            )
            raise SessionEndedError(Ending("gave_way", f"a {parcel.stream} gave way to a complaint", at_once=True))

    def urgent_within_s(self, window: Window) -> float | None:
        """When to look again while a complaint waits behind a parcel."""
        return WATCHED_EVERY_S if window.parcel is not None and window.waiting(URGENT) else None

    def ended(self, line: Link, window: Window | None, lasted_s: float, why: Ending, now_s: float) -> None:
        """The session is over; without a window it never came up."""
        if window is not None and (parcel := window.parcel) is not None:
            self.patience.cut((parcel.stream, parcel.seqs[0]), now_s)
        self._carries.ended(line.tcp().acked, lasted_s, by_line=why.code in LINE_ENDINGS)
        if self.meter is not None:
            self.meter.count(line)
