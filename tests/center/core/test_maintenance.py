"""Who works at a box: the newest notice decides, in whatever order they come, and never for longer than the bound."""

from hypothesis import given
from hypothesis import strategies as st

from center.core.maintenance import LONGEST_MS, Notice, newest, since_ms, until_ms

NOTICES = st.builds(
    Notice,
    node=st.sampled_from(["a", "b"]),
    at_ms=st.integers(0, 2**42),
    active=st.booleans(),
    lasts_ms=st.integers(-(2**45), 2**45),
)


def test_a_stay_lasts_until_its_moment_and_no_longer() -> None:
    notice = Notice("a", 1_000, True, 5_000)
    assert since_ms(notice, 5_999) == 1_000
    assert since_ms(notice, 6_000) is None
    assert since_ms(None, 0) is None


def test_the_end_said_by_the_box_counts_before_the_end_it_announced() -> None:
    begun, over = Notice("a", 1_000, True, 5_000), Notice("a", 2_000, False, 0)
    assert since_ms(newest([over, begun])["a"], 2_000) is None


@given(st.lists(NOTICES, max_size=12), st.randoms())
def test_any_order_of_arrival_says_the_same(notices: list[Notice], random) -> None:
    shuffled = list(notices)
    random.shuffle(shuffled)
    assert newest(shuffled) == newest(notices)


@given(NOTICES)
def test_no_notice_holds_for_longer_than_the_bound(notice: Notice) -> None:
    assert notice.at_ms <= until_ms(notice) <= notice.at_ms + LONGEST_MS
    assert since_ms(notice, notice.at_ms + LONGEST_MS) is None
