"""What a victim of the storage torture mostly does, so that each kind of work is met by the cut."""

from dataclasses import dataclass, field

_WORK = {
    "health": 30.0, "flush": 12.0, "complaint": 8.0, "event": 8.0, "snapshot": 4.0, "attachment": 3.0,
    "acknowledge": 14.0, "receipt": 2.0, "session": 1.0, "beat": 3.0, "ticket": 5.0,
}  # fmt: skip
_OFTEN = {"ack_commit_count": 5, "commit_records": 30, "reserve_mb": 0}


@dataclass(frozen=True, slots=True)
class Style:
    """How often each action comes, the bounds of the outbox, and how long bodies are at most."""

    weights: dict[str, float]
    limits: dict[str, int] = field(default_factory=lambda: dict(_OFTEN))
    filler: int = 1500
    careless: bool = False
    """Commits without waiting for the disk, to show that the judge notices."""


STYLES = {
    "work": Style(_WORK | {"reopen": 0.3, "renew": 0.2}),
    "careless": Style(_WORK, careless=True),
    "rest": Style({"rest": 1}),
    "renew": Style(_WORK | {"renew": 12}),
    "close": Style(_WORK | {"reopen": 25}),
    # One MiB per stream is passed within a life or two, and then at each commit.
    "evict": Style(
        {"health": 40, "flush": 10, "snapshot": 8, "complaint": 3, "acknowledge_reports": 0.2, "beat": 1, "event": 1},
        _OFTEN | {"health_max_mb": 1, "snapshot_max_mb": 1},
        filler=40_000,
    ),
}
