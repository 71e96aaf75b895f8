"""What a bad line does to packets: pure arithmetic of delay, loss, bursts, rate and size, driven by a given generator.

One `Path` is one direction. It is asked once per packet and says when the packet leaves: at no moment (lost), at one,
or at two (duplicated).
"""

from dataclasses import dataclass, field
from random import Random


@dataclass(frozen=True, slots=True)
class Impairment:
    """One direction of a line. Everything at its default is a perfect cable.

    `loss` is the long-run share of packets lost (0..1). With `burst` above 1 they are lost in runs of that mean length
    (Gilbert's two states: all pass, all are lost). `jitter_ms` is the largest addition to `delay_ms`, drawn evenly;
    with `keep_order` no packet overtakes another because of it, as in a queue. `rate_mbit` with `queue_kib` is a
    bottleneck with a tail-drop queue. `max_bytes` is the largest IP packet that passes (0: any). `reorder` is the share
    of packets that skip the delay, `duplicate` the share sent twice.
    """

    delay_ms: float = 0.0
    jitter_ms: float = 0.0
    keep_order: bool = True
    loss: float = 0.0
    burst: float = 1.0
    rate_mbit: float = 0.0
    queue_kib: float = 256.0
    max_bytes: int = 0
    reorder: float = 0.0
    duplicate: float = 0.0

    def __post_init__(self) -> None:
        shares = (self.loss, self.reorder, self.duplicate)
        if not all(0 <= share <= 1 for share in shares) or (self.loss == 1 and self.burst > 1):
            raise ValueError("loss, reorder and duplicate are shares between 0 and 1; bursts must end")
        if min(self.delay_ms, self.jitter_ms, self.rate_mbit, self.queue_kib, self.max_bytes) < 0 or self.burst < 1:
            raise ValueError("times, rates and sizes cannot be negative, a burst is at least one packet long")


@dataclass(slots=True)
class Path:
    """One direction with its state. `dropped` counts by cause: loss, queue, size."""

    impairment: Impairment
    random: Random
    dropped: dict[str, int] = field(default_factory=lambda: {"loss": 0, "queue": 0, "size": 0})
    _bad: bool = False
    _free_at_s: float = 0.0
    _last_s: float = 0.0

    def leaves_at(self, now_s: float, size_bytes: int) -> tuple[float, ...]:
        """When a packet of this size (IP bytes) that came at `now_s` leaves; empty when it is lost."""
        wanted = self.impairment
        if wanted.max_bytes and size_bytes > wanted.max_bytes:
            return self._lost("size")
        if self._hit():
            return self._lost("loss")
        sent_s = now_s
        if wanted.rate_mbit:
            waiting_s = max(0.0, self._free_at_s - now_s)
            if waiting_s * wanted.rate_mbit * 1e6 / 8 > wanted.queue_kib * 1024:
                return self._lost("queue")
            sent_s = self._free_at_s = now_s + waiting_s + size_bytes * 8 / (wanted.rate_mbit * 1e6)
        due_s = sent_s + self._extra_s()
        return (due_s, due_s) if wanted.duplicate and self.random.random() < wanted.duplicate else (due_s,)

    def _extra_s(self) -> float:
        wanted = self.impairment
        if wanted.reorder and self.random.random() < wanted.reorder:
            return 0.0
        extra_ms = wanted.delay_ms
        if wanted.jitter_ms:
            extra_ms += self.random.random() * wanted.jitter_ms
        return extra_ms / 1000

    def in_order(self, due_s: float) -> float:
        """The same moment, or the one of the packet before when order is kept."""
        if self.impairment.keep_order and not self.impairment.reorder:
            due_s = self._last_s = max(due_s, self._last_s)
        return due_s

    def _lost(self, cause: str) -> tuple[float, ...]:
        self.dropped[cause] += 1
        return ()

    def _hit(self) -> bool:
        wanted = self.impairment
        if wanted.burst <= 1:
            return bool(wanted.loss) and self.random.random() < wanted.loss
        leave = 1 / wanted.burst
        enter = wanted.loss * leave / (1 - wanted.loss)
        self._bad = self.random.random() >= leave if self._bad else self.random.random() < enter
        return self._bad
