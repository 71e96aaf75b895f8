"""When to try a connection again: full jitter between `min_s` and a doubling limit, forgiven by stability or progress.

A restarted broker must not see the whole city at the same second, so each wait is drawn evenly from the range (AWS
Architecture Blog, "Exponential Backoff And Jitter": full jitter spreads best). A connection that breaks again within
`stable_s` counts as a failure like the others: a link that flaps once a second would otherwise never back off. When the
centre has committed something in it, though, it was worth its handshake, and the next one soon will be too: a line
that is cut every 30 kB gets a day's backlog through in minutes instead of hours.
"""

from wire.shape import Struct, replace

PROGRESS_FAILURES = 1


class BackoffPolicy(Struct, frozen=True):
    """`taken_over_s`: another client holds our certificate; two of them must not throw each other out every second."""

    min_s: float = 1.0
    max_s: float = 300.0
    stable_s: float = 60.0
    taken_over_s: float = 300.0


class Backoff(Struct, frozen=True):
    """What is remembered between attempts. Start with `Backoff()`."""

    failures: int = 0

    def delay_s(self, policy: BackoffPolicy, chance: float) -> float:
        """Seconds to wait before the next attempt; `chance` is a fresh random number in [0, 1)."""
        limit_s = min(policy.max_s, policy.min_s * 2.0 ** min(self.failures, 30))
        return policy.min_s + chance * max(0.0, limit_s - policy.min_s)

    def after_session(self, policy: BackoffPolicy, lasted_s: float | None, *, progressed: bool = False) -> "Backoff":
        """A session ended after `lasted_s` seconds (None: it never came up)."""
        if progressed or (lasted_s is not None and lasted_s >= policy.stable_s):
            return Backoff(PROGRESS_FAILURES)
        return replace(self, failures=self.failures + 1)
