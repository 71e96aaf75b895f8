"""How many bytes of line tests each node had in the last 24 hours, in hours of the centre's clock.

A clock that was set back leaves hours in the future: they are taken for the present one, so that nothing is forgotten
and nobody is locked out until the old time comes round again.
"""

from collections.abc import Mapping

HOUR_S = 3600
HOURS = 24

Hours = dict[int, int]


class TransferQuota:
    """Counts and decides; `limit_bytes` per node in any 24 hours (to the hour). `now_s` is Unix time."""

    def __init__(self, limit_bytes: int, saved: Mapping[str, Mapping[int, int]] | None = None) -> None:
        self.limit_bytes = limit_bytes
        self._nodes: dict[str, Hours] = {node: dict(hours) for node, hours in (saved or {}).items()}

    def used_bytes(self, node: str, now_s: float) -> int:
        """Of the last 24 hours."""
        return sum(self._current(node, now_s).values())

    def wait_s(self, node: str, size_bytes: int, now_s: float) -> int | None:
        """Seconds until `size_bytes` more are allowed: 0 when they are now, None when they never will be."""
        if size_bytes > self.limit_bytes:
            return None
        hours = self._current(node, now_s)
        over_bytes = sum(hours.values()) + size_bytes - self.limit_bytes
        wait_s = 0
        for hour in sorted(hours):
            if over_bytes <= 0:
                break
            over_bytes -= hours[hour]
            wait_s = int((hour + HOURS) * HOUR_S - now_s) + 1
        return wait_s

    def spend(self, node: str, size_bytes: int, now_s: float) -> None:
        """Count `size_bytes`; a negative number gives back what was set aside and not used, maybe an hour before."""
        hours = self._current(node, now_s)
        if size_bytes > 0:
            hour = int(now_s) // HOUR_S
            hours[hour] = hours.get(hour, 0) + size_bytes
        for hour in sorted(hours, reverse=True):
            if size_bytes >= 0:
                break
            given_back = min(hours[hour], -size_bytes)
            hours[hour] -= given_back
            size_bytes += given_back

    def saved(self) -> dict[str, Hours]:
        """What a restart must know."""
        return {node: dict(hours) for node, hours in self._nodes.items() if any(hours.values())}

    def _current(self, node: str, now_s: float) -> Hours:
        """The node's hours without the old ones; those in the future become the present one."""
        present = int(now_s) // HOUR_S
        hours: Hours = {}
        for hour, size_bytes in self._nodes.get(node, {}).items():
            if hour > present - HOURS:
                hours[min(hour, present)] = hours.get(min(hour, present), 0) + size_bytes
        self._nodes[node] = hours
        return hours
