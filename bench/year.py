"""A centre's database with the city and a year behind it, for benchmarks: what the worker would have stored.

Rows are drawn by a seed and written in bulk; days are swept from the outages by the real sweep. Raw reports are there
for as long as they are kept, as many as are asked for; older charts read the hourly rollups.
"""

import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from center.core import days as calendar
from center.core.facts import Concluded, ContactFact, NodeFacts, When
from center.core.sweep import seconds

DAY_MS = 86_400_000
HOUR_MS = 3_600_000
OUTAGES_A_DAY = 1.5
PROVIDERS = (("astinet", "Astinet"), ("banten-net", "Banten Net"))
CAUSES = (("L5b", "isp", "down"), ("L6a", "isp", "down"), ("N0", "pln", "down"), ("L1", "site", "down"),
          ("restart", "none", "down"), ("silent", "none", "down"), ("B1", "center", "up"))  # fmt: skip


def fill(days: int = 365, raw_days: int = 2, nodes: int = 110, seed: int = 1) -> list[str]:
    """The city, `days` of conclusions, `raw_days` of reports every 30 s; the nodes' ids. Django must be set up."""
    from tests.support import wall_city

    wall_city.add_people()
    names = _registry(wall_city.add_sites(), nodes)
    now_ms = time.time_ns() // 1_000_000
    today = calendar.day_of(now_ms)
    first = calendar.day_of(calendar.bounds(today).start_ms - (days - 1) * DAY_MS)
    for node in names:
        chance = random.Random(f"{seed}-{node}")
        _year(node, chance, list(calendar.days(first, today)), now_ms)
        _reports(node, raw_days, now_ms)
        _rollups(node, chance, days, now_ms)
    wall_city.keep_alive()
    return names


def _registry(sites: list[str], count: int) -> list[str]:
    """A node per site and more at public places, each on the line of one of two providers."""
    from center.connectivity.models import NodeState
    from center.sites.enrolment import add_site
    from center.sites.models import Link, Node, Provider, Upstream

    for number in range(count - len(sites)):
        add_site(f"cctv-titik-{number + 1}", f"Titik {number + 1}")
        sites.append(f"cctv-titik-{number + 1}")
    for code, name in PROVIDERS:
        credits = "[[99.5, 5], [99, 10]]"
        Provider.objects.create(code=code, name=name, contract_hours="", promised_pct=99.5, credits=credits)
        Upstream.objects.create(code=f"line-{code}", name=name, kind="line", provider_id=code)
    now = datetime.now(UTC)
    names = sites[:count]
    Node.objects.bulk_create(
        Node(id=code, site_id=code, enrolled_at=now, certificate_serial="01", sign_key="",
             certificate_expires_at=now + timedelta(days=300))
        for code in names
    )  # fmt: skip
    for number, code in enumerate(names):
        line = f"line-{PROVIDERS[number % 2][0]}"
        Link.objects.create(site_id=code, upstream_id=line, circuit=f"SRG-{number:04}")
        seen_ms = time.time_ns() // 1_000_000
        NodeState.objects.create(
            node=code, state="UP", since_ms=seen_ms - HOUR_MS, last_seen_ms=seen_ms, report_ms=seen_ms, verdict="OK",
            version="0.1.0", epoch="e1", boot="b1", run="r1",
        )  # fmt: skip
    return names


def _year(node: str, chance: random.Random, days: list[int], now_ms: int) -> None:
    from center.availability.storing import store_days, store_outages
    from center.connectivity.models import VerdictChange
    from center.ingest.models import Contact, Epoch

    start_ms = calendar.bounds(days[0]).start_ms
    outages = list(_outages(node, chance, start_ms, now_ms))
    Epoch.objects.create(node=node, epoch="e1", first_seen_ms=start_ms)
    edges = [
        start_ms,
        *(at for one in outages for at in (one.start.lo_ms, one.end.hi_ms if one.end else now_ms)),
        now_ms,
    ]
    contacts = [(edges[at], edges[at + 1]) for at in range(0, len(edges) - 1, 2)]
    Contact.objects.bulk_create(
        Contact(node=node, born_ms=born, heard_ms=heard, ended_ms=heard, end_reason="will", epoch="e1", session=number,
                boot="b1", run="r1")
        for number, (born, heard) in enumerate(contacts)
    )  # fmt: skip
    facts = NodeFacts(node, start_ms, contacts=tuple(ContactFact(b, h, h, "will", "b1", "r1") for b, h in contacts))
    store_outages(node, outages, start_ms, now_ms)
    store_days(seconds(facts, outages, days, now_ms))
    VerdictChange.objects.bulk_create(_verdicts(VerdictChange, node, outages))


def _outages(node: str, chance: random.Random, start_ms: int, now_ms: int) -> Iterator[Concluded]:
    at_ms = start_ms
    while (at_ms := at_ms + int(chance.expovariate(OUTAGES_A_DAY / DAY_MS)) + 600_000) < now_ms - 3 * HOUR_MS:
        end_ms = at_ms + int(min(2 * HOUR_MS, 15_000 + chance.expovariate(1 / 600_000)))
        edge_ms = chance.choice((0, 0, 0, 32_000))
        cause, party, counts = chance.choice(CAUSES)
        evidence = ({"what": "told", "id": f"o-{at_ms}"},)
        end = When(end_ms, end_ms + edge_ms)
        yield Concluded(node, When(at_ms - edge_ms, at_ms), end, cause, party, counts, "", True, evidence)
        at_ms = end.hi_ms


def _verdicts(row: Any, node: str, outages: list[Concluded]) -> Iterator[Any]:
    """The node's own verdicts around each outage."""
    for number, one in enumerate(outages):
        for step, (at_ms, code) in enumerate(((one.start.hi_ms, one.cause), (one.end.lo_ms if one.end else 0, "OK"))):
            if at_ms and one.told:
                mono_ms = at_ms - outages[0].start.lo_ms + 60_000
                yield row(node=node, epoch="e1", seq=2 * number + step + 1, boot="b1", mono_ms=mono_ms,
                          wall_ms=at_ms, at_ms=at_ms, at_quality="ntp", received_ms=at_ms + 60_000,
                          since_mono_ms=mono_ms, code=code, confidence_pct=90.0, json="{}")  # fmt: skip


def _reports(node: str, raw_days: int, now_ms: int) -> None:
    from tests.support import wall_city

    wall_city.add_reports(node, raw_days * 2880)


def _rollups(node: str, chance: random.Random, days: int, now_ms: int) -> None:
    """An hour each for the whole time: what charts of a month and of a year are drawn from."""
    from center.availability.models import Rollup
    from center.core.rollup import Rollup as Measured
    from center.core.rollup import Spread, Tally, to_json

    hist = tuple((bucket, chance.randrange(5, 200)) for bucket in range(20, 32))
    targets = {name: Tally(720, 3, 0, hist) for name in ("icmp gateway", "icmp center", "dns resolver-1")}
    system = {name: Spread(120, 120 * 31_000, 60_000) for name in ("cpu_pct", "mem_pct", "temp_c")}
    text = to_json(Measured(120, 0, system, targets))
    for step_s, count in ((3600, days * 24), (86_400, days)):
        first = now_ms - now_ms % (step_s * 1000) - count * step_s * 1000
        Rollup.objects.bulk_create(
            Rollup(node=node, step_s=step_s, at_ms=first + at * step_s * 1000, reports=120, json=text)
            for at in range(count)
        )
