"""The month in the centre's database: its registry, its works, what arrives, and what is then published from it."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from random import Random

from tests.city_month.arrivals import interleaved
from tests.city_month.doors import deliver
from tests.city_month.layout import AREAS, CORE, FEEDERS, LINKS
from tests.city_month.make import DAY_MS, Month
from tests.city_month.published import Day, Outage, Published

COLUMNS = "node, start_lo_ms, start_hi_ms, end_lo_ms, end_hi_ms, cause, party, counts, parent, told"
DAY, FROM = "node, day, up_s, down_s, maintenance_s, unknown_s", "FROM availability_day"


def register(month: Month) -> None:
    """Sites, what they hang on, planned work, when ingest listened, and when the centre was blind."""
    from django.utils import timezone

    from center.ingest.models import Hearing
    from center.operations.models import Incident, Work
    from center.sites.models import Link, Node, Provider, Site, Upstream

    Provider.objects.bulk_create([Provider(code=code, name=code) for code in ("isp-a", "isp-b")])
    kinds = {"line": LINKS, "feeder": FEEDERS, "area": AREAS, "core": (CORE,)}
    Upstream.objects.bulk_create(
        [
            Upstream(code=code, name=code, kind=kind, provider_id=code[:5] if kind == "line" else None)
            for kind, codes in kinds.items()
            for code in codes
        ]
    )
    for place in month.places:
        site = Site.objects.create(code=place.node, name=place.node, kind=place.node.partition("-")[0])
        Node.objects.create(
            id=place.node,
            site=site,
            enrolled_at=timezone.now(),
            certificate_serial="01",
            certificate_expires_at=timezone.now() + timedelta(days=365),
        )
        hangs = (*place.lines, place.feeder, place.area, CORE)
        Link.objects.bulk_create([Link(site=site, upstream_id=code) for code in hangs])
    Hearing.objects.bulk_create([Hearing(since_ms=start, until_ms=end) for start, end in month.truth.hearing])
    Incident.objects.bulk_create([
        Incident(kind="blind", severity="critical", started_ms=start, opened_ms=start + 90_000, resolved_ms=end)
        for start, end in month.truth.blind
    ])  # fmt: skip
    Work.objects.bulk_create([
        Work(
            scope="upstream" if of else "city", subject=of, from_ms=start, until_ms=end, reason="planned", by="x",
            made_ms=start - 3_600_000,
        )
        for start, end, of in month.works
    ])  # fmt: skip


def arrive(month: Month, data: Path, real: frozenset[str], stages: int) -> Iterator[int]:
    """Everything through the doors in `stages` of time; after each, what is known at that moment is worked out."""
    length = month.truth.until_ms - month.truth.start_ms
    moments = [month.truth.start_ms + length * number // stages for number in range(1, stages + 1)]
    arrivals = interleaved(month, real, None, moments[:-1])
    for before, moment in pairwise([0, *moments]):
        is_last = moment == moments[-1]
        deliver(data, [one for one in arrivals if before < one.at_ms and (is_last or one.at_ms <= moment)])
        _project(data)
        if is_last:
            _retire(month)
        work_out(month, moment)
        yield moment


def arrive_shuffled(month: Month, data: Path, real: frozenset[str], random: Random, stages: int) -> None:
    """The same in no order, in `stages` of which each is worked out."""
    arrivals = interleaved(month, real, random, ())
    each = -(-len(arrivals) // stages)
    _retire(month)
    for at in range(0, len(arrivals), each):
        deliver(data, arrivals[at : at + each])
        _project(data)
        work_out(month, month.truth.until_ms)


def _retire(month: Month) -> None:
    """Nodes that were taken down are retired at last. They count until they were heard last: nobody knows more."""
    from center.sites.models import Node

    for node, truth in month.truth.nodes.items():
        if truth.boots[-1].runs[-1].ending != "lives":
            Node.objects.filter(id=node).update(retired=True)
            truth.retired_ms = max(one.heard_ms(month.truth.until_ms) for one in month.evidence[node].contacts)


def _project(data: Path) -> None:
    from center.worker.projection import project_page
    from center.worker.redating import redate

    while project_page(data):
        pass
    while redate():
        pass


def work_out(month: Month, now_ms: int) -> int:
    """As the worker does: everybody from the month's first day, then whoever is due; how many passes."""
    from center.availability.passes import Pass
    from center.ingest.database import select

    nodes = [node for (node,) in select("SELECT DISTINCT node FROM ingest_epoch ORDER BY node")]
    for _ in Pass(nodes, month.truth.start_ms - DAY_MS, now_ms).run():
        pass
    passes = 1
    while rows := select("SELECT node, from_ms, version FROM availability_due ORDER BY node"):
        assert passes < 50, "it never comes to an end"
        versions = {node: version for node, _from, version in rows}
        for _ in Pass(tuple(versions), min(row[1] for row in rows), now_ms, versions).run():
            pass
        passes += 1
    return passes


def published(month: Month) -> Published:
    """What stands in the tables."""
    from center.core.days import bounds
    from center.ingest.database import select

    found = Published()
    for node, day, *seconds in select(f"SELECT {DAY} {FROM}"):
        number, past = divmod(bounds(day).start_ms - month.truth.start_ms, DAY_MS)
        if past == 0 and 0 <= number < month.days:
            found.days[node, number] = Day(*seconds)
    for node, lo, hi, end_lo, end_hi, *said in select(f"SELECT {COLUMNS} FROM availability_outage"):
        end = None if end_lo is None else (end_lo, end_hi)
        found.outages.append(Outage(node, (lo, hi), end, *said[:-1], told=bool(said[-1])))
    return found


def rows() -> list[tuple[object, ...]]:
    """Outages and days as they stand in the tables, but for numbers and for when they were written."""
    from center.ingest.database import select

    order = "node, start_lo_ms, start_hi_ms, cause"
    outages = select(f"SELECT {COLUMNS}, evidence FROM availability_outage ORDER BY {order}")
    days = select(
        f"SELECT {DAY}, isp_up_s, isp_down_s, isp_excluded_s, isp_unknown_s, causes {FROM} ORDER BY node, day"
    )
    return [tuple(row) for row in (*outages, *days)]
