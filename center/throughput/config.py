"""Limits of the endpoint for line tests."""

from dataclasses import dataclass

from wire.throughput import MAX_SIZE_BYTES

MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class ThroughputConfig:
    """`[throughput]` of center.toml. A separate port: tests of the line must not pass through the broker's queue.

    An empty `host` is the broker's, a `port` of 0 the one behind the broker's: nodes expect it there.
    """

    enabled: bool = True
    host: str = ""
    port: int = 0
    daily_mb_per_node: int = 200
    """In any 24 hours, both ways together. A test of the default size is 8 MB: 25 of them, far above a node's own cap;
    what is left protects the centre's line from a box whose cap was lifted."""
    streams: int = 2
    """At once, of all nodes. Two tests of 20 Mbit/s leave the rest of a line of 100 to the city."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What the endpoint allows, in its own units."""

    daily_bytes: int
    streams: int
    stream_bytes: int = MAX_SIZE_BYTES
    connections: int = 32
    """Strangers in the middle of a handshake included; more are cut at once."""
    per_address: int = 8
    """Of these: whoever comes from one place cannot take them all."""
    handshake_s: float = 5.0
    request_s: float = 5.0
    grace_s: float = 5.0
    """For what lies in buffers when a stream's own time is over: 128 kB at 250 kbit/s take 4 s."""


def limits_of(config: ThroughputConfig) -> Limits:
    return Limits(config.daily_mb_per_node * MEGABYTE, config.streams)
