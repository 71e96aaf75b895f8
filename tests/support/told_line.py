"""A line as a test tells it, in place of the probes; and an outbox that keeps what was filed."""

from collections.abc import Iterable
from typing import Any

import msgspec

from agent.core.clock import Stamp
from agent.core.evidence import Evidence
from agent.core.observation import Observation, Reason
from agent.core.past import Past
from agent.outbox import OutboxError

GATEWAY, CENTER = "10.9.0.1", "10.9.1.2"


class ToldLine:
    """`is_up` and `is_cut` say what all probes find from a moment on; a ping counts as sent with each."""

    def __init__(self) -> None:
        self._items: tuple[Evidence, ...] = ()
        self.pings, self.cable = Past(), Past()
        self.learnt: list[Evidence] = []
        self.forgotten: list[bool] = []

    def is_up(self, now_ms: int) -> None:
        self._hold(now_ms, carrier=True, answers=True)

    def is_cut(self, now_ms: int) -> None:
        """The cable is out."""
        self._hold(now_ms, carrier=False, answers=False)

    def is_silent(self, now_ms: int) -> None:
        """The gateway answers, and nothing behind it."""
        self._hold(now_ms, carrier=True, answers=False)

    def evidence(self, now_ms: int) -> tuple[Evidence, ...]:
        return self._items

    def past(self, target: str, *probes: str) -> tuple[Past, ...]:
        if (target, "icmp" in probes) == ("center", True):
            return (self.pings,)
        return (self.cable,) if target == "local" else ()

    def learn(self, found: Iterable[Evidence]) -> None:
        self.learnt += found

    def forget(self, *, only_faults: bool) -> None:
        self.forgotten.append(only_faults)

    def _hold(self, now_ms: int, *, carrier: bool, answers: bool) -> None:
        link = Observation("link", "local", now_ms, carrier, Reason.NONE if carrier else Reason.NO_CARRIER)
        inside = [link, *(Observation(probe, "local", now_ms, True) for probe in ("address", "route"))]
        center, gateway = ping("center", CENTER, now_ms, answers), ping("gateway", GATEWAY, now_ms, carrier)
        self.pings.add(center)
        self.cable.add(link)
        runs = 0 if answers else 3
        self._items = (
            *(Evidence(seen, "up" if seen.ok else "down") for seen in inside),
            Evidence(center, "up", runs, 40, 0.0),
            Evidence(gateway, "up", 0 if carrier else 3, 40, 0.0),
        )


class Outbox:
    """What was filed, as (kind, body); refuses when told to."""

    def __init__(self) -> None:
        self.filed: list[tuple[str, dict[str, Any]]] = []
        self.refusal: OutboxError | None = None

    async def append(self, stream: str, kind: str, body: bytes, stamp: Stamp) -> int:
        if self.refusal is not None:
            raise self.refusal
        self.filed.append((kind, msgspec.json.decode(body)))
        return len(self.filed)

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [body for name, body in self.filed if name == kind]


def ping(name: str, address: str, now_ms: int, ok: bool) -> Observation:
    """One ping's worth of a round."""
    reason = Reason.NONE if ok else Reason.NO_REPLY
    rtts_ms = (12.5 if ok else None,)
    return Observation("icmp", name, now_ms, ok, reason, rtts_ms, detail={"address": address})
