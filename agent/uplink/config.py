"""Where the centre's broker is, and how the line to it is used."""

from pathlib import Path
from typing import Literal

from agent.configuration.settings import Settings, field
from agent.core.backoff import BackoffPolicy


class UplinkConfig(Settings, frozen=True):
    """The way to the centre. Sizes are bytes as published (compressed)."""

    host: str = field(metadata={"example": "sandi.serangkota.go.id", "help": "host name or address of the broker"})
    port: int = field(default=8883, metadata={"help": "its TLS port"})
    credentials: Path = field(
        default=Path("/etc/sandi/credentials"), metadata={"help": "folder with ca.crt, node.crt, node.key, ..."}
    )
    keepalive_s: int = field(default=30, metadata={"min": 5, "max": 120, "help": "a silent line is noticed within two"})
    # Below 20 s a slow mobile cell that stalls for a hand-over would be cut again and again.
    user_timeout_s: float = field(
        default=20.0, metadata={"min": 5, "max": 300, "help": "unacknowledged bytes end the connection after this"}
    )
    connect_timeout_s: float = field(default=20.0, metadata={"max": 120, "help": "name, TCP, TLS and CONNECT together"})
    # Unanswered bytes end to end: at 64 kB and 200 ms round trip 320 kB/s, and 20 s on a line of 25 kbit/s.
    window_bytes: int = field(default=64 * 1024, metadata={"min": 4096, "max": 1024 * 1024})
    batch_bytes: int = field(default=32 * 1024, metadata={"min": 1024, "max": 256 * 1024})
    # A day of reports is 0.6 MB as published: with the burst it is home in 3 s, in 5.4 s at 64 kB/s (measured). What
    # protects the centre is the window above: bytes it has not answered are not followed by more.
    backlog_bytes_per_s: int = field(
        default=128 * 1024,
        metadata={"min": 1024, "max": 10 * 1024 * 1024, "help": "how fast old reports and pictures may follow"},
    )
    reconnect_min_s: float = field(default=1.0, metadata={"min": 0.05, "max": 60})
    reconnect_max_s: float = field(default=300.0, metadata={"min": 1, "max": 3600})
    taken_over_s: float = field(
        default=300.0, metadata={"min": 1, "max": 86_400, "help": "pause when another box uses this node's identity"}
    )

    profile: Literal["normal", "metered"] = field(
        default="normal", metadata={"help": "metered: the line is paid by the byte, see daily_budget_mb"}
    )
    # A quiet node needs about 3 MB a day; what is left carries pictures, and the backlog of an outage.
    daily_budget_mb: float = field(
        default=20.0,
        metadata={"min": 1, "max": 100_000, "help": "a day on a metered line, both ways, headers included"},
    )

    @property
    def knock_s(self) -> float:
        """How often to see whether the broker's port answers again: 120 bytes each time on a line that is paid for."""
        return 10.0 if self.profile == "metered" else 1.0

    @property
    def dial_s(self) -> float:
        """How often a connection attempt sends a fresh SYN."""
        return 3.0 if self.profile == "metered" else 1.0

    @property
    def backoff(self) -> BackoffPolicy:
        """The rhythm of reconnecting."""
        return BackoffPolicy(self.reconnect_min_s, self.reconnect_max_s, taken_over_s=self.taken_over_s)
