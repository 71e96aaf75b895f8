"""The window: counted in bytes, adaptive in time, halving what cannot be read."""

from hypothesis import given
from hypothesis import strategies as st

from agent.core.inflight import FIRST_TIMEOUT_S, MAX_TIMEOUT_S, MIN_TIMEOUT_S, Flight, Window, halves


def flight(
    *seqs: int, size: int = 1000, sent_s: float = 0.0, stream: str = "health", parcel: bool = False, attempts: int = 1
) -> Flight:
    return Flight(stream, seqs, size, f"{seqs}", sent_s, parcel, attempts)


def taken(window: Window, *flights: Flight, now_s: float = 0.0) -> None:
    for one in flights:
        window.add(one)
        window.taken(one, now_s)


def test_flights_fill_the_window_by_bytes_and_one_always_fits() -> None:
    window = Window(2500)
    window.add(flight(1, size=9000))
    assert not window.room()
    window.answered("health", [(1, 1)], 1.0)
    for seq in (2, 3, 4):
        assert window.room()
        window.add(flight(seq))
    assert not window.room()
    assert window.in_flight_bytes == 3000


def test_the_brokers_receive_maximum_bounds_the_number_of_flights() -> None:
    window = Window(10**9, limit_flights=2)
    window.add(flight(1))
    window.add(flight(2))
    assert not window.room()
    assert not window.room(parcel=True)


def test_one_picture_is_under_way_and_neither_starves_nor_is_starved() -> None:
    window = Window(1000)
    window.add(flight(1, size=2000))
    assert not window.room()
    assert window.room(parcel=True)
    window.add(flight(7, size=100_000, stream="snapshot", parcel=True))
    assert not window.room(parcel=True)
    window.answered("health", [(1, 1)], 1.0)
    assert window.room()


def test_an_answer_is_owed_since_the_oldest_flight_was_handed_over_but_not_for_what_a_parcel_keeps_back() -> None:
    window = Window(10_000)
    assert window.owed_since_s is None
    picture = flight(7, stream="snapshot", parcel=True, sent_s=5.0)
    window.add(picture)
    window.add(flight(1, sent_s=9.0))
    assert window.owed_since_s is None, "the line still carries the picture"
    window.add(flight(2, sent_s=12.0, attempts=2))
    assert window.owed_since_s == 12.0, "what is sent again has been owed for long"
    window.taken(picture, 60.0)
    assert window.owed_since_s == 5.0


def test_a_whole_window_that_times_out_doubles_the_time_out_once_and_is_out_after_one() -> None:
    window = Window(10_000)
    for seq in range(1, 6):
        taken(window, flight(seq), now_s=seq * 0.01)
    gone: list[Flight] = []
    while window.flights:
        due_s = window.next_deadline_s()
        assert due_s is not None
        gone += window.overdue(due_s)
    assert due_s == FIRST_TIMEOUT_S + 0.05
    assert (len(gone), window.timeouts, window.timeout_s) == (5, 1, 2 * FIRST_TIMEOUT_S)
    taken(window, flight(1, attempts=2), now_s=20.0)
    assert window.next_deadline_s() == 20.0 + 2 * FIRST_TIMEOUT_S
    window.hurry()
    assert window.next_deadline_s() == 20.0 + FIRST_TIMEOUT_S


def test_a_flight_the_broker_refused_for_good_is_not_waited_for() -> None:
    window = Window(10_000)
    first, second = flight(1), flight(2)
    taken(window, first, second)
    window.drop(first)
    window.drop(first)
    assert window.flights == [second]


def test_a_flight_ends_with_its_last_record() -> None:
    window = Window(10_000)
    taken(window, flight(1, 2, 3))
    assert window.answered("health", [(1, 1), (3, 3)], 1.0)
    assert window.flights[0].seqs == (2,)
    assert not window.answered("event", [(2, 2)], 1.0)
    assert window.answered("health", [(1, 9)], 1.0)
    assert window.flights == []


def test_the_timeout_follows_the_round_trip_and_doubles() -> None:
    window = Window(10_000)
    assert window.timeout_s == FIRST_TIMEOUT_S
    taken(window, flight(1))
    window.answered("health", [(1, 1)], 3.0)
    assert window.timeout_s == 12.0
    taken(window, flight(2, sent_s=10.0), now_s=10.0)
    assert window.overdue(21.9) == []
    assert [late.seqs for late in window.overdue(22.0)] == [(2,)]
    assert window.timeout_s == 24.0
    window.timeouts = 100
    assert window.timeout_s == MAX_TIMEOUT_S
    window.smoothed_s, window.timeouts = 0.001, 0
    assert window.timeout_s == MIN_TIMEOUT_S


