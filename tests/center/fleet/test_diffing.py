"""What changes on each box before anything is sent."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from tests.support import configs

A, B, C = "kel-3673011001", "kel-3673011002", "kel-3673011003"
NEW = "[health]\ninterval_s = 30\n"


def test_boxes_with_the_same_change_are_told_together(center_data: Path) -> None:
    from center.fleet.diffing import changes

    revision = configs.add_push({A: "done", B: "done"})
    configs.runs(A, revision)
    configs.runs(B, revision)
    configs.runs(C, 0, "card")
    both, alone = changes(NEW, {}, [A, B, C])
    assert (both.nodes, both.before, both.known) == ((A, B), revision, True)
    assert both.lines == (" [health]", "-interval_s = 60", "+interval_s = 30")
    assert (alone.nodes, alone.before, alone.lines) == ((C,), 0, ("+[health]", "+interval_s = 30"))


def test_what_one_box_gets_of_its_own_is_in_its_change_alone(center_data: Path) -> None:
    from center.fleet.diffing import changes

    revision = configs.add_push({A: "done", B: "done"}, per_node={B: "[led]\nenabled = true\n"})
    configs.runs(A, revision)
    configs.runs(B, revision)
    found = {one.nodes: one.lines for one in changes(configs.TOML, {A: "[led]\nenabled = true\n"}, [A, B])}
    assert any(line.startswith("+enabled") for line in found[(A,)])
    assert any(line.startswith("-enabled") for line in found[(B,)])


def test_comments_and_order_change_nothing(center_data: Path) -> None:
    from center.fleet.diffing import changes

    revision = configs.add_push({A: "done"}, "# a remark\n[health]\ninterval_s = 60 # here\n")
    configs.runs(A, revision)
    assert [one.lines for one in changes("\n[health]\ninterval_s=60\n", {}, [A])] == [()]


def test_a_box_that_never_told_and_one_of_a_lost_revision_are_not_known(center_data: Path) -> None:
    from center.fleet.diffing import changes

    configs.runs(B, 99)
    found = {one.nodes: (one.before, one.known) for one in changes(NEW, {}, [A, B])}
    assert found == {(A,): (0, False), (B,): (99, False)}


def test_back_to_the_card_takes_everything_away(center_data: Path) -> None:
    from center.fleet.diffing import changes

    configs.runs(A, configs.add_push({A: "done"}))
    [one] = changes("# the card alone\n", {}, [A])
    assert one.lines == ("-[health]", "-interval_s = 60")


@given(old=st.lists(st.sampled_from("abc--+@"), max_size=8), new=st.lists(st.sampled_from("abc--+@"), max_size=8))
def test_a_difference_holds_both_texts(old: list[str], new: list[str]) -> None:
    from center.fleet.text_change import difference

    lines = difference("\n".join(old), "\n".join(new))
    if lines:
        assert [line[1:] for line in lines if line[0] in " -"] == "\n".join(old).splitlines()
        assert [line[1:] for line in lines if line[0] in " +"] == "\n".join(new).splitlines()
    else:
        assert old == new or "\n".join(old).splitlines() == "\n".join(new).splitlines()
