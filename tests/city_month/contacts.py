"""When a node really had a session with the broker, and what the centre wrote down of it."""

from dataclasses import dataclass
from random import Random

from tests.city_month.drawing import S
from tests.city_month.evidence import Contact
from tests.city_month.stretches import Stretch, common, holding, merged, minus, next_within
from tests.city_month.truth import CityTruth, NodeTruth, Run

SURVIVES_MS = 30 * S
"""A line that is cut for less keeps its session: neither side has given up by then."""
KEEPALIVE_MS = 30 * S
WILL_MS = 45 * S
"""One and a half keepalives after the last packet the broker publishes the will."""


@dataclass(frozen=True, slots=True)
class Session:
    """`why`: how it ended: the run's ending, or "line", or "center" (the broker itself went)."""

    start_ms: int
    end_ms: int
    boot: str
    run: Run
    why: str


def sessions(random: Random, truth: NodeTruth, city: CityTruth) -> list[Session]:
    """All sessions of a node, in the order of time."""
    own = merged([*city.line, *city.short])
    cuts = [
        spell
        for spell in truth.trouble
        if spell.end_ms - spell.start_ms >= SURVIVES_MS
        or (spell.code in ("B1", "L7") and holding(own, spell.start_ms) is None)
    ]
    gone = [spell.start_ms for spell in cuts if spell.code in ("B1", "L7")]
    center = {start for start in gone if holding(own, start) is None}
    found = []
    for boot in truth.boots:
        for run in boot.runs:
            for start, end in minus([(run.start_ms, run.end_ms)], [spell[:2] for spell in cuts]):
                slow = 300 if random.random() < 0.1 else 20
                delay = random.randint(S, 4 * S) if start == run.start_ms else random.randint(S, slow * S)
                why = run.ending if end == run.end_ms else "center" if end in center else "line"
                if start + delay < end:
                    found.append(Session(start + delay, end, boot.name, run, why))
    return found


def contacts(random: Random, open_: list[Session], city: CityTruth) -> list[Contact]:
    """The rows ingest has of these sessions: from the first that arrived live in each."""
    found = []
    told = [told_ms(session, city) for session in open_]
    for number, session in enumerate(open_):
        born = born_ms(session, city)
        if born is None:
            continue
        following = next((at for at in told[number + 1 :] if at is not None), None)
        ended, reason = _ended(random, session, following, city)
        lives = tuple(
            (first, last)
            for first, last in (reports_within(session.run, *heard) for heard in _heard(session, city))
            if first <= last
        )
        found.append(
            Contact(born, lives, ended, reason, session.boot, session.run.name, number + 1, session.run.period_ms)
        )
    return found


def told_ms(session: Session, city: CityTruth) -> int | None:
    """When ingest heard that there is this session: at its birth, or by what the broker retained of it; None: never."""
    told = next_within(city.hearing, session.start_ms)
    return told if told is not None and told < session.end_ms else None


def born_ms(session: Session, city: CityTruth) -> int | None:
    """When ingest heard the session live for the first time: a retained birth is no evidence, a report is."""
    if holding(city.hearing, session.start_ms) is not None:
        return session.start_ms
    first = (reports_within(session.run, *heard) for heard in _heard(session, city))
    return next((report for report, last in first if report <= last), None)


def _ended(random: Random, session: Session, following_ms: int | None, city: CityTruth) -> tuple[int | None, str]:
    """How ingest learned of the end: a stop, a will, or the next birth."""
    if session.why == "lives":
        return None, ""
    reason, at = "will", session.end_ms + random.randint(WILL_MS - KEEPALIVE_MS, WILL_MS)
    if session.why == "stop":
        reason, at = "stop", session.end_ms
    elif session.why == "crash":
        at = session.end_ms + 200
    if session.why != "center" and holding(city.broker, at) is None and holding(city.host, at) is None:
        heard = next_within(city.hearing, at)
        if heard is not None and (following_ms is None or heard < following_ms):
            return heard, reason
    return (None, "") if following_ms is None else (following_ms, "replaced")


def _heard(session: Session, city: CityTruth) -> list[Stretch]:
    return common([(session.start_ms, session.end_ms)], city.heard)


def reports_within(run: Run, start_ms: int, end_ms: int) -> Stretch:
    """The first and the last report that this run made from `start_ms` on and before `end_ms`."""
    first = max(1, -(-(start_ms - run.start_ms) // run.period_ms))
    last = (end_ms - 1 - run.start_ms) // run.period_ms
    return run.start_ms + first * run.period_ms, run.start_ms + last * run.period_ms
