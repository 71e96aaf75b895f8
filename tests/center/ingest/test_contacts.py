"""Contacts: sessions as the centre heard them, whoever heard them first; and the stretches in which it heard."""

import itertools
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.arrivals import RECEIVED, store_records, store_state
from tests.support.fleet import NODE, record

SAID = {"birth": ("online", "birth"), "will": ("offline", "will"), "stop": ("offline", "stop")}


def heard(data: Path, what: str, session: int, at_ms: int, retained: bool = False, epoch: str = "epoch-1") -> None:
    status, reason = SAID[what]
    store_state(data, RECEIVED + at_ms, retained, status=status, reason=reason, session=session, epoch=epoch)


def contacts() -> list[tuple[str, int, int, int, int | None, str]]:
    from center.ingest.models import Contact

    rows = Contact.objects.order_by("born_ms", "id")
    return [
        (
            row.epoch,
            row.session,
            row.born_ms - RECEIVED,
            row.heard_ms - RECEIVED,
            None if row.ended_ms is None else row.ended_ms - RECEIVED,
            row.end_reason,
        )
        for row in rows
    ]


def test_a_session_lasts_from_its_birth_to_its_will_and_was_heard_until_its_last_delivery(center_data: Path) -> None:
    heard(center_data, "birth", 1, 0)
    store_records(center_data, [record(1)], received_ms=RECEIVED + 700)
    assert contacts() == [("epoch-1", 1, 0, 0, None, "")]
    heard(center_data, "will", 1, 1000)
    assert contacts() == [("epoch-1", 1, 0, 700, 1000, "will")]


def test_an_orderly_stop_is_the_last_that_was_heard(center_data: Path) -> None:
    heard(center_data, "birth", 1, 0)
    heard(center_data, "stop", 1, 500)
    assert contacts() == [("epoch-1", 1, 0, 500, 500, "stop")]


def test_a_session_that_ended_unnoticed_is_closed_by_the_next_one(center_data: Path) -> None:
    heard(center_data, "birth", 1, 0)
    store_records(center_data, [record(1)], received_ms=RECEIVED + 300)
    heard(center_data, "birth", 2, 9000)
    heard(center_data, "will", 1, 9500)
    assert contacts() == [("epoch-1", 1, 0, 300, 9000, "replaced"), ("epoch-1", 2, 9000, 9000, None, "")]


def test_a_new_file_of_the_same_node_closes_the_session_of_the_old_one(center_data: Path) -> None:
    heard(center_data, "birth", 7, 0)
    heard(center_data, "birth", 1, 400, epoch="epoch-2")
    assert contacts() == [("epoch-1", 7, 0, 0, 400, "replaced"), ("epoch-2", 1, 400, 400, None, "")]


def test_a_retained_birth_becomes_a_contact_with_the_first_that_arrives_live(center_data: Path) -> None:
    heard(center_data, "birth", 4, 0, retained=True)
    assert contacts() == []
    store_records(center_data, [record(1)], received_ms=RECEIVED + 200)
    assert contacts() == [("epoch-1", 4, 200, 200, None, "")]
    heard(center_data, "will", 4, 900, retained=True)
    assert contacts() == [("epoch-1", 4, 200, 200, 900, "will")]


def test_a_delivery_behind_the_will_opens_no_contact(center_data: Path) -> None:
    heard(center_data, "will", 3, 0, retained=True)
    store_records(center_data, [record(1)], received_ms=RECEIVED + 200)
    assert contacts() == []


def test_every_change_of_a_contact_makes_the_node_due(center_data: Path) -> None:
    from center.availability.models import Due

    for what, at_ms in (("birth", 100), ("will", 900)):
        Due.objects.all().delete()
        heard(center_data, what, 1, at_ms)
        assert Due.objects.values_list("node", "from_ms").get() == (NODE, RECEIVED + at_ms - 1)
    Due.objects.all().delete()
    heard(center_data, "will", 1, 900)
    assert not Due.objects.exists()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(st.lists(st.sampled_from(["will", "stop"]), min_size=1, max_size=3), st.booleans(), st.data())
def test_any_interleaving_of_two_workers_leaves_the_same_contacts(
    center_data: Path, ends: list[str], open_at_end: bool, data: st.DataObject
) -> None:
    """Each hears everything in the right order and stamps it alike; how the two interleave is chance."""
    from center.ingest.models import Contact, Presence

    Presence.objects.all().delete()
    Contact.objects.all().delete()
    said = list(itertools.chain.from_iterable([("birth", n), (end, n)] for n, end in enumerate(ends, 1)))
    if open_at_end:
        said.append(("birth", len(ends) + 1))
    first, second = iter(enumerate(said)), iter(enumerate(said))
    for turn in data.draw(st.permutations([0] * len(said) + [1] * len(said))):
        place, (what, session) = next(second if turn else first)
        heard(center_data, what, session, 1000 * place)
    wanted = [
        ("epoch-1", n, 2000 * (n - 1), 2000 * (n - 1) + 1000 * (end == "stop"), 2000 * n - 1000, end)
        for n, end in enumerate(ends, 1)
    ]
    if open_at_end:
        wanted.append(("epoch-1", len(ends) + 1, 2000 * len(ends), 2000 * len(ends), None, ""))
    assert contacts() == wanted


def test_workers_that_listen_at_the_same_time_share_a_stretch_and_a_pause_begins_another(center_data: Path) -> None:
    from center.ingest import hearing
    from center.ingest.models import Hearing

    for since_ms, until_ms in ((1000, 1000), (1000, 6000), (4000, 8000), (1000, 7000), (9000, 9500), (9000, 9000)):
        hearing.heard(since_ms, until_ms)
    assert list(Hearing.objects.order_by("since_ms").values_list("since_ms", "until_ms")) == [
        (1000, 8000),
        (9000, 9500),
    ]
    hearing.heard(20_000, 10_000)
    assert Hearing.objects.count() == 2
