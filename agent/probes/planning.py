"""When each probe runs first: which share a wakeup, and which keep away from each other."""

from agent.core.schedule import first_slot, spread_slot
from agent.core.window import Window
from agent.probes.context import Target
from agent.probes.job import FACTS, SPARING, Job


def planned(target: Target, node: str, now_ms: int) -> Job:
    """Probes of one kind share their phase, so that they share their wakeups; looks at others' servers are spread."""
    interval_ms = round(target.config.interval_s * 1000)
    if target.probe in SPARING:
        slot = spread_slot(node, f"{target.probe} {target.name}", interval_ms, now_ms)
        return Job(target, slot, Window(target.probe, target.name))
    kind = "facts" if target.probe in FACTS else target.probe
    slot = first_slot(node, kind, interval_ms, now_ms)
    return Job(target, slot, Window(target.probe, target.name))
