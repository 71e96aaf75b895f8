"""From the database to the document: what was planned work costs nobody anything, and a retired node ends."""

from pathlib import Path
from typing import Any

from tests.support.month_rows import MONTH, NODES, month_window

WINDOW = month_window()


def lost() -> dict[str, int]:
    """Seconds lost by node, as the month's outages say."""
    from center.reports.build import month_document

    found: dict[str, int] = dict.fromkeys(NODES, 0)
    for row in month_document(MONTH, WINDOW.end_ms + 1)["outages"]:
        found[row["node"]] += row["lost_s"]
    return found


def add_work(scope: str, subject: str = "", **fields: Any) -> None:
    from center.operations.models import Work

    values = {"from_ms": WINDOW.start_ms, "until_ms": WINDOW.end_ms, "made_ms": WINDOW.start_ms - 1, **fields}
    Work.objects.create(scope=scope, subject=subject, reason="kabel baru", by="admin", **values)


def add_stay(node: str, at_ms: int, lasts_ms: int) -> None:
    from center.operations.models import Maintenance

    Maintenance.objects.create(node=node, epoch="e1", seq=1, boot="b", mono_ms=1, wall_ms=at_ms, at_ms=at_ms,
                               at_quality="ntp", received_ms=at_ms, active=True, lasts_ms=lasts_ms)  # fmt: skip


def test_planned_work_of_the_city_excuses_every_outage_in_it(fresh_city: Path) -> None:
    before = lost()
    assert all(before.values())
    add_work("city", cancelled_ms=WINDOW.start_ms)
    assert lost() == before, "it was called off before it began"
    add_work("city")
    assert not any(lost().values())


def test_work_on_a_line_excuses_those_it_carries_and_nobody_else(fresh_city: Path) -> None:
    before = lost()
    add_work("upstream", "line-astinet")
    assert lost() == {**dict.fromkeys(NODES[:3], 0), NODES[3]: before[NODES[3]]}


def test_work_on_a_line_excuses_who_hung_on_it_then(fresh_city: Path) -> None:
    """The first node went over to the other line in the middle of the month, and so did the work on each line."""
    from center.sites.models import LineTerm, Link

    node, middle_ms = NODES[0], WINDOW.start_ms + 15 * 86_400_000
    before = lost_until(node, middle_ms)
    assert all(before), "there are outages on both sides"
    Link.objects.filter(site_id=node, upstream_id="line-astinet").update(upstream_id="line-banten-net")
    for from_ms, provider in ((0, "astinet"), (middle_ms, "banten-net")):
        LineTerm.objects.create(site_id=node, from_ms=from_ms, provider=provider, upstream=f"line-{provider}")
    add_work("upstream", "line-astinet")
    assert lost_until(node, middle_ms) == (0, before[1])
    add_work("upstream", "line-banten-net")
    assert lost_until(node, middle_ms) == (0, 0)


def lost_until(node: str, middle_ms: int) -> tuple[int, int]:
    """Seconds lost by outages that began before and after a moment."""
    from center.reports.build import month_document

    rows = [row for row in month_document(MONTH, WINDOW.end_ms + 1)["outages"] if row["node"] == node]
    early = [row["lost_s"] for row in rows if row["start_ms"][0] < middle_ms]
    return sum(early), sum(row["lost_s"] for row in rows) - sum(early)


def test_a_technicians_stay_excuses_its_own_node_while_it_lasts(fresh_city: Path) -> None:
    from center.availability.reading import outages

    before = lost()
    node = NODES[1]
    one = next(row for row in outages([node], WINDOW.start_ms, WINDOW.end_ms) if row.counts == "down")
    assert one.certain_ms
    add_stay(node, one.start_lo_ms - 60_000, one.certain_ms + 120_000)
    after = lost()
    assert before[node] - after[node] in {one.certain_ms // 1000, one.certain_ms // 1000 + 1}
    assert {name: after[name] for name in NODES if name != node} == {
        name: before[name] for name in NODES if name != node
    }


def test_a_nodes_beginning_is_the_same_asked_alone_and_asked_with_all(fresh_city: Path) -> None:
    from center.availability.loading import known_since_ms, known_since_of_nodes
    from center.ingest.models import Contact

    Contact.objects.create(node=NODES[0], epoch="e0", session=1, boot="b", run="r", born_ms=5, heard_ms=6)
    every = known_since_of_nodes()
    assert every == {node: known_since_ms(node) for node in NODES}
    assert every[NODES[0]] == 5
