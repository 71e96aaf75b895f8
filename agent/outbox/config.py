"""Bounds and rhythms of the outbox."""

from agent.configuration.settings import Settings, field

MIB = 1024 * 1024


class OutboxConfig(Settings, frozen=True):
    """How much is kept while the centre is away, and how often the disk is touched."""

    commit_window_s: float = field(
        default=10.0,
        metadata={"min": 0, "max": 10, "help": "health reports wait at most this long for the disk (power cut window)"},
    )
    health_max_mb: int = field(
        default=64, metadata={"min": 1, "max": 4096, "help": "health reports kept while the centre is away"}
    )
    event_max_mb: int = field(default=64, metadata={"min": 1, "max": 4096, "help": "events kept"})
    snapshot_max_mb: int = field(
        default=200, metadata={"min": 1, "max": 65536, "help": "pictures kept while the centre is away"}
    )
    reserve_mb: int = field(
        default=64,
        metadata={
            "min": 0,
            "max": 65536,
            "help": "disk space held in advance (reserve.bin); pictures give way first, complaints last",
        },
    )
    keep_acked_days: int = field(
        default=7,
        metadata={"min": 0, "max": 90, "help": "how long complaints and events stay after the centre has them"},
    )
    keep_pictures_days: int = field(
        default=7,
        metadata={
            "min": 1,
            "max": 90,
            "help": "how long a picture stays here at most, sent or not; the ledger says so",
        },
    )
    # 64 reports in one commit: measured, beyond some 50 rows a commit's fixed cost no longer shows.
    commit_records: int = field(default=64, metadata={"min": 1, "max": 1000})
    # Measured: a bookkeeping commit writes some 12 kB; every 15 minutes that is 1.2 MB a day. What a crash in between
    # costs is only that up to as many records are offered once more, which the centre recognises.
    ack_commit_s: float = field(default=900.0, metadata={"min": 1, "max": 86_400})
    ack_commit_count: int = field(default=64, metadata={"min": 1, "max": 10_000})

    @property
    def bound_bytes(self) -> dict[str, int]:
        """The bound of each stream that may be given up."""
        return {
            "health": self.health_max_mb * MIB,
            "event": self.event_max_mb * MIB,
            "snapshot": self.snapshot_max_mb * MIB,
        }
