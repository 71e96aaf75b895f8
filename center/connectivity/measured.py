"""What a health report says of round trips, per target: read by charts and rollups alike."""

import msgspec

from center.core.series import Window

# What these probes find is a state, not a round trip: they have no place in a chart of milliseconds. Nor has a public
# site: that it fails is no loss on this node's line.
STATE_PROBES = frozenset({"link", "address", "route", "site"})


class _Probe(msgspec.Struct):
    probe: str
    target: str
    sent: int
    lost: int
    suspect: int = 0
    p50_ms: float | None = None
    p95_ms: float | None = None
    hist: tuple[tuple[int, int], ...] = ()


class _Body(msgspec.Struct):
    """What a chart needs of a report; to read no more than that makes a week of them a matter of a second."""

    probes: tuple[_Probe, ...] = ()


_BODY = msgspec.json.Decoder(_Body)


def measured_targets(text: str) -> dict[str, Window]:
    """Per target of a report's JSON, "probe target" -> what was measured there; nothing for what is no report."""
    try:
        probes = _BODY.decode(text).probes
    except msgspec.MsgspecError:
        return {}
    return {
        f"{one.probe} {one.target}": Window(
            one.sent, min(one.lost, one.sent), one.p50_ms, one.p95_ms, min(one.suspect, one.sent), one.hist
        )
        for one in probes
        if one.probe not in STATE_PROBES and one.sent
    }
