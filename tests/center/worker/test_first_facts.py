"""A database of before gets its facts in one pass, in steps: the same as if it had kept them from the first day."""

from pathlib import Path
from typing import Any

from tests.support import two_days
from tests.support.arithmetic import conclusions, work_out_due
from tests.support.arrivals import project_all

NOW_MS = two_days.END_MS + 60_000


def facts() -> tuple[list[Any], ...]:
    from center.availability.models import Alive, Life, Rollup

    found = []
    for model, order in ((Life, ("node", "boot", "run")), (Alive, ("node", "boot", "run", "first_mono_ms"))):
        found.append([{**row, "id": 0} for row in model.objects.order_by(*order).values()])
    rollups = Rollup.objects.order_by("node", "step_s", "at_ms").values_list("node", "step_s", "at_ms", "json")
    return *found, list(rollups)


def test_what_arrived_before_this_version_is_read_once_more_in_steps(center_data: Path) -> None:
    from center.availability.models import Alive, Day, Due, Life, Outage, Rollup
    from center.worker.first_facts import FirstFacts
    from center.worker.rollups import work_out

    two_days.register()
    two_days.store_sessions(center_data)
    for batch in two_days.deliveries():
        two_days.deliver(center_data, batch, two_days.DELIVERED_MS)
    project_all(center_data)
    work_out_due(NOW_MS)
    before = facts(), conclusions()
    for model in (Life, Alive, Rollup, Outage, Day, Due):
        model.objects.all().delete()
    steps, reading = 0, FirstFacts()
    while reading.step():
        steps += 1
        if steps == 2:
            reading = FirstFacts()  # stopped, and started again
    while work_out():
        pass
    work_out_due(NOW_MS)
    assert steps > 4 and reading.done
    assert (facts(), conclusions()) == before
    assert not FirstFacts().step()


def test_an_empty_database_has_nothing_to_read_and_later_records_are_not_read_twice(center_data: Path) -> None:
    from center.worker.first_facts import FirstFacts

    reading = FirstFacts()
    while reading.step():
        pass
    two_days.deliver(center_data, two_days.deliveries()[0], two_days.END_MS)
    project_all(center_data)
    assert not FirstFacts().step()


def test_the_session_a_node_is_in_is_taken_over_from_its_presence(center_data: Path) -> None:
    from center.ingest.models import Contact
    from center.worker.first_facts import FirstFacts

    two_days.store_sessions(center_data)
    columns = ("node", "session", "born_ms", "heard_ms", "ended_ms", "end_reason")
    newest = list(Contact.objects.filter(ended_ms=None).order_by("node").values_list(*columns))
    Contact.objects.all().delete()
    FirstFacts().step()
    assert list(Contact.objects.order_by("node").values_list(*columns)) == newest
