"""How large a packet passes: sizes tried, and what pings of different sizes prove. Sizes are whole IP packets in bytes.

A large ping that is lost proves nothing on a line that loses packets. So it is held against the small ones of the same
time: only when the loss of the small ones cannot explain that every large one was lost, size is the reason.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

PLATEAUS = (1500, 1492, 1480, 1472, 1450, 1420, 1400, 1380, 1300, 1280, 1200, 1100, 1000, 576)
"""What real links carry: Ethernet, PPPoE (RFC 2516), 6in4 and GRE, VXLAN, WireGuard, IPsec, LTE, IPv6's minimum and
IPv4's smallest a host must take (RFC 791)."""
LARGEST = PLATEAUS[0]
"""More than Ethernet's 1500 is promised by nobody beyond a site's own cables."""
SMALL = 92
"""A small ping: the usual 64 bytes of ICMP, in IPv4."""
IPV6_MINIMUM = 1280
CHANCE = 0.001
"""How unlikely an accident has to be before size is blamed: one run in a thousand."""


def below(size: int, *, ipv6: bool) -> tuple[int, ...]:
    """The plateaus smaller than `size`, largest first."""
    least = IPV6_MINIMUM if ipv6 else 0
    return tuple(one for one in PLATEAUS if least <= one < size)


@dataclass(slots=True)
class Tally:
    """Pings sent and answered, by size."""

    sent: dict[int, int] = field(default_factory=dict)
    answered: dict[int, int] = field(default_factory=dict)

    def add(self, pings: Iterable[tuple[int, bool]]) -> None:
        for size, came in pings:
            self.sent[size] = self.sent.get(size, 0) + 1
            self.answered[size] = self.answered.get(size, 0) + came

    @property
    def largest(self) -> int:
        """The largest size that was answered, 0 when none was."""
        return max((size for size, count in self.answered.items() if count), default=0)

    @property
    def size_matters(self) -> bool:
        """Everything larger than the largest answered was lost, and loss alone does not explain that.

        The loss of the others is taken by the rule of succession, (lost + 1) / (sent + 2), so that few pings prove
        little.
        """
        limit = self.largest
        large = sum(count for size, count in self.sent.items() if size > limit)
        sent = sum(count for size, count in self.sent.items() if size <= limit)
        lost = sent - sum(self.answered.values())
        return bool(limit and large) and ((lost + 1) / (sent + 2)) ** large < CHANCE
