"""What is under way to the centre: a window counted in bytes, and when to send again.

A flight is one published payload; it ends when the centre says that it *committed* the records, not when the broker
took the payload. The rules:
1. `room`: flights together stay below `limit_bytes`; one flight always fits. Complaints have a window of their own, and
   places among the flights that nobody else takes. A picture or sealed blob (a "parcel") has a place beside the window,
   one at a time, and starts only when the broker has taken everything else (`clear`): what was handed over goes first
   in, first out, and a complaint must not find a queue of both in front of it.
2. The answer's round trip is smoothed (RFC 6298: 7/8 old + 1/8 new) over flights that were sent once (Karn). The
   time-out is four round trips, at least `MIN_TIMEOUT_S`, doubling when one sent under it runs into it, at most
   `MAX_TIMEOUT_S`. Flights of one window that run into it one after the other double it once, and none of them waits
   for the doubled one: a centre that was away for a moment would else be left alone for minutes.
3. The time-out counts from the broker's acknowledgement: before that TCP is still carrying the payload, and to send
   it again over the same connection could only make the queue longer. A dead connection is for keep-alive to find.
4. After a time-out the window is one flight (the centre is slow or gone: no flood when it returns); each answer doubles
   it again. A session begins with `start_bytes` in the same way: how fast the line is, it has yet to learn.
"""

import math
from collections.abc import Iterable

from wire.shape import Struct, field

FIRST_TIMEOUT_S = 10.0
"""Before any answer was seen: an ingest that restarts takes a few seconds to subscribe again."""
MIN_TIMEOUT_S = 2.0
MAX_TIMEOUT_S = 120.0
TIMEOUT_ROUND_TRIPS = 4.0
URGENT = "complaint"
URGENT_FLIGHTS = 4
"""Kept free of the flights a broker allows, when it allows so many."""


class Flight(Struct):
    """One payload under way. `seqs` are the records in it that the centre has not answered yet."""

    stream: str
    seqs: tuple[int, ...]
    size_bytes: int
    digest: str
    sent_s: float
    parcel: bool = False
    attempts: int = 1
    taken_s: float | None = None
    """When the broker acknowledged it."""
    timeouts: int = 0
    """How many time-outs in a row there had been by then."""
    unheard: bool = False
    """The broker said that nobody was listening: it cannot have arrived."""


