"""What a node of the wall's city told, as rows: verdicts, outages, paths, and gaps of its ledger."""

import json
from collections.abc import Sequence
from typing import Any

from tests.support.wall_city import now_ms


def add_gap(node: str, first: int, last: int, reason: str, seq: int = 1, count: int = 5) -> None:
    """An entry of the node's ledger about its reports."""
    from center.connectivity.models import GapLedger

    lane = {"node": node, "epoch": "epoch-1", "of_epoch": "epoch-1", "stream": "health"}
    GapLedger.objects.create(**lane, seq=seq, first=first, last=last, count=count, reason=reason, received_ms=1)


EVIDENCE: list[dict[str, Any]] = [
    {
        "probe": "icmp", "target": "center", "ok": False, "reason": "no_reply", "sent": 20, "lost": 20,
        "detail": {"address": "103.28.12.9"},
    },
    {
        "probe": "gateway", "target": "gateway", "ok": True, "sent": 2, "lost": 0, "rtt_ms": 0.4,
        "detail": {"address": "10.20.3.1", "arp": "reachable", "knock": "refused"},
    },
    {
        "probe": "trace", "target": "center", "ok": False, "reason": "no_reply",
        "detail": {"address": "103.28.12.9", "last": "10.20.3.1", "hops": 1},
    },
]  # fmt: skip
_RUNGS = ("power", "link", "address", "route", "gateway", "isp", "center", "broker", "names", "portal", "internet")


def _told(node: str, seq: int, at_ms: int, body: dict[str, Any]) -> dict[str, Any]:
    return {
        "node": node, "epoch": "epoch-1", "seq": seq, "boot": "boot-1", "mono_ms": at_ms % 10**9, "wall_ms": at_ms,
        "at_ms": at_ms, "at_quality": "ntp", "received_ms": at_ms + 900, "json": json.dumps(body),
    }  # fmt: skip


def add_verdict(node: str, code: str, ago_min: float, seq: int, also: Sequence[str] = (), **fields: Any) -> None:
    """The node's verdict became `code` so many minutes ago; evidence and rungs are those of a silent ISP."""
    from center.connectivity.models import VerdictChange

    at_ms = now_ms() - int(ago_min * 60_000)
    fault = code != "OK"
    rungs = [
        {"name": name, "state": "ok" if index < 5 or not fault else "failed" if index == 5 else "unjudged"}
        for index, name in enumerate(_RUNGS)
    ]
    if fault:
        rungs[5]["code"] = code
    body = {
        "code": code, "since_mono_ms": 0, "confidence_pct": 92.0, "evidence": EVIDENCE if fault else [],
        "also": list(also), "rungs": rungs, **fields,
    }  # fmt: skip
    row = _told(node, seq, at_ms, body)
    VerdictChange.objects.create(**row, since_mono_ms=row["mono_ms"] - 4_000, code=code, confidence_pct=92.0)


def add_outage(node: str, name: str, ago_min: float, lasted_min: float | None, seq: int, code: str = "L5b") -> None:
    """An outage the node has told of; `lasted_min` None: its end has not been told."""
    from center.connectivity.models import Outage

    at_ms = now_ms() - int(ago_min * 60_000)
    onset = at_ms % 10**9
    end = None if lasted_min is None else onset + int(lasted_min * 60_000)
    steps = [
        {"mono_ms": onset + 4_000, "code": "U0"},
        {"mono_ms": onset + 9_000, "code": "L5d", "evidence": EVIDENCE[:1]},
        {"mono_ms": onset + 42_000, "code": code, "evidence": EVIDENCE[2:]},
    ]
    body: dict[str, Any] = {
        "id": name, "phase": "begun" if end is None else "ended", "boot": "boot-1", "onset_mono_ms": onset,
        "found_mono_ms": onset + 4_000, "code": code, "confidence_pct": 92.0, "evidence": EVIDENCE, "steps": steps,
        "sent": 300, "lost": 288,
    }  # fmt: skip
    if end is not None:
        body["end_mono_ms"] = end
    row = {**_told(node, seq, at_ms, body), "received_ms": now_ms() - 60_000}
    Outage.objects.create(
        **row, outage=name, ended=int(end is not None), end_mono_ms=end, code=code, confidence_pct=92.0, how="seen"
    )


def add_path(node: str, ago_min: float, seq: int, third: str = "180.252.4.1", *, reached: bool = True) -> None:
    """A trace to the centre; `third` is the router at the third hop."""
    from center.connectivity.models import NodePath

    hops: list[dict[str, Any]] = [
        {"ttl": 1, "address": "10.20.3.1", "rtt_ms": 0.4},
        {"ttl": 2},
        {"ttl": 3, "address": third, "rtt_ms": 8.2},
        {"ttl": 4, "address": "103.28.12.9", "rtt_ms": 11.4},
    ]
    body = {"target": "center", "address": "103.28.12.9", "hops": hops, "reached": reached, "changed": True}
    row = _told(node, seq, now_ms() - int(ago_min * 60_000), body)
    NodePath.objects.create(**row, target="center", address="103.28.12.9", reached=reached, changed=True, why="hourly")
