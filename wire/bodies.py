"""What records and downlinks say: one struct per kind, and the table of kinds.

A kind this table does not know is stored raw by the centre, so a newer agent never stalls on an older centre.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from wire.afar import CommandNotice, ConfigNotice, OutputNotice, ReleaseNotice
from wire.messages import Head, Millis, Name, Seq, StreamName, WallMillis
from wire.voices import Complaint, InformationRequest, Notice, Reply, SealedBox, SurveyAnswer

__all__ = [  # re-exported: one address for every body
    "CommandNotice",
    "Complaint",
    "ConfigNotice",
    "InformationRequest",
    "Notice",
    "OutputNotice",
    "ReleaseNotice",
    "Reply",
    "SealedBox",
    "SurveyAnswer",
]

Text = Annotated[str, Meta(max_length=500)]
Percent = Annotated[float, Meta(ge=0, le=100)]
Duration = Annotated[float, Meta(ge=0, le=86_400_000)]
Count = Annotated[int, Meta(ge=0, le=2**53 - 1)]


# -- health: one report per interval -----------------------------------------------------------------------------


class ProbeWindow(Struct, frozen=True, omit_defaults=True):
    """One probe at one target over the report's period. Times are milliseconds.

    `late` replies came after their deadline (counted as lost too); `suspect` probes were sent late by a busy host
    and say little about the network. `jitter_ms` is the mean absolute difference of consecutive round trips.
    `hist` is a mergeable `wire.histogram` as [bin, count] pairs: percentiles are never averaged.
    """

    probe: Name
    target: Text
    state: Literal["up", "down", "flapping", "unknown"]
    sent: Count
    lost: Count
    late: Count = 0
    suspect: Count = 0
    min_ms: Duration | None = None
    p50_ms: Duration | None = None
    p95_ms: Duration | None = None
    max_ms: Duration | None = None
    jitter_ms: Duration | None = None
    burst: Count = 0
    hist: Annotated[tuple[tuple[int, Count], ...], Meta(max_length=512)] = ()
    detail: dict[Name, str | int | float | bool | None] = {}


class SystemReading(Struct, frozen=True, omit_defaults=True):
    """The box itself. None means the board does not say. `net` is per interface: rx, tx bytes, rx, tx errors."""

    cpu_pct: Percent
    load1: Annotated[float, Meta(ge=0)]
    mem_used_pct: Percent
    mem_total_mb: Count
    disk_used_pct: Percent
    disk_free_mb: Count
    uptime_s: Count
    agent_rss_kb: Count
    swap_used_pct: Percent = 0.0
    temp_c: Annotated[float, Meta(ge=-100, le=300)] | None = None
    net: dict[Name, tuple[Count, Count, Count, Count]] = {}
    model: Text | None = None
    throttled: Count | None = None
    reset_reason: Text | None = None
    sd_wear_pct: Percent | None = None


class HealthReport(Struct, frozen=True, omit_defaults=True):
    """What a node measured in one period. `outbox` is per stream: oldest held, head, pending records.

    `epoch` is the one `outbox` speaks of: a report that moves to another epoch says nothing about that one's numbers.
    """

    period_s: Annotated[float, Meta(ge=0, le=86_400)]
    verdict: Name
    probes: Annotated[tuple[ProbeWindow, ...], Meta(max_length=200)]
    system: SystemReading | None
    outbox: dict[StreamName, tuple[Head, Head, Count]]
    warnings: Annotated[tuple[Name, ...], Meta(max_length=100)] = ()
    version: Text = ""
    epoch: Annotated[str, Meta(max_length=64)] = ""


# -- events ------------------------------------------------------------------------------------------------------


class EpochNotice(Struct, frozen=True):
    """The first event of an epoch: which epoch came before, and what that one had given out per stream."""

    predecessor: Name | None
    predecessor_heads: dict[StreamName, Head]
    board: Text
    reason: Text


class Anchor(Struct, frozen=True):
    """wall_ms = mono_ms + offset_ms within `boot`, to within `error_ms`, because `source` says so."""

    boot: Name
    offset_ms: WallMillis
    error_ms: Annotated[float, Meta(ge=0)]
    source: Name


class Gap(Struct, frozen=True, omit_defaults=True):
    """The gap ledger: records given up, inclusive, and why. Nothing is dropped in silence.

    `epoch` names the epoch the numbers belong to where it is not the record's own: an entry that outlived its file.
    """

    stream: StreamName
    first: Seq
    last: Seq
    count: Count
    from_ms: WallMillis
    to_ms: WallMillis
    reason: Text
    epoch: Annotated[str, Meta(max_length=64)] = ""


class Receipt(Struct, frozen=True):
    """A downlink has arrived and was dealt with; the centre stops offering it."""

    id: Name
    outcome: Name
    detail: Text = ""


class StartNotice(Struct, frozen=True):
    """A run of the agent began; how the previous one ended, and the last moment it is known to have lived."""

    previous_run: Name | None
    previous_boot: Name | None
    verdict: Literal["first", "stopped", "agent_crashed", "box_reset", "power_or_unknown"]
    reset_reason: Text | None = None
    last_alive_mono_ms: Millis | None = None
    last_alive_wall_ms: WallMillis | None = None


class StopNotice(Struct, frozen=True):
    """The agent was asked to stop and did."""

    reason: Text


class Reach(Struct, frozen=True):
    """A target changed between up, down and flapping; the onset is backdated to the first failure."""

    target: Text
    state: Literal["up", "down", "flapping", "unknown"]
    since_mono_ms: Millis
    onset_mono_ms: Millis
    probe: Name = "icmp"


class EvidenceItem(Struct, frozen=True, omit_defaults=True):
    """One observation a verdict rests on: which probe at which target, what came back, from whom (`detail`).

    `wire.evidence.sentence` says it in words. `rtt_ms` is the median of what was answered.
    """

    probe: Name
    target: Text
    ok: bool
    reason: Annotated[str, Meta(max_length=64)] = ""
    sent: Count = 0
    lost: Count = 0
    rtt_ms: Duration | None = None
    detail: Annotated[dict[Name, str | int | float | bool | None], Meta(max_length=24)] = {}


class RungState(Struct, frozen=True, omit_defaults=True):
    """One rung of the ladder (`wire.verdicts.RUNGS`): `unjudged` lies beyond the fault, `unknown` lacks evidence."""

    name: Name
    state: Literal["ok", "failed", "note", "unknown", "unjudged"]
    code: Annotated[str, Meta(max_length=8)] = ""


Evidences = Annotated[tuple[EvidenceItem, ...], Meta(max_length=16)]
Rungs = Annotated[tuple[RungState, ...], Meta(max_length=24)]
Codes = Annotated[tuple[Name, ...], Meta(max_length=24)]


class VerdictNotice(Struct, frozen=True, omit_defaults=True):
    """The verdict changed to `code` at `since_mono_ms`. `also`: further faults, not its consequence.

    `party`: who is responsible, where it is not who the code's own row in `wire.verdicts` says.
    """

    code: Name
    since_mono_ms: Millis
    confidence_pct: Percent
    party: Annotated[str, Meta(max_length=16)] = ""
    evidence: Evidences = ()
    also: Codes = ()
    rungs: Rungs = ()


class OutageStep(Struct, frozen=True, omit_defaults=True):
    """From `mono_ms` on the verdict was `code`, which rested on `evidence`."""

    mono_ms: Millis
    code: Name
    confidence_pct: Percent = 0
    evidence: Evidences = ()
    also: Codes = ()


class OutageNotice(Struct, frozen=True, omit_defaults=True):
    """What the node saw of an outage of its own way to the centre, told again when it is over: the node's journal.

    `id` is unique on the node and the same in both notices. The onset is backdated to the first failure. Millisecond
    times are boot-times of `boot`. `code` is the verdict that names the outage: the most certain one, inner before
    outer. `sent` and `lost` are the pings to the centre from the onset on.
    """

    id: Name
    phase: Literal["begun", "ended"]
    boot: Name
    onset_mono_ms: Millis
    found_mono_ms: Millis
    code: Name
    confidence_pct: Percent
    end_mono_ms: Millis | None = None
    how: Literal["seen", "restart"] = "seen"
    evidence: Evidences = ()
    also: Codes = ()
    rungs: Rungs = ()
    steps: Annotated[tuple[OutageStep, ...], Meta(max_length=64)] = ()
    sent: Count = 0
    lost: Count = 0


class Hop(Struct, frozen=True, omit_defaults=True):
    """Who answered at this distance; no address when nobody did."""

    ttl: Annotated[int, Meta(ge=1, le=64)]
    address: Annotated[str, Meta(max_length=64)] = ""
    rtt_ms: Duration | None = None


class PathNotice(Struct, frozen=True, omit_defaults=True):
    """The routers on the way to a target as a trace found them, when that is news (`changed`) or an outage began."""

    target: Text
    address: Annotated[str, Meta(max_length=64)]
    hops: Annotated[tuple[Hop, ...], Meta(max_length=64)]
    reached: bool
    changed: bool = False
    why: Literal["hourly", "failure", "asked"] = "hourly"


class MaintenanceNotice(Struct, frozen=True, omit_defaults=True):
    """A technician at the box works on it until `until_mono_ms`, or (`active` false) is done. `by`: the login name."""

    active: bool
    since_mono_ms: Millis
    until_mono_ms: Millis
    by: Annotated[str, Meta(max_length=64)] = ""
    ticket: Annotated[str, Meta(max_length=64)] = ""
    note: Text = ""


class SelfWarning(Struct, frozen=True):
    """A warning of the agent about itself appeared (`active`) or went."""

    code: Name
    active: bool
    detail: Text = ""


# -- downlinks (replies and notices: `wire.voices`) ----------------------------------------------------------------


class Command(Struct, frozen=True):
    """A remote command, by name, with its arguments (`wire.commands`); the envelope carries the signature."""

    name: Name
    arguments: Annotated[dict[Name, str | int | float | bool | None], Meta(max_length=20)] = {}


class ConfigRevision(Struct, frozen=True):
    """A desired configuration, ordered by (generation, revision)."""

    generation: Name
    revision: Seq
    toml: Annotated[str, Meta(max_length=32_000)]
    confirm_within_s: Annotated[int, Meta(ge=30, le=3600)] = 300


EVENT_BODIES: dict[str, type[Struct]] = {
    "epoch": EpochNotice,
    "anchor": Anchor,
    "gap": Gap,
    "receipt": Receipt,
    "start": StartNotice,
    "stop": StopNotice,
    "reach": Reach,
    "warning": SelfWarning,
    "verdict": VerdictNotice,
    "outage": OutageNotice,
    "path": PathNotice,
    "maintenance": MaintenanceNotice,
    "command": CommandNotice,
    "output": OutputNotice,
    "config": ConfigNotice,
    "release": ReleaseNotice,
}
BODIES: dict[str, dict[str, type[Struct]]] = {
    "complaint": {"complaint": Complaint, "ppid": InformationRequest, "survey": SurveyAnswer},
    "event": EVENT_BODIES,
    "health": {"report": HealthReport},
}
"""Per stream, the kinds of record this version knows. Pictures and sealed blobs carry their record themselves."""
DOWNLINK_BODIES: dict[str, type[Struct]] = {
    "reply": Reply,
    "notice": Notice,
    "command": Command,
    "config": ConfigRevision,
}


def encode_body(body: Struct) -> bytes:
    """A body as the exact bytes its record's hash will cover."""
    return msgspec.json.encode(body)
