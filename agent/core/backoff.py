"""When to try a connection again: full jitter between `min_s` and a doubling limit, forgiven only by stability.

A restarted broker must not see the whole city at the same second, so each wait is drawn evenly from the range (AWS
Architecture Blog, "Exponential Backoff And Jitter": full jitter spreads best). A connection that breaks again within
`stable_s` counts as a failure like the others: a link that flaps once a second would otherwise never back off.
"""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class BackoffPolicy:
    """`taken_over_s`: another client holds our certificate; two of them must not throw each other out every second."""

    min_s: float = 1.0
    max_s: float = 300.0
    stable_s: float = 60.0
    taken_over_s: float = 300.0


@dataclass(frozen=True, slots=True)
class Backoff:
    """What is remembered between attempts. Start with `Backoff()`."""

    failures: int = 0

    def delay_s(self, policy: BackoffPolicy, chance: float) -> float:
        """Seconds to wait before the next attempt; `chance` is a fresh random number in [0, 1)."""
        limit_s = min(policy.max_s, policy.min_s * 2.0 ** min(self.failures, 30))
        return policy.min_s + chance * max(0.0, limit_s - policy.min_s)

    def after_session(self, policy: BackoffPolicy, lasted_s: float | None) -> "Backoff":
        """A session ended after `lasted_s` seconds (None: it never came up)."""
        if lasted_s is not None and lasted_s >= policy.stable_s:
            return Backoff(1)
        return replace(self, failures=self.failures + 1)
