"""Outages in the database: opened by silence, amended by the journal, kept by people, and never out of the centre's
own absence."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support import two_days
from tests.support.arithmetic import work_out_due
from tests.support.arrivals import project_all, store_state
from tests.support.fleet import NODE
from tests.support.two_days import at


def heard(data: Path, what: str, session: int, at_ms: int, node: str = NODE) -> None:
    status = "online" if what == "birth" else "offline"
    store_state(data, at_ms, status=status, reason=what, session=session, node=node, boot="boot-a")


def still(data: Path, session: int, at_ms: int, node: str = NODE) -> None:
    """Something arrives live in this session."""
    store_state(data, at_ms - 1_000, session=session, node=node, boot="boot-a")


def listened(*hours: tuple[float, float]) -> None:
    from center.ingest import hearing

    for since, until in hours:
        hearing.heard(at(since), at(until))


def rows() -> list[Any]:
    from center.availability import reading

    return reading.outages(None, 0, at(96))


def test_lost_contact_opens_a_provisional_outage_and_the_next_contact_ends_it(center_data: Path) -> None:
    listened((0, 40))
    heard(center_data, "birth", 1, at(1))
    heard(center_data, "will", 1, at(2))
    work_out_due(at(3))
    (opened,) = rows()
    assert (opened.cause, opened.told, opened.end_ms, opened.revision) == ("silent", False, None, 1)
    assert opened.start_hi_ms <= at(2)
    heard(center_data, "birth", 2, at(5))
    still(center_data, 2, at(6))
    work_out_due(at(6))
    (ended,) = rows()
    assert (ended.id, ended.end_hi_ms, ended.revision) == (opened.id, at(5), 2)


def test_the_journal_names_the_cause_of_an_outage_that_keeps_its_number_and_its_ticket(center_data: Path) -> None:
    from center.availability import reading
    from center.availability.models import Outage

    two_days.register()
    two_days.store_sessions(center_data)
    work_out_due(two_days.END_MS + 60_000)
    node = two_days.NODES[0]
    before = {row.start_hi_ms // 3_600_000: row for row in rows() if row.node == node}
    first = before[at(23.8) // 3_600_000]
    assert (first.cause, first.told) == ("silent", False)
    Outage.objects.filter(id=first.id).update(ticket="ISP-77", reported_by="operator", reported_ms=5, incident=9)
    for batch in two_days.deliveries():
        two_days.deliver(center_data, batch, two_days.DELIVERED_MS)
    project_all(center_data)
    work_out_due(two_days.END_MS + 60_000)
    amended = reading.outage(first.id)
    assert amended is not None
    assert (amended.cause, amended.party, amended.told) == ("L5b", "isp", True)
    assert (amended.ticket, amended.reported_by, amended.incident) == ("ISP-77", "operator", 9)
    said = reading.revisions(first.id)
    assert [one.revision for one in said] == list(range(1, amended.revision))
    assert said[0].said["cause"] == "silent" and said[-1].said["ticket"] == "ISP-77"
    assert said[0].why == "told"


def test_what_later_facts_withdraw_is_gone_and_its_revisions_stay(center_data: Path) -> None:
    from center.availability.models import Outage, OutageRevision
    from center.availability.storing import store_outages

    listened((0, 40))
    heard(center_data, "birth", 1, at(1))
    heard(center_data, "will", 1, at(2))
    work_out_due(at(3))
    (row,) = rows()
    assert len(store_outages(NODE, (), 0, at(4))) == 1
    assert not Outage.objects.exists()
    left = OutageRevision.objects.get()
    assert (left.outage, left.why, json.loads(left.json)["cause"]) == (row.id, "withdrawn", "silent")


@pytest.mark.parametrize("away", [(2.0, 9.0), (1.5, 30.0)])
def test_nothing_is_concluded_from_the_time_in_which_the_centre_did_not_listen(
    center_data: Path, away: tuple[float, float]
) -> None:
    """A restored database knows the session of before as open; its node comes back as soon as anybody listens."""
    from center.availability.models import Day

    listened((0, away[0]), (away[1], away[1] + 3))
    heard(center_data, "birth", 1, at(1))
    still(center_data, 1, at(away[0]))
    heard(center_data, "birth", 2, at(away[1]) + 8_000)
    still(center_data, 2, at(away[1] + 3))
    work_out_due(at(away[1] + 3))
    assert rows() == []
    days = list(Day.objects.all())
    assert sum(day.down_s for day in days) == 0
    assert sum(day.unknown_s for day in days) == pytest.approx(3600 * (away[1] - away[0]), abs=60)


def test_planned_work_excuses_from_the_moment_it_was_announced_and_its_end_makes_it_count_again(
    center_data: Path,
) -> None:
    from center.availability import due
    from center.availability.models import Day
    from center.operations.models import Work

    two_days.register()
    listened((0, 40))
    heard(center_data, "birth", 1, at(1))
    still(center_data, 1, at(2))
    heard(center_data, "will", 1, at(2))
    heard(center_data, "birth", 2, at(12))
    still(center_data, 2, at(13))
    work = Work.objects.create(
        scope="upstream",
        subject="feeder-1",
        from_ms=at(2),
        until_ms=at(8),
        made_ms=at(4),
        by="operator",
        reason="gardu",
    )
    due.mark_upstream("feeder-1", at(2))
    work_out_due(at(13))
    day = Day.objects.get(node=NODE)
    assert day.maintenance_s == 4 * 3600
    assert day.maintenance_s + day.down_s + day.unknown_s == pytest.approx(10 * 3600, abs=3)
    Work.objects.filter(id=work.pk).update(cancelled_ms=at(5), cancelled_by="operator")
    due.mark_upstream("feeder-1", at(5))
    work_out_due(at(13))
    assert Day.objects.get(node=NODE).maintenance_s == 3600


def test_reading_gives_days_and_outages_of_those_asked_for(center_data: Path) -> None:
    from center.availability import reading

    listened((0, 40))
    for node in two_days.NODES[:2]:
        heard(center_data, "birth", 1, at(1), node)
        heard(center_data, "will", 1, at(2), node)
    heard(center_data, "birth", 2, at(5), two_days.NODES[1])
    still(center_data, 2, at(30), two_days.NODES[1])
    work_out_due(at(30))
    assert [(day.node, day.day) for day in reading.days(two_days.NODES[:1], 20250930, 20251001)] == [
        (NODE, 20250930),
        (NODE, 20251001),
    ]
    assert len(reading.days(None, 20250930, 20250930)) == 2
    assert [row.node for row in reading.outages(None, at(0), at(30), open=True)] == [NODE]
    assert [row.node for row in reading.outages([two_days.NODES[1]], at(0), at(30))] == [two_days.NODES[1]]
    assert reading.outages([], at(0), at(30)) == [] and reading.outages(None, at(6), at(30), open=False) == []


def test_a_retired_node_counts_until_it_was_heard_last_and_an_enrolled_one_counts_again(center_data: Path) -> None:
    from center.availability import due
    from center.availability.models import Day
    from center.sites.models import Node

    two_days.register()
    listened((0, 40))
    heard(center_data, "birth", 1, at(1))
    still(center_data, 1, at(3))
    heard(center_data, "will", 1, at(3))
    work_out_due(at(30))
    assert [day.day for day in Day.objects.order_by("day")] == [20250930, 20251001]
    for retired, outages in ((True, 0), (False, 1)):
        Node.objects.filter(id=NODE).update(retired=retired)
        due.mark({NODE: 0})
        work_out_due(at(30))
        assert len(rows()) == outages
        known = {day.day: day.up_s + day.down_s + day.unknown_s for day in Day.objects.all()}
        assert (20251001 in known) is not retired
        assert known[20250930] == pytest.approx(2 * 3600 if retired else 23 * 3600, abs=5)


def test_work_on_one_of_two_redundant_feeders_excuses_nothing_as_it_hides_nothing_live(center_data: Path) -> None:
    from center.availability import due
    from center.availability.models import Day
    from center.operations.models import Work
    from center.operations.works import under_maintenance
    from center.sites.models import Link, Node, Upstream

    two_days.register()
    Upstream.objects.create(code="feeder-spare", name="Cadangan", kind="feeder")
    site = Node.objects.get(pk=NODE).site_id
    Link.objects.filter(site_id=site, upstream__kind="feeder").update(needs="any")
    spare = Link.objects.create(site_id=site, upstream_id="feeder-spare", needs="any")
    listened((0, 40))
    heard(center_data, "birth", 1, at(1))
    still(center_data, 1, at(2))
    heard(center_data, "will", 1, at(2))
    heard(center_data, "birth", 2, at(12))
    still(center_data, 2, at(13))
    common = {"from_ms": at(2), "until_ms": at(8), "made_ms": at(1), "by": "operator", "reason": "gardu"}
    Work.objects.create(scope="upstream", subject="feeder-1", **common)
    due.mark_upstream("feeder-1", at(2))
    work_out_due(at(13))
    assert Day.objects.get(node=NODE).maintenance_s == 0 and NODE not in under_maintenance(at(3))
    spare.delete()
    due.mark_upstream("feeder-1", at(2))
    work_out_due(at(13))
    assert Day.objects.get(node=NODE).maintenance_s == 6 * 3600 and NODE in under_maintenance(at(3))


@pytest.mark.parametrize("first", ["feeder-1", "feeder-spare"])
def test_work_on_both_of_two_feeders_excuses_and_hides_while_both_last_whichever_was_announced_first(
    center_data: Path, first: str
) -> None:
    from center.availability import due
    from center.availability.models import Day
    from center.operations.models import Work
    from center.operations.works import under_maintenance
    from center.sites.models import Link, Node, Upstream

    two_days.register()
    Upstream.objects.create(code="feeder-spare", name="Cadangan", kind="feeder")
    site = Node.objects.get(pk=NODE).site_id
    Link.objects.filter(site_id=site, upstream__kind="feeder").update(needs="any")
    Link.objects.create(site_id=site, upstream_id="feeder-spare", needs="any")
    listened((0, 40))
    heard(center_data, "birth", 1, at(1))
    still(center_data, 1, at(2))
    heard(center_data, "will", 1, at(2))
    heard(center_data, "birth", 2, at(12))
    still(center_data, 2, at(13))
    hours = {"feeder-1": (2, 8), "feeder-spare": (5, 10)}
    for feeder in sorted(hours, key=lambda code: code != first):
        start, end = hours[feeder]
        Work.objects.create(scope="upstream", subject=feeder, from_ms=at(start), until_ms=at(end), made_ms=at(1),
                            by="operator", reason="gardu")  # fmt: skip
        due.mark_upstream(feeder, at(start))
        work_out_due(at(13))
    assert Day.objects.get(node=NODE).maintenance_s == 3 * 3600
    assert NODE not in under_maintenance(at(4)) and NODE not in under_maintenance(at(9))
    assert under_maintenance(at(6))[NODE] == at(5)
    Work.objects.filter(subject="feeder-spare").update(cancelled_ms=at(6), cancelled_by="operator")
    due.mark_upstream("feeder-spare", at(6))
    work_out_due(at(13))
    assert Day.objects.get(node=NODE).maintenance_s == 3600 and NODE not in under_maintenance(at(7))
