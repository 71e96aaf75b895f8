"""What health reports prove: through which stretches of a boot's time the agent lived. Pure; boot-time in ms."""

from collections.abc import Iterable

Stretch = tuple[int, int]
"""First and last moment, both included."""
PERIODS = 3
"""A report speaks for its own period; two that were lost between two that arrived are no silence of the agent."""
MOST_MS = 15 * 60_000
"""As for node states: who reports rarely must not buy hours of unearned life."""


def covered(mono_ms: int, period_s: float) -> Stretch:
    """The stretch a report made at `mono_ms` speaks for."""
    reach_ms = min(int(PERIODS * period_s * 1000), MOST_MS)
    return max(0, mono_ms - reach_ms), mono_ms


def united(stretches: Iterable[Stretch]) -> list[Stretch]:
    """The same time in as few stretches as possible, ascending; those that touch are one."""
    whole: list[Stretch] = []
    for first_ms, last_ms in sorted(stretches):
        if whole and first_ms <= whole[-1][1]:
            whole[-1] = (whole[-1][0], max(last_ms, whole[-1][1]))
        else:
            whole.append((first_ms, last_ms))
    return whole
