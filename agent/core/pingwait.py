"""How long the last answers of a run of pings are waited for, once all are sent.

A run ends when every ping has its answer or somebody's word, or its time is over. It ends before that when nothing more
is to be learnt; each ping without an answer has then waited three of the slowest round trips and `LEAST_MS`:
1. All of them were overtaken by three answers: TCP calls such a packet lost (RFC 5681). A line that stands still
   at the end is waited for, since there nothing overtakes.
2. More than half are missing and other probes prove the way (`proven`): this host mutes pings or rations them, and
   goes on doing so.
"""

from collections.abc import Sequence
from typing import Final

from wire.shape import Struct

LEAST_MS: Final = 250.0
"""A busy box reads its answers late: with four busy processes on two cores by up to 225 ms (measured)."""
SLOWEST: Final = 3.0
OVERTAKEN_BY: Final = 3


class Sent(Struct, frozen=True):
    """One ping: when it left, its round trip, or whether somebody said that it will not come back."""

    sent_ms: float
    rtt_ms: float | None = None
    refused: bool = False


def over(pings: Sequence[Sent], now_ms: float, *, proven: bool) -> bool:
    """Whether nothing more is to be learnt; `pings` in the order of their sending."""
    open_at = [place for place, ping in enumerate(pings) if ping.rtt_ms is None and not ping.refused]
    if not open_at:
        return True
    slowest_ms = max((ping.rtt_ms or 0.0 for ping in pings), default=0.0)
    if now_ms - pings[open_at[-1]].sent_ms < max(LEAST_MS, SLOWEST * slowest_ms):
        return False
    answers_after = sum(ping.rtt_ms is not None for ping in pings[open_at[-1] :])
    return answers_after >= OVERTAKEN_BY or (proven and 2 * len(open_at) > len(pings))