def test_a_payload_still_on_its_way_to_the_broker_is_not_sent_again() -> None:
    window = Window(10_000)
    window.add(flight(1))
    assert window.overdue(10_000.0) == []
    assert window.next_deadline_s() is None


def test_a_repeated_flight_says_nothing_about_the_round_trip() -> None:
    window = Window(10_000)
    taken(window, flight(1, attempts=2))
    window.answered("health", [(1, 1)], 0.01)
    assert window.smoothed_s is None


def test_after_a_timeout_one_flight_at_a_time_until_answers_come() -> None:
    window = Window(64_000)
    taken(window, flight(1), flight(2))
    assert len(window.overdue(FIRST_TIMEOUT_S)) == 2
    assert window.resent == 2
    taken(window, flight(1, size=5000, attempts=2), now_s=10.0)
    assert not window.room()
    window.answered("health", [(1, 1)], 11.0)
    taken(window, flight(2, size=5000), now_s=11.0)
    assert window.room(), "8 kB now"
    taken(window, flight(3, size=5000), now_s=11.0)
    assert not window.room()
    for seq in range(2, 8):
        taken(window, flight(seq + 10, size=10), now_s=12.0)
        window.answered("health", [(seq, seq + 10)], 12.0)
    assert window.room()


def test_the_centres_return_ends_the_wait_for_what_nobody_heard() -> None:
    window = Window(10_000, timeouts=5)
    unheard, heard = flight(1), flight(2)
    taken(window, unheard, heard, now_s=100.0)
    unheard.unheard = True
    window.hurry()
    assert [late.seqs for late in window.overdue(100.5)] == [(1,)]


def test_a_refused_payload_is_found_by_its_digest_once() -> None:
    window = Window(10_000)
    window.add(flight(1, 2))
    assert window.refused("nothing") is None
    found = window.refused("(1, 2)")
    assert found is not None
    assert window.refused("(1, 2)") is None


@given(st.lists(st.integers(1, 1000), min_size=1, max_size=200, unique=True), st.data())
def test_halving_finds_any_one_bad_record_and_spares_the_others(seqs: list[int], data: st.DataObject) -> None:
    bad = data.draw(st.sampled_from(seqs))
    queue, stored, buried, sent = [tuple(sorted(seqs))], set(), set(), 0
    while queue:
        part = queue.pop(0)
        sent += 1
        if bad not in part:
            stored |= set(part)
        elif parts := halves(part):
            queue += parts
        else:
            buried |= set(part)
    assert buried == {bad}
    assert stored == set(seqs) - {bad}
    assert sent <= 2 * len(seqs).bit_length() + 1


def test_a_complaint_has_a_window_of_its_own() -> None:
    window = Window(1000, limit_flights=20)
    for seq in range(16):
        window.add(flight(seq, size=100))
    assert not window.room()
    assert window.room(urgent=True)
    window.add(flight(1, size=2000, stream="complaint"))
    assert not window.room(urgent=True)
    window.answered("complaint", [(1, 1)], 1.0)
    for seq in range(2, 6):
        window.add(flight(seq, size=10, stream="complaint"))
    assert not window.room(urgent=True), "the broker allows no more"


def test_a_session_begins_small_and_doubles_with_each_answer() -> None:
    window = Window(64_000, start_bytes=4_000)
    window.add(flight(1, size=4_000))
    assert not window.room()
    window.answered("health", [(1, 1)], 1.0)
    window.add(flight(2, size=8_200))
    assert not window.room()
    for seq in range(2, 6):
        window.answered("health", [(seq, seq)], 1.0)
        window.add(flight(seq + 1, size=1))
    window.add(flight(9, size=60_000))
    assert window.room()
    window.limit_bytes = 10_000
    assert not window.room(), "the line turned out to be slow"


def test_the_line_is_clear_when_the_broker_has_taken_everything() -> None:
    window = Window(10_000)
    photo, behind = flight(1, size=100_000, stream="attachment", parcel=True), flight(4, size=700)
    assert window.clear
    window.add(photo)
    window.add(behind)
    assert window.parcel is photo
    assert window.behind_bytes(photo) == 700
    window.taken(photo, 1.0)
    assert window.parcel is None
    assert not window.clear
    window.taken(behind, 1.0)
    assert window.clear
