"""What is known of one probe at one target, and the same as plain JSON values: what a journal keeps and a replay reads.

The two directions are exact: `from_plain(to_plain(item)) == item`, so a recorded outage is judged again from the very
evidence it was judged from. `from_plain` reads strictly: EvidenceError for anything `to_plain` would not write.
"""

from collections.abc import Mapping
from math import sqrt
from typing import Final, cast

from agent.core.observation import Observation, Reason, Scalar
from agent.core.reachability import State
from wire.shape import Struct, replace

NO_EVIDENCE = frozenset(
    {
        Reason.PROBE_FAILED,
        Reason.NOT_PERMITTED,
        Reason.NOT_NOW,
        Reason.NO_TARGET,
        Reason.CREDENTIALS,
        Reason.LOCAL_ERROR,
    }
)
"""Runs with these reasons say nothing about the network."""
_REASONS = frozenset(map(str, Reason))
_STATES = ("unknown", "up", "down", "flapping")
_Z_95: Final = 1.96
"""The normal distribution's 95 %, as in `wire.histogram.wilson_interval`."""
MAX_ATTEMPTS = 10_000
"""Far above the longest run of pings; it bounds what a damaged journal can ask for."""


class EvidenceError(Exception):
    """A journal holds something that is no evidence."""


class Evidence(Struct, frozen=True):
    """The last thing known of one probe at one target. `failed_runs`: how many runs in a row failed, this one included.
    `sent`, `loss_low`: recent attempts and the lower end of the 95 % interval of their loss (0..1).
    `complaint`: the last run of this outage in which somebody said why. `fresh`: young enough to speak for now."""

    seen: Observation
    state: State = "unknown"
    failed_runs: int = 0
    sent: int = 0
    loss_low: float = 0.0
    complaint: Observation | None = None
    fresh: bool = True

    @property
    def loss(self) -> float:
        """The share that was lost, 0..1, as `sent` and `loss_low` tell it (Wilson's formula for the lower end, solved
        for the share)."""
        low = self.loss_low
        return min(1.0, low + _Z_95 * sqrt(low * (1.0 - low) / self.sent)) if self.sent and 0.0 < low < 1.0 else low


def complaint_of(seen: Observation) -> Observation | None:
    """What somebody on the way said in this run; None when nobody did, or only this box itself.

    The fault may begin in the middle of a run: then something was answered as well, the run is good and without a
    reason. The word that came back counts all the same, for a router's budget may not allow it a second one.
    """
    if not seen.detail.get("offender") or seen.detail.get("offender_is_us"):
        return None
    said = seen.detail.get("said")
    if not seen.ok or not isinstance(said, str) or said not in _REASONS:
        return seen
    return replace(seen, ok=False, reason=Reason(said))


Plain = dict[str, object]


def to_plain(item: Evidence) -> Plain:
    """The item as JSON values; what is at its default is left out."""
    found: Plain = {"seen": _observation_to_plain(item.seen)}
    if item.complaint is not None:
        found["complaint"] = _observation_to_plain(item.complaint)
    for name in ("state", "failed_runs", "sent", "loss_low", "fresh"):
        value = getattr(item, name)
        if value != _DEFAULTS[name]:
            found[name] = value
    return found


def from_plain(raw: object) -> Evidence:
    """The item that `to_plain` wrote. Raises EvidenceError."""
    table = _table(raw, {"seen", "complaint", *_DEFAULTS})
    complaint = table.get("complaint")
    state = _text(table, "state", "unknown")
    if state not in _STATES:
        raise EvidenceError(f"{state!r} is no state")
    return Evidence(
        _observation(table.get("seen")),
        cast(State, state),
        _count(table, "failed_runs"),
        _count(table, "sent"),
        _number(table, "loss_low"),
        None if complaint is None else _observation(complaint),
        fresh=_flag(table, "fresh", default=True),
    )


