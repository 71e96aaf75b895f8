"""Round trips as one line of characters, for a terminal that may know nothing but ASCII. Pure.

The scale runs from half the median to four times it, on a logarithmic measure: an ordinary line lies low and even, and
a doubled round trip is seen however long the way is. A lost ping is a sign of its own.
"""

import math
from collections.abc import Sequence
from statistics import median
from typing import Final

BLOCKS: Final = "▁▂▃▄▅▆▇█"
SIGNS: Final = "_.-~=+*#"
LOST_BLOCK: Final = "×"
LOST_SIGN: Final = "x"
_SPAN: Final = 8.0  # from the lowest character to the highest: 0.5 to 4 times the median


def sparkline(rtts_ms: Sequence[float | None], width: int, *, ascii_only: bool = False) -> str:
    """The newest `width` round trips, oldest first; None = lost. Never longer than `width`."""
    shown = list(rtts_ms)[-width:] if width > 0 else []
    levels, lost = (SIGNS, LOST_SIGN) if ascii_only else (BLOCKS, LOST_BLOCK)
    answered = [rtt_ms for rtt_ms in shown if rtt_ms is not None]
    lowest_ms = max(median(answered) / 2, 0.01) if answered else 1.0
    return "".join(lost if rtt_ms is None else levels[_level(rtt_ms, lowest_ms)] for rtt_ms in shown)


def _level(rtt_ms: float, lowest_ms: float) -> int:
    share = math.log(max(rtt_ms, lowest_ms) / lowest_ms) / math.log(_SPAN)
    return min(len(BLOCKS) - 1, int(share * len(BLOCKS)))
