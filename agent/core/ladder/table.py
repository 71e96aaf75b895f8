"""The evidence as the rungs ask for it: by probe and target, fresh and meaningful only."""

from collections.abc import Iterable

from agent.core.evidence import NO_EVIDENCE, Evidence
from agent.core.observation import Reason, Scalar
from wire.shape import Struct

# Three in a row: on a line that loses 20 % it happens in 1 of 125, and the rounds after it tell.
SEVERAL = 3
# The lower end of the loss's interval from which on nothing was answered at all: 0.91 for 40 of 40.
_MUTE = 0.9


class Limits(Struct, frozen=True):
    """From where on a figure is a fault. Loss 0..1, times in ms, sizes in bytes of whole IP packets.

    `loss_sample`: no colour below n = 20: five probes miss 10 % loss 59 % of the time. `loss`: a wired line of an ISP
    loses well under 1 %; at 2 % TCP's throughput over a national round trip is below 5 Mbit/s (Mathis et al. 1997:
    1460 B / 20 ms * 1.22 / sqrt(0.02)). `latency_ms`: Jakarta to Frankfurt and back is about 170 ms; a centre in the
    same city that takes longer is behind a queue or a detour. `queue_ms`: what a full queue adds before talking
    suffers (ITU-T G.114 allows 150 ms one way in all).
    """

    loss_sample: int = 20
    loss: float = 0.02
    latency_ms: float = 200.0
    queue_ms: float = 150.0


DEFAULT_LIMITS = Limits()


class Table:
    """Fresh, meaningful evidence by probe and target."""

    def __init__(self, items: Iterable[Evidence], limits: Limits) -> None:
        self.limits = limits
        self._by: dict[tuple[str, str], Evidence] = {}
        for item in items:
            if item.fresh and item.seen.reason not in NO_EVIDENCE:
                self._by[item.seen.probe, item.seen.target] = item
        self._of: dict[str, list[Evidence]] = {}
        for (probe, _), item in sorted(self._by.items()):  # once: every rung asks, each second
            self._of.setdefault(probe, []).append(item)

    def one(self, probe: str, target: str) -> Evidence | None:
        return self._by.get((probe, target))

    def all(self, probe: str) -> list[Evidence]:
        """In the order of their targets' names: the order of arrival must not matter."""
        return list(self._of.get(probe, ()))

    def first(self, probe: str) -> Evidence | None:
        found = self.all(probe)
        return found[0] if found else None

    # -- the centre --------------------------------------------------------------------------------------------------

    def center(self) -> list[Evidence]:
        """What was tried at the centre's own address."""
        return [item for item in self.by_name() if item.seen.reason is not Reason.RESOLVE_FAILED]

    def by_name(self) -> list[Evidence]:
        """The same, with what never got so far, because the centre's name has no address here."""
        found = (self.one(probe, "center") for probe in ("icmp", "tcp", "broker"))
        return [item for item in found if item is not None]

    @property
    def way_works(self) -> bool:
        """Something came back from the centre's host: whatever lies on the way carries packets."""
        trace = self.one("trace", "center")
        if trace is not None and trace.seen.detail.get("reached") is True and not self._pinged_down():
            return True
        return any(_came_back(item) for item in self.center())

    def _pinged_down(self) -> bool:
        """The trace is an old one: since then several pings in a row were lost."""
        trace, ping = self.one("trace", "center"), self.one("icmp", "center")
        later = trace is not None and ping is not None and ping.seen.mono_ms > trace.seen.mono_ms
        return later and ping is not None and failing(ping)

    @property
    def center_is_here(self) -> bool:
        """The centre is this very machine."""
        return any(str(address(item) or "").startswith(("127.", "::1")) for item in self.center())

    @property
    def loses(self) -> bool:
        """The line to the centre certainly loses packets."""
        ping = self.one("icmp", "center")
        return ping is not None and loses(ping, self.limits)

    @property
    def leaks(self) -> bool:
        """Some pings to the centre were answered and some not: a single shot says little."""
        ping = self.one("icmp", "center")
        return ping is not None and 0 < ping.seen.lost < ping.seen.sent

    @property
    def beyond_answers(self) -> bool:
        """Something behind the gateway, other than the centre, answers."""
        internet = self.one("internet", "internet")
        return internet is not None and internet.seen.ok


def _came_back(item: Evidence) -> bool:
    """An answer of the host itself, or a connection it made: what fails after that is its service."""
    seen = item.seen
    if seen.ok or seen.reason is Reason.REFUSED or (0 < seen.lost < seen.sent):
        return True
    if seen.detail.get("offender") is not None and seen.detail.get("offender") == address(item):
        return True  # its own firewall forbids
    return seen.probe == "broker" and seen.detail.get("phase") in ("tls", "mqtt")


def works(item: Evidence | None) -> bool:
    return item is not None and item.seen.ok


def failing(item: Evidence) -> bool:
    """Failed, and not by a single shot: known as down, twice in a row, or every one of several attempts lost."""
    seen = item.seen
    all_lost = seen.sent >= SEVERAL and seen.lost == seen.sent
    return not seen.ok and (item.state in ("down", "flapping") or item.failed_runs > 1 or all_lost)


def loses(item: Evidence, limits: Limits) -> bool:
    """Certainly lost packets, and certainly answered some: a host that answers no ping at all loses none."""
    silent = item.seen.sent >= limits.loss_sample and item.seen.lost == item.seen.sent
    return item.sent >= limits.loss_sample and limits.loss < item.loss_low < _MUTE and not silent


def offender(seen_detail: "dict[str, Scalar] | object") -> Scalar:
    """Who sent the error, None when nobody did or this box did itself."""
    detail = seen_detail if isinstance(seen_detail, dict) else {}
    return None if detail.get("offender_is_us") else detail.get("offender")


def address(item: Evidence) -> Scalar:
    return item.seen.detail.get("address")


def number(item: Evidence | None, name: str) -> float | None:
    """A figure of the detail; None when there is none."""
    value = item.seen.detail.get(name) if item is not None else None
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
