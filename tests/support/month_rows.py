"""A month as the arithmetic has left it in the database: outages and days of a small city, drawn by a seed.

Days are swept from the outages by the real sweep and written by the real writer, so that they belong together.
"""

import random
from datetime import UTC, datetime, timedelta

from center.core import days as calendar
from center.core.facts import Concluded, ContactFact, NodeFacts, Span, When
from center.core.hours import parse
from center.core.sweep import seconds

MONTH = 202610
NODES = ("kel-3673011001", "kel-3673021001", "kel-3673031001", "opd-diskominfo")
HOURS = "Mon-Fri 07:30-16:00"
CAUSES = (("L5b", "isp", "down"), ("L6a", "isp", "down"), ("N0", "pln", "down"), ("L1", "site", "down"),
          ("silent", "none", "down"), ("B1", "center", "up"))  # fmt: skip


def month_window(month: int = MONTH) -> Span:
    first, last = calendar.month(month)
    return Span(calendar.bounds(first).start_ms, calendar.bounds(last).end_ms)


def add_registry() -> None:
    """The sites of the nodes, two providers, and who is whose."""
    from center.sites.models import Link, Node, Provider, Upstream

    steps = "[[99.5, 5], [99.0, 10], [95, 25]]"
    Provider.objects.create(code="astinet", name="Astinet", contract_hours=HOURS, promised_pct=99.5, credits=steps)
    Provider.objects.create(code="banten-net", name="=Banten Net", promised_pct=98, credits=steps)
    for code in ("astinet", "banten-net"):
        Upstream.objects.create(code=f"line-{code}", name=code, kind="line", provider_id=code)
    for number, node in enumerate(NODES):
        Node.objects.create(id=node, site_id=node, enrolled_at=datetime.now(UTC), certificate_serial="01",
                            certificate_expires_at=datetime.now(UTC) + timedelta(days=365), sign_key="")  # fmt: skip
        line = "line-astinet" if number < 3 else "line-banten-net"
        Link.objects.create(site_id=node, upstream_id=line, circuit=f"SRG-{number:04}")


def add_month(seed: int = 1, month: int = MONTH, nodes: tuple[str, ...] = NODES, outages: int = 6) -> None:
    """Outages and days of the month; the first node loses three days of data in the middle, and is bounded by it."""
    from center.availability.storing import store_days, store_outages
    from center.ingest.models import Epoch

    chance, window = random.Random(seed), month_window(month)
    for number, node in enumerate(nodes):
        drawn = _outages(node, chance, window, outages)
        facts = NodeFacts(node, window.start_ms, contacts=contacts_of(node, month, blank=number == 0))
        days = list(calendar.days(*calendar.month(month)))
        hours = parse(HOURS) if node in NODES[:3] else None
        store_outages(node, drawn, window.start_ms, window.end_ms)
        store_days(seconds(facts, drawn, days, window.end_ms, hours))
        Epoch.objects.update_or_create(node=node, epoch="e1", defaults={"first_seen_ms": window.start_ms})


def contacts_of(node: str, month: int = MONTH, *, blank: bool | None = None) -> tuple[ContactFact, ...]:
    """When the node was heard: all the month, the first node not from the 11th to the 13th."""
    window = month_window(month)
    missing = Span(window.start_ms + 10 * 86_400_000, window.start_ms + 13 * 86_400_000)
    heard = [Span(window.start_ms, window.end_ms)]
    if node == NODES[0] if blank is None else blank:
        heard = [Span(window.start_ms, missing.start_ms), Span(missing.end_ms, window.end_ms)]
    return tuple(ContactFact(one.start_ms, one.end_ms, one.end_ms, "stop", "b", "r") for one in heard)


def outages_of(node: str, seed: int = 1, month: int = MONTH, outages: int = 6) -> list[Concluded]:
    """The outages `add_month` gives to the first node it is told of."""
    return _outages(node, random.Random(seed), month_window(month), outages)


def _outages(node: str, chance: random.Random, window: Span, count: int) -> list[Concluded]:
    length = (window.end_ms - window.start_ms) // (count + 1)
    found = []
    for number in range(count):
        start = window.start_ms + number * length + chance.randrange(length // 2)
        end = start + chance.choice((7_321, 61_000, 1_800_123, 14_400_777))
        edge = chance.choice((0, 0, 32_000))
        cause, party, counts = chance.choice(CAUSES)
        evidence = ({"what": "told", "id": f"o{number}"},)
        spans = When(start, start + edge), When(end + edge, end + 2 * edge)
        found.append(Concluded(node, *spans, cause, party, counts, "", True, evidence))
    return found
