"""Facts of nodes by the clock on the wall: times are "HH:MM:SS" of Monday 23 November 2026, Asia/Jakarta."""

from center.core import days
from center.core.dating import exact
from center.core.facts import (
    AliveFact,
    Concluded,
    ContactFact,
    FleetFacts,
    LifeFact,
    LinkFact,
    NodeFacts,
    Span,
    ToldOutage,
    ToldVerdict,
    When,
)  # fmt: skip
from center.core.outages import conclude

DAY = 20261123
MIDNIGHT_MS = days.bounds(DAY).start_ms
DAY_MS = 86_400_000
ALL_DAY = (Span(MIDNIGHT_MS - DAY_MS, MIDNIGHT_MS + 2 * DAY_MS),)
NOW = "23:59:59"


def ms(clock: str) -> int:
    """ "10:00", "10:00:05" or "+1 10:00" (the next day) as Unix ms."""
    day, _, time = clock.rpartition(" ")
    parts = [int(part) for part in time.split(":")]
    seconds = sum(part * unit for part, unit in zip(parts, (3600, 60, 1), strict=False))
    return MIDNIGHT_MS + int(day or 0) * DAY_MS + seconds * 1000


def at(first: str, last: str = "") -> When:
    """A moment, exact or between two."""
    return When(ms(first), ms(last or first))


def span(first: str, last: str) -> Span:
    return Span(ms(first), ms(last))


def contact(born: str, heard: str, will: str = "", *, boot: str = "b1", run: str = "r1", stop: str = "") -> ContactFact:
    ended = will or stop
    return ContactFact(
        ms(born), ms(heard), ms(ended) if ended else None, "will" if will else "stop" if stop else "", boot, run
    )


def life(
    first: str, last: str, *, boot: str = "b1", run: str = "r1", before: tuple[str, str] = ("", ""), verdict: str = "",
    reset: str = "", alive: str = "", stopped: str = "", brownout: str = "",
) -> LifeFact:  # fmt: skip
    """`before`: boot and run its start notice names; `alive`: the last sign of life of that one."""
    return LifeFact(
        boot, run, at(first), at(last), at(first) if verdict else None, *before, verdict, reset,
        at(alive) if alive else None, at(stopped) if stopped else None, at(brownout) if brownout else None,
    )  # fmt: skip


def told(
    onset: str,
    end: str = "",
    code: str = "L5b",
    *,
    how: str = "seen",
    boot: str = "b1",
    name: str = "",
    party: str = "",
) -> ToldOutage:
    return ToldOutage(name or f"{boot}-{onset}", boot, at(onset), at(end) if end else None, how, code, 95.0, party)


def alive(start: str, end: str, *, boot: str = "b1", run: str = "r1") -> AliveFact:
    return AliveFact(boot, run, at(start), at(end))


def verdict(since: str, code: str) -> ToldVerdict:
    return ToldVerdict(at(since), code, "")


def node(name: str = "n", **facts: object) -> NodeFacts:
    return NodeFacts(name, MIDNIGHT_MS - DAY_MS, **facts)  # type: ignore[arg-type]


def feeder(*codes: str, needs: str = "any") -> tuple[LinkFact, ...]:
    return tuple(LinkFact(code, "feeder", needs) for code in codes)


def concluded(
    *nodes: NodeFacts,
    links: dict[str, tuple[LinkFact, ...]] | None = None,
    hearing: tuple[Span, ...] = ALL_DAY,
    now: str = NOW,
    sites: dict[str, str] | None = None,
    blind: tuple[Span, ...] = (),
) -> dict[str, tuple[Concluded, ...]]:
    return conclude(FleetFacts({one.node: one for one in nodes}, hearing, ms(now), links or {}, sites or {}, blind))


def one_line(outage: Concluded) -> str:
    """ "10:00:00-10:30:00 L5b isp down": bounds shown only where they are apart."""
    end = "" if outage.end is None else _clock(outage.end)
    return f"{_clock(outage.start)}-{end} {outage.cause} {outage.party} {outage.counts}"


def lines(outages: tuple[Concluded, ...]) -> list[str]:
    return [one_line(outage) for outage in outages]


def exactly(clock: str) -> When:
    return exact(ms(clock))


def _clock(moment: When) -> str:
    lo, hi = ((each - MIDNIGHT_MS) // 1000 for each in (moment.lo_ms, moment.hi_ms))
    said = [f"{each // 3600:02d}:{each // 60 % 60:02d}:{each % 60:02d}" for each in (lo, hi)]
    return said[0] if lo == hi else "~".join(said)
