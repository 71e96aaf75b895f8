"""Who may connect how often: a bounded table of addresses. Pure: the caller brings the time in seconds.

An address is an IPv4 address or the /64 of an IPv6 address (one line at a house has a whole /64). Of each: how many
connections are open, and how many began in its present minute. The table holds at most `most` of them; when it is full
of busy ones, all further addresses are one, which is allowed no more than any other: memory stays bounded, and whoever
fills the table makes it narrow for newcomers alone.
"""

import ipaddress
from dataclasses import dataclass, field
from typing import Final

WINDOW_S: Final = 60.0
OTHERS: Final = "*"


def group(address: str) -> str:
    """The name an address is counted under: itself, or its /64; an IPv4 address in IPv6 clothes is IPv4."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return OTHERS
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((int(found) >> 64 << 64, 64)))
    return str(found)


@dataclass(slots=True)
class _Seen:
    since_s: float
    count: int = 0
    open: int = 0


@dataclass(slots=True)
class Crowd:
    """`enter` each connection and `leave` with what that returned."""

    total: int
    per_address: int
    per_minute: int
    most: int = 4096
    open: int = 0
    _seen: dict[str, _Seen] = field(default_factory=dict)
    _swept_s: float = float("-inf")

    def enter(self, address: str, now_s: float) -> tuple[str, int | None]:
        """The name the connection is counted under, and what to do with it: None to cut it (nothing is counted), else
        in how many seconds it may ask: 0 for now."""
        name = self._name(group(address), now_s)
        seen = self._seen.setdefault(name, _Seen(now_s))
        if now_s - seen.since_s >= WINDOW_S:
            seen.since_s, seen.count = now_s, 0
        seen.count += 1
        if self.open >= self.total or seen.open >= self.per_address or seen.count > 2 * self.per_minute:
            return name, None
        self.open += 1
        seen.open += 1
        wait_s = max(1, int(seen.since_s + WINDOW_S - now_s) + 1)
        return name, wait_s if seen.count > self.per_minute else 0

    def leave(self, name: str) -> None:
        """A connection that was let in is over."""
        self.open -= 1
        if (seen := self._seen.get(name)) is not None:
            seen.open -= 1

    def __len__(self) -> int:
        return len(self._seen)

    def _name(self, name: str, now_s: float) -> str:
        if name in self._seen or len(self._seen) < self.most:
            return name
        if now_s - self._swept_s >= 1.0:  # looking at all of them costs a millisecond
            self._swept_s = now_s
            over = [key for key, seen in self._seen.items() if not seen.open and now_s - seen.since_s >= WINDOW_S]
            for key in over:
                del self._seen[key]
        return name if len(self._seen) < self.most else OTHERS
