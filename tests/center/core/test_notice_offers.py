"""Which kiosks are told of which notices: everybody who should, once, and nobody else."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from center.core.notice_offers import Due, Kiosk, Notice, Offer, due, is_for

NOTICES = st.builds(
    Notice, st.integers(1, 4), st.integers(1, 3), st.sampled_from(["", "Serang", "kel-1", "kel-2"]), st.booleans()
)
KIOSKS = st.builds(
    lambda number, epoch, area: Kiosk(f"kel-{number}", epoch, f"kel-{number}", area),
    st.integers(1, 4), st.sampled_from(["a", "b"]), st.sampled_from(["Serang", "Kasemen"]),
)  # fmt: skip


def carried_out(owed: list[Due], offers: dict[tuple[int, str], Offer]) -> dict[tuple[int, str], Offer]:
    new = {(one.notice, one.kiosk.node): Offer(one.revision, one.show, one.kiosk.epoch) for one in owed}
    return {**offers, **new}


@given(st.data())
def test_after_every_change_each_kiosk_shows_what_is_for_it_and_nothing_is_sent_twice(data: Any) -> None:
    offers: dict[tuple[int, str], Offer] = {}
    for _ in range(data.draw(st.integers(1, 4))):
        notices = data.draw(st.lists(NOTICES, max_size=4, unique_by=lambda one: one.id))
        kiosks = data.draw(st.lists(KIOSKS, max_size=4, unique_by=lambda one: one.node))
        owed = due(notices, kiosks, offers)
        assert len({(one.notice, one.kiosk.node) for one in owed}) == len(owed)
        before, offers = offers, carried_out(owed, offers)
        for notice in notices:
            for kiosk in kiosks:
                last = offers.get((notice.id, kiosk.node))
                if is_for(notice, kiosk):
                    assert last == Offer(notice.revision, True, kiosk.epoch)
                else:
                    assert last is None or not last.shown
        assert due(notices, kiosks, offers) == []
        # Whoever never had a notice is not told to take it down.
        assert all(one.show or before[(one.notice, one.kiosk.node)].shown for one in owed)


def test_a_box_begun_anew_is_offered_again_and_a_withdrawn_notice_is_not() -> None:
    kiosk = Kiosk("kel-1", "b", "kel-1", "Serang")
    offers = {(1, "kel-1"): Offer(1, True, "a"), (2, "kel-1"): Offer(1, False, "a")}
    notices = [Notice(1, 1, "", False), Notice(2, 1, "", True)]
    assert due(notices, [kiosk], offers) == [Due(1, kiosk, 1, True)]