class Window(Struct):
    """All flights of one session; `now` is any monotonic clock in seconds."""

    limit_bytes: int
    limit_flights: int = 20
    flights: list[Flight] = field(default_factory=list)
    smoothed_s: float | None = None
    timeouts: int = 0
    resent: int = 0
    start_bytes: int | None = None
    _allowed_bytes: int | None = None

    def __post_init__(self) -> None:
        self._allowed_bytes = self.start_bytes

    @property
    def in_flight_bytes(self) -> int:
        """Bytes published and not yet answered by the centre."""
        return sum(flight.size_bytes for flight in self.flights)

    @property
    def timeout_s(self) -> float:
        """How long after the broker took it a flight sent now is given up and sent again."""
        return self._timeout_s(self.timeouts)

    def room(self, *, parcel: bool = False, urgent: bool = False) -> bool:
        """Whether another flight may start now."""
        kept_free = 0 if urgent or self.limit_flights <= 2 * URGENT_FLIGHTS else URGENT_FLIGHTS
        if len(self.flights) >= self.limit_flights - kept_free:
            return False
        if parcel:
            return not any(flight.parcel for flight in self.flights)
        small = [f.size_bytes for f in self.flights if not f.parcel and (f.stream == URGENT) >= urgent]
        allowed = self.limit_bytes if self._allowed_bytes is None else min(self.limit_bytes, self._allowed_bytes)
        return not small or sum(small) < allowed

    @property
    def clear(self) -> bool:
        """Whether the broker has taken everything: nothing queues on the line."""
        return all(flight.taken_s is not None for flight in self.flights)

    @property
    def parcel(self) -> Flight | None:
        """The picture or blob that is being carried, not yet taken by the broker."""
        return next((flight for flight in self.flights if flight.parcel and flight.taken_s is None), None)

    @property
    def owed_since_s(self) -> float | None:
        """When the oldest flight was handed over of which an answer may be expected; None when there is none.

        Not yet expected: what is sent for the first time and is, or waits behind, a parcel that the line still carries.
        """
        carrying = self.parcel is not None
        owed = [f.sent_s for f in self.flights if not carrying or f.taken_s is not None or f.attempts > 1]
        return min(owed, default=None)

    def behind_bytes(self, first: Flight) -> int:
        """What was handed over after `first` and waits behind it."""
        return sum(f.size_bytes for f in self.flights[self.flights.index(first) + 1 :] if f.taken_s is None)

    def waiting(self, *streams: str) -> bool:
        """Whether something of these streams is under way."""
        return any(flight.stream in streams for flight in self.flights)

    def add(self, flight: Flight) -> None:
        """A payload was handed to the connection."""
        self.flights.append(flight)

    def taken(self, flight: Flight, now_s: float) -> None:
        """The broker has acknowledged the flight; from now on the centre owes the answer."""
        flight.taken_s = now_s
        flight.timeouts = self.timeouts

    def drop(self, flight: Flight) -> None:
        """The broker has refused it for good: the centre will never hear of it."""
        self.flights = [other for other in self.flights if other is not flight]

    def answered(self, stream: str, pairs: Iterable[tuple[int, int]], now_s: float) -> bool:
        """The centre has committed these records; True when that ended or shortened a flight."""
        ranges = tuple(pairs)
        progress = False
        for flight in [flight for flight in self.flights if flight.stream == stream]:
            left = tuple(seq for seq in flight.seqs if not any(a <= seq <= b for a, b in ranges))
            if len(left) == len(flight.seqs):
                continue
            progress = True
            flight.seqs = left
            if not left:
                self.flights.remove(flight)
            if flight.attempts == 1:
                self._measure(now_s - flight.sent_s)
        if progress:
            self._widen()
        return progress

    def refused(self, digest: str) -> Flight | None:
        """The centre could not read a payload: take its flight out, for the caller to halve."""
        for flight in self.flights:
            if flight.digest == digest:
                self.flights.remove(flight)
                return flight
        return None

    def overdue(self, now_s: float) -> list[Flight]:
        """Flights to send again now; they are taken out, and the window shrinks to one."""
        late = [f for f in self.flights if self._is_late(f, now_s)]
        if late:
            self.flights = [flight for flight in self.flights if flight not in late]
            self.timeouts += any(flight.timeouts >= self.timeouts for flight in late)
            self.resent += len(late)
            self._allowed_bytes = 1
        return late

    def next_deadline_s(self) -> float | None:
        """When `overdue` may have something next."""
        return min((due_s for flight in self.flights if (due_s := self._due_s(flight)) is not None), default=None)

    def hurry(self) -> None:
        """The centre says that it is back: do not wait out the doubled time-out, nor any for what nobody heard."""
        self.timeouts = 0
        for flight in self.flights:
            if flight.unheard:
                flight.taken_s = -math.inf

    def _is_late(self, flight: Flight, now_s: float) -> bool:
        due_s = self._due_s(flight)
        return due_s is not None and now_s >= due_s

    def _due_s(self, flight: Flight) -> float | None:
        return None if flight.taken_s is None else flight.taken_s + self._timeout_s(min(flight.timeouts, self.timeouts))

    def _timeout_s(self, timeouts: int) -> float:
        base = FIRST_TIMEOUT_S if self.smoothed_s is None else self.smoothed_s * TIMEOUT_ROUND_TRIPS
        return min(MAX_TIMEOUT_S, max(MIN_TIMEOUT_S, base) * 2.0 ** min(timeouts, 10))

    def _measure(self, round_trip_s: float) -> None:
        old = self.smoothed_s
        self.smoothed_s = round_trip_s if old is None else old * 7 / 8 + round_trip_s / 8

    def _widen(self) -> None:
        self.timeouts = 0
        if self._allowed_bytes is not None:
            wider = max(self._allowed_bytes * 2, 8192)
            self._allowed_bytes = None if wider >= self.limit_bytes else wider


def halves(seqs: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
    """A refused payload's records in two parts; one record alone gives nothing: it is the bad one."""
    middle = len(seqs) // 2
    return (seqs[:middle], seqs[middle:]) if middle else ()
