"""The chain of a camera's pictures holds whatever crashes come between writing its end and storing the picture."""

from hypothesis import given
from hypothesis import strategies as st

from agent.core.chain import Ends, follow


def test_the_first_picture_of_an_epoch_has_no_predecessor() -> None:
    previous, ends = follow(Ends(), "e1", "gate", 1, "a")
    assert previous == ""
    assert follow(ends, "e2", "gate", 2, "b")[0] == ""


def test_each_camera_has_its_own_chain() -> None:
    _, ends = follow(Ends(), "e", "gate", 1, "a")
    previous, ends = follow(ends, "e", "river", 2, "b")
    assert previous == ""
    assert follow(ends, "e", "gate", 3, "c")[0] == "a"


def test_a_number_given_out_again_replaces_the_picture_that_was_never_stored() -> None:
    _, ends = follow(Ends(), "e", "gate", 1, "a")
    _, ends = follow(ends, "e", "gate", 2, "lost")
    previous, ends = follow(ends, "e", "gate", 2, "b")
    assert previous == "a"
    assert follow(ends, "e", "gate", 3, "c")[0] == "b"


def test_a_number_given_to_another_camera_after_a_crash_unmakes_the_lost_picture() -> None:
    _, ends = follow(Ends(), "e", "gate", 1, "a")
    _, ends = follow(ends, "e", "gate", 2, "lost")
    _, ends = follow(ends, "e", "river", 2, "r")
    assert follow(ends, "e", "gate", 3, "c")[0] == "a"


@given(st.lists(st.tuples(st.sampled_from(["gate", "river", "park"]), st.booleans()), max_size=60))
def test_whatever_crashes_each_stored_picture_names_the_one_stored_before_it(steps: list[tuple[str, bool]]) -> None:
    ends, seq, stored = Ends(), 1, {}
    for index, (camera, survives) in enumerate(steps):
        previous, ends = follow(ends, "e", camera, seq, f"sha-{index}")
        if survives:  # otherwise the crash came before the outbox had it: the number is free again
            assert previous == stored.get(camera, "")
            stored[camera] = f"sha-{index}"
            seq += 1
        assert all(len(entries) <= 2 for entries in ends.cameras.values())
