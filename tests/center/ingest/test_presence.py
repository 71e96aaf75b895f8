"""Births and wills, heard by several workers in any order."""

import itertools
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.arrivals import RECEIVED, store_records, store_state
from tests.support.fleet import NODE, record

SAID = {"birth": ("online", "birth"), "will": ("offline", "will"), "stop": ("offline", "stop")}


def heard(data: Path, what: str, session: int, at_ms: int = RECEIVED, retained: bool = False) -> None:
    status, reason = SAID[what]
    store_state(data, at_ms, retained, status=status, reason=reason, session=session)


def known() -> tuple[int, str, str]:
    from center.ingest.models import Presence

    row = Presence.objects.get(node=NODE)
    return row.session, row.hint, row.hint_reason


def test_the_end_of_a_session_counts_for_that_session_only(center_data: Path) -> None:
    heard(center_data, "birth", 1)
    heard(center_data, "will", 1)
    assert known() == (1, "offline", "will")
    heard(center_data, "birth", 2)
    heard(center_data, "will", 1)
    assert known() == (2, "online", "birth")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(st.lists(st.sampled_from(["will", "stop"]), min_size=1, max_size=3), st.booleans(), st.data())
def test_any_interleaving_of_two_workers_ends_in_what_was_said_last(
    center_data: Path, ends: list[str], open_at_end: bool, data: st.DataObject
) -> None:
    """Each worker hears everything in the right order; how the two interleave is chance."""
    from center.ingest.models import Presence

    Presence.objects.all().delete()
    said = list(itertools.chain.from_iterable([("birth", n), (end, n)] for n, end in enumerate(ends, 1)))
    if open_at_end:
        said.append(("birth", len(ends) + 1))
    first, second = iter(said), iter(said)
    for turn in data.draw(st.permutations([0] * len(said) + [1] * len(said))):
        heard(center_data, *next(second if turn else first))
    assert known() == (said[-1][1], *SAID[said[-1][0]])


def test_a_retained_birth_is_a_hint_and_no_sign_of_life(center_data: Path) -> None:
    from center.ingest.models import Presence

    heard(center_data, "birth", 3, retained=True)
    assert Presence.objects.get().live_ms is None
    store_records(center_data, [record(1)], received_ms=RECEIVED + 5)
    assert Presence.objects.values_list("live_ms", "session").get() == (RECEIVED + 5, 3)


def test_a_will_is_no_sign_of_life_and_a_stop_is(center_data: Path) -> None:
    from center.ingest.models import Presence

    heard(center_data, "birth", 1, RECEIVED)
    heard(center_data, "will", 1, RECEIVED + 10)
    assert Presence.objects.get().live_ms == RECEIVED
    heard(center_data, "birth", 2, RECEIVED + 20)
    heard(center_data, "stop", 2, RECEIVED + 30)
    assert Presence.objects.get().live_ms == RECEIVED + 30


def test_repeated_and_older_states_are_no_news(center_data: Path) -> None:
    from center.ingest.models import Change

    heard(center_data, "birth", 2)
    heard(center_data, "birth", 2)
    heard(center_data, "birth", 1)
    assert Change.objects.filter(kind="presence").count() == 1


def test_a_birth_said_again_is_a_sign_of_life_and_news_only_for_its_warnings(center_data: Path) -> None:
    from center.ingest.models import Change, Presence

    def again(at_ms: int, session: int = 2, **fields: object) -> tuple[int, str, int | None]:
        store_state(center_data, at_ms, status="online", reason="birth", session=session, **fields)
        row = Presence.objects.get()
        return row.session, row.warnings, row.live_ms

    assert again(RECEIVED) == (2, "[]", RECEIVED)
    assert again(RECEIVED + 10, warnings=("outbox_readonly",)) == (2, '["outbox_readonly"]', RECEIVED + 10)
    assert again(RECEIVED + 20, warnings=("outbox_readonly",)) == (2, '["outbox_readonly"]', RECEIVED + 20)
    assert Change.objects.filter(kind="presence").count() == 2
    assert again(RECEIVED + 30, session=1) == (2, '["outbox_readonly"]', RECEIVED + 20), "of a session that is over"
    heard(center_data, "will", 2, RECEIVED + 40)
    assert again(RECEIVED + 50)[2] == RECEIVED + 20, "a late worker does not revive the dead"
    assert Presence.objects.get().born_ms == RECEIVED