_DEFAULTS: dict[str, object] = {"state": "unknown", "failed_runs": 0, "sent": 0, "loss_low": 0.0, "fresh": True}
_FIELDS = frozenset(
    {"probe", "target", "mono_ms", "ok", "reason", "rtts_ms", "late", "sent_late", "phases_ms", "detail"}
)


def _observation_to_plain(seen: Observation) -> Plain:
    found: Plain = {"probe": seen.probe, "target": seen.target, "mono_ms": seen.mono_ms, "ok": seen.ok}
    if seen.reason:
        found["reason"] = str(seen.reason)
    if seen.rtts_ms:
        found["rtts_ms"] = list(seen.rtts_ms)
    for name in ("late", "sent_late"):
        if value := getattr(seen, name):
            found[name] = value
    if seen.phases_ms:
        found["phases_ms"] = dict(seen.phases_ms)
    if seen.detail:
        found["detail"] = dict(seen.detail)
    return found


def _observation(raw: object) -> Observation:
    table = _table(raw, _FIELDS)
    if not {"probe", "target", "mono_ms", "ok"} <= table.keys():
        raise EvidenceError("an observation needs probe, target, mono_ms and ok")
    try:
        reason = Reason(_text(table, "reason", ""))
    except ValueError as error:
        raise EvidenceError(f"{table['reason']!r} is no reason this version knows") from error
    return Observation(
        _text(table, "probe", ""),
        _text(table, "target", ""),
        _count(table, "mono_ms"),
        _flag(table, "ok", default=False),
        reason,
        _rtts_ms(table.get("rtts_ms", [])),
        _count(table, "late"),
        _count(table, "sent_late"),
        phases_ms=_numbers(table.get("phases_ms", {})),
        detail=_scalars(table.get("detail", {})),
    )


def _table(raw: object, known: set[str] | frozenset[str]) -> Mapping[str, object]:
    if not isinstance(raw, dict) or not raw.keys() <= known:
        raise EvidenceError("not a table of the fields of an evidence")
    return raw


def _text(table: Mapping[str, object], name: str, default: str) -> str:
    value = table.get(name, default)
    if not isinstance(value, str):
        raise EvidenceError(f"{name} must be text")
    return value


def _count(table: Mapping[str, object], name: str) -> int:
    value = table.get(name, 0)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise EvidenceError(f"{name} must be a whole number from 0")
    return value


def _number(table: Mapping[str, object], name: str) -> float:
    return _float(table.get(name, 0.0), name)


def _flag(table: Mapping[str, object], name: str, *, default: bool) -> bool:
    value = table.get(name, default)
    if not isinstance(value, bool):
        raise EvidenceError(f"{name} must be true or false")
    return value


def _float(value: object, name: str) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or value != value or value in (_INF, -_INF):  # noqa: PLR0124
        raise EvidenceError(f"{name} must be a number")
    try:
        return float(value)
    except OverflowError as error:
        raise EvidenceError(f"{name} is too large a number") from error


_INF = float("inf")


def _rtts_ms(raw: object) -> tuple[float | None, ...]:
    if not isinstance(raw, list) or len(raw) > MAX_ATTEMPTS:
        raise EvidenceError(f"rtts_ms must be a list of at most {MAX_ATTEMPTS}")
    return tuple(None if value is None else _float(value, "rtts_ms") for value in raw)


def _numbers(raw: object) -> dict[str, float]:
    if not isinstance(raw, dict):
        raise EvidenceError("phases_ms must be a table")
    return {str(name): _float(value, "phases_ms") for name, value in raw.items()}


def _scalars(raw: object) -> dict[str, Scalar]:
    if not isinstance(raw, dict):
        raise EvidenceError("detail must be a table")
    for value in raw.values():
        if not (value is None or isinstance(value, str | int | float | bool)):
            raise EvidenceError("detail holds single values only")
    return {str(name): value for name, value in raw.items()}
