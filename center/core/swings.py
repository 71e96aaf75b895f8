"""When a node came and went: what is remembered of it from one judgement to the next. Pure.

Only being heard and being down count; what nobody knows (UNKNOWN, MAINT) leaves the memory as it is, so a centre that
was blind makes no node swing. A centre whose clock was put back remembers nothing of the future: what it noticed
"later" it noticed now.
"""

from dataclasses import dataclass, replace

from center.core.incident_facts import DOWN_STATES, HEARD_STATES

KEEP_MS = 600_000
KEEP_MOST = 12
"""A node that swings more often than this in ten minutes is flapping all the same."""


@dataclass(frozen=True, slots=True)
class Reach:
    """Whether the node was heard when last known; since when by event time; when that was noticed; the moments it
    changed in the last ten minutes, oldest first."""

    heard: bool
    since_ms: int
    noticed_ms: int
    swings: tuple[int, ...] = ()


def after(known: Reach | None, state: str, since_ms: int, now_ms: int) -> Reach | None:
    """What is remembered once the node was judged to be in `state` since `since_ms`. None: nothing is known yet."""
    heard = state in HEARD_STATES
    if known is not None and known.noticed_ms > now_ms:
        past = tuple(at for at in known.swings if at <= now_ms)
        known = replace(known, since_ms=min(known.since_ms, now_ms), noticed_ms=now_ms, swings=past)
    if not heard and state not in DOWN_STATES:
        return known
    if known is None:
        return Reach(heard, since_ms, now_ms)
    if known.heard == heard:
        return known
    recent = tuple(at for at in known.swings if now_ms - KEEP_MS < at <= now_ms)
    return replace(known, heard=heard, since_ms=since_ms, noticed_ms=now_ms, swings=(*recent, now_ms)[-KEEP_MOST:])
