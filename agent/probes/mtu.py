"""How large a packet passes on the way to the centre, and does anybody say so when one does not?

1. Pings of the interface's own size, never taken apart (`mtusearch`): on a healthy line one round trip.
2. A router says *too big*: `mtu_reduced`, with the size and who said it. Sizes from `normal_mtu` on are no fault.
3. Large ones vanish in silence: the size is searched, and TCP is asked beside it (`mtutcp`), since some hosts merely
   drop large pings. Only what TCP proves to pass both ways acquits; else it is `mtu_black_hole`.
4. No ping is answered at all: TCP alone decides, `by` = tcp. When it cannot either, nothing is known: `no_reply`.
"""

from agent.configuration.settings import Settings, field
from agent.core.observation import Observation
from agent.probes.context import Context, Target
from agent.probes.errors import ProbeError

NORMAL_MTU = 1492
"""PPPoE takes 8 bytes of Ethernet's 1500 (RFC 2516), and most lines of Indonesian ISPs are PPPoE."""
_MAX_SEARCH_S = 4.0
"""Beyond the first volley: plateaus and TCP run side by side, and each ends by itself well before."""


class MtuConfig(Settings, frozen=True):
    """`timeout_s`: how long a ping is waited for. A healthy run is six pings, 5 kB: 0.7 MB a day."""

    interval_s: float = field(default=600.0, metadata={"help": "seconds between runs"})
    timeout_s: float = field(default=0.8, metadata={"help": "how long a ping is waited for", "max": 10})
    normal_mtu: int = field(
        default=NORMAL_MTU, metadata={"help": "packets of this size must pass", "min": 576, "max": 9000}
    )

    def __post_init__(self) -> None:
        if not 0 < self.timeout_s <= 10:
            raise ValueError("timeout_s must be above 0 and at most 10 seconds")
        if not 576 <= self.normal_mtu <= 9000:
            raise ValueError("normal_mtu must be 576 to 9000 bytes")
        if self.interval_s < self.deadline_s:
            raise ValueError(f"interval_s must be at least {self.deadline_s:g}: one run can take that long")

    @property
    def deadline_s(self) -> float:
        return 4 * self.timeout_s + _MAX_SEARCH_S


async def probe(target: Target, context: Context) -> Observation:
    """Measure once."""
    from agent.probes.mturun import Run  # a run in ten minutes

    config = target.settings(MtuConfig)
    began_ms = context.clock.mono_ms()
    port = target.port or (context.center.port if context.center is not None else 0)
    try:
        address = await context.resolver.address(target.host, config.timeout_s)
        reason, detail = await Run(address, port, config.timeout_s, config.normal_mtu, context.root).run()
    except ProbeError as error:
        return Observation("mtu", target.name, began_ms, False, error.reason, detail=error.detail)
    return Observation("mtu", target.name, began_ms, not reason, reason, detail={"address": address, **detail})
