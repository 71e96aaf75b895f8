"""An outage told again from its journal: as the notice for the centre, as it was before the agent was interrupted."""

from agent.clock import Clock
from agent.core.diagnosis import diagnose
from agent.core.endings import Beat
from agent.core.journal import End, Entry, Recorded
from agent.core.observation import Observation
from agent.core.outage import INCONCLUSIVE, Outage, is_down, notice
from agent.notices import MOST_EVIDENCE, evidence_item, rung_states
from wire.bodies import OutageNotice, OutageStep


def because(entry: Entry) -> tuple[Observation, ...]:
    """What the verdict of an entry rested on; where somebody complained, the complaint."""
    items = (entry.items[at] for at in entry.because)
    return tuple(item.seen if item.complaint is None or item.seen.ok else item.complaint for item in items)


def step(entry: Entry) -> OutageStep:
    evidence = tuple(evidence_item(seen) for seen in because(entry)[:MOST_EVIDENCE])
    return OutageStep(entry.since_ms, entry.code, round(100 * entry.confidence, 1), evidence, entry.also)


def rebuilt(recorded: Recorded) -> Outage:
    """The outage as its journal tells it."""
    header = recorded.header
    outage = Outage(header.onset_ms, header.found_ms, (0, 0))
    for entry in recorded.entries:
        rungs = rung_states(diagnose(entry.items))
        if entry.kind == "better" and outage.steps:
            outage.better(step(entry), rungs)
        else:
            outage.add(step(entry), rungs)
    if not outage.steps:  # only the header was written
        outage.add(OutageStep(header.found_ms, "U0"), ())
    if recorded.end is not None:
        end = recorded.end
        outage.end_ms, outage.sent, outage.lost, outage.omitted = end.end_ms, end.sent, end.lost, end.omitted
    return outage


def pauses(step: OutageStep) -> bool:
    """Whether the line worked during this step: a pause, or, as the last one, the end."""
    return not is_down(step.code) and step.code != INCONCLUSIVE


def left_behind(recorded: Recorded, last: Beat | None, clock: Clock) -> tuple[OutageNotice, End]:
    """The end of an outage that another run of the agent began and did not see the end of.

    It is known to have lasted until that run's last sign of life, unless the line was back by then; what came after,
    the present run has to say.
    """
    header, outage = recorded.header, rebuilt(recorded)
    signs = [header.found_ms, *(entry.mono_ms for entry in recorded.entries)]
    if last is not None and last.run == header.run:
        signs.append(last.mono_ms)
    outage.end_ms = max(signs)
    if len(outage.steps) > 1 and pauses(outage.steps[-1]):
        outage.end_ms = outage.steps.pop().mono_ms  # it was about to be over
    name = outage.name
    told = notice(outage, "ended", header.id, header.boot, how="restart")
    end = End(
        outage.end_ms, "restart", name.code, name.confidence_pct / 100, clock.boot, clock.mono_ms(), clock.wall_ms(),
        clock.synced, omitted=outage.omitted,
    )  # fmt: skip
    return told, end
