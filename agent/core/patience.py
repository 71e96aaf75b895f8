"""Pictures and sealed blobs on a slow line: when one gives way to a complaint, and when it is tried again.

MQTT cannot put a complaint in front of a packet that is half sent: only a new connection can. So a parcel whose rest
would take longer than `PATIENCE_S` is cut off with its session, and begins again later:
1. after the n-th cut it rests 15 s x 2^(n-1), at most two minutes; the same when the line itself cut it;
2. a picture always gives way: when it never gets through, the outbox's bounds end it with a ledger entry;
3. a citizen's photo gives way until it was cut `MOST_CUTS` times over at least `STARVING_S`; then it may finish, so
   that no stream of complaints keeps it back for ever.
"""

from wire.shape import Struct, field

PATIENCE_S = 4.0
"""With a second or two of small records in front and the time to connect again this stays below ten."""
WORTH_BYTES = 16 * 1024
"""Connecting again costs about 6 kB each way: for less than this a cut gains nothing."""
REST_S = 15.0
MOST_REST_S = 120.0
MOST_CUTS = 5
STARVING_S = 3600.0
MOST_NOTED = 100

Parcel = tuple[str, int]
"""(stream, sequence)."""


class _Cuts(Struct):
    count: int
    first_s: float
    last_s: float


class Patience(Struct):
    """What is remembered about parcels that were cut off; `now_s` is boot-time in seconds."""

    _cuts: dict[Parcel, _Cuts] = field(default_factory=dict)

    def gives_way(self, parcel: Parcel, rest_bytes: int, rest_s: float, now_s: float) -> bool:
        """Whether a parcel that still needs `rest_s` is to be cut off for a complaint."""
        if rest_s <= PATIENCE_S or rest_bytes < WORTH_BYTES:
            return False
        cuts = self._cuts.get(parcel)
        if parcel[0] == "snapshot" or cuts is None:
            return True
        return cuts.count < MOST_CUTS or now_s - cuts.first_s < STARVING_S

    def cut(self, parcel: Parcel, now_s: float) -> None:
        """It was under way when its session ended."""
        known = self._cuts.pop(parcel, None) or _Cuts(0, now_s, now_s)
        self._cuts[parcel] = _Cuts(known.count + 1, known.first_s, now_s)
        while len(self._cuts) > MOST_NOTED:
            del self._cuts[next(iter(self._cuts))]

    def arrived(self, parcel: Parcel) -> None:
        """It has got through."""
        self._cuts.pop(parcel, None)

    def rests_s(self, stream: str, now_s: float) -> float:
        """How long no parcel of this stream starts, because the one that was cut last rests."""
        rests = [
            cuts.last_s + min(MOST_REST_S, REST_S * 2.0 ** min(cuts.count - 1, 10)) - now_s
            for (name, _), cuts in self._cuts.items()
            if name == stream
        ]
        return max(0.0, max(rests, default=0.0))
