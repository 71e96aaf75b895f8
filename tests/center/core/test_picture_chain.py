"""What the chain of a camera's pictures says: whatever is missing between two of them is found and named."""

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from agent.core import chain as node
from center.core.picture_chain import Link, findings


def digest(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()


def taken(*numbers: int) -> list[Link]:
    """Pictures in the order a node took them."""
    links = []
    before = ""
    for number in numbers:
        links.append(Link(number, digest(number), before))
        before = digest(number)
    return links


def test_pictures_that_name_each_other_follow() -> None:
    assert findings(taken(1, 2, 5)) == {1: "first", 2: "follows", 5: "follows"}


def test_a_picture_that_is_not_here_leaves_a_gap_and_one_that_was_given_up_does_not() -> None:
    one, two, three, four, five = taken(1, 2, 3, 4, 5)
    assert findings([one, five])[5] == "gap"
    assert findings([one, five], [two, three, four])[5] == "given_up"
    assert findings([one, five], [three, four])[5] == "gap"
    assert findings([one, five._replace(given_up_more=1)], [three, four])[5] == "told"
    nine = Link(9, digest(9), digest(5), True, 1, 7)
    assert findings([one, five, nine])[5] == "told"  # a later picture says that older ones than 7 were given up
    assert findings([one, five, nine._replace(given_up_below=2)])[5] == "gap"  # older than 2: none of those before 5
    assert findings([five], [one, two, three, four])[5] == "given_up"


def test_what_was_deleted_since_holds_the_chain_together_and_is_judged_no_more() -> None:
    one, two, three = taken(1, 2, 3)
    assert findings([one, two._replace(is_here=False), three]) == {1: "first", 3: "follows"}


def test_a_chain_that_begins_anew_or_names_what_cannot_be_is_said() -> None:
    one, two, three = taken(1, 2, 3)
    assert findings([one, two, three._replace(previous_sha256="")])[3] == "restarted"
    assert findings([one, two, three._replace(previous_sha256=one.sha256)])[3] == "broken"
    assert findings([one, two, three._replace(seq=4, previous_sha256=one.sha256)])[4] == "gap"


def test_pictures_that_are_the_same_to_the_last_bit_are_no_contradiction() -> None:
    one, two, three, four = taken(1, 2, 3, 4)
    same = one._replace(seq=2, previous_sha256=one.sha256)
    assert findings([one, same, three._replace(previous_sha256=same.sha256)]) == {
        1: "first",
        2: "follows",
        3: "follows",
    }
    assert findings([one, two, four._replace(previous_sha256=one.sha256)])[4] == "gap"
    again = two._replace(seq=3, previous_sha256=two.sha256)
    assert findings([one, four._replace(previous_sha256=again.sha256)], [two, again])[4] == "given_up"


def test_links_in_a_ring_end() -> None:
    ring = [Link(2, digest(2), digest(3)), Link(3, digest(3), digest(2))]
    assert findings([Link(9, digest(9), digest(3))], ring)[9] == "gap"


@given(st.integers(2, 30), st.data())
def test_a_hole_is_found_wherever_it_is_and_in_any_order_of_arrival(count: int, data: st.DataObject) -> None:
    whole = taken(*range(1, count + 1))
    missing = data.draw(st.sets(st.integers(1, count - 1)))
    here = data.draw(st.permutations([link for link in whole if link.seq not in missing]))
    found = findings(here)
    for link in here:
        expected = "gap" if link.seq - 1 in missing else "first" if link.seq == 1 else "follows"
        assert found[link.seq] == expected
    lost = [link for link in whole if link.seq in missing]
    filled = findings(here, lost)
    assert set(filled.values()) <= {"first", "follows", "given_up"}
    assert {seq for seq, what in filled.items() if what == "given_up"} == {s for s, w in found.items() if w == "gap"}


@given(st.lists(st.sampled_from(["take", "lose", "send"]), max_size=80), st.integers(0, 3))
def test_whatever_a_node_gives_up_and_when_the_centre_finds_no_gap_once_it_was_told(steps: list[str], lag: int) -> None:
    """The node's own rules against the centre's: pictures wait, are given up or sent; acknowledgements come late."""
    ends, losses = node.Ends(), node.Losses()
    waiting: list[tuple[Link, list[node.Link]]] = []
    sent: list[tuple[Link, list[node.Link]]] = []
    seq = 0
    for step in [*steps, "take", *["send"] * (len(steps) + 1)]:
        if step == "take":
            seq += 1
            losses = node.settle(
                losses, lambda number: any(number == one.seq for one, _ in sent[: max(0, len(sent) - lag)])
            )
            lost = losses.of("e", "gate")
            before, ends = node.follow(ends, "e", "gate", seq, digest(seq))
            first = min((one.seq for one in lost.untold), default=0)
            waiting.append((Link(seq, digest(seq), before, True, lost.more, first), list(lost.untold)))
            losses = node.carry(losses, "e", "gate", seq, lost.count)
        elif waiting and step == "lose" and len(waiting) > 1:
            gone, _ = waiting.pop(0)
            losses = node.lose(losses, "e", "gate", node.Link(gone.seq, gone.sha256, gone.previous_sha256))
        elif waiting:
            sent.append(waiting.pop(0))
    named = [Link(one.seq, one.sha256, one.previous_sha256, False) for _, told in sent for one in told]
    found = findings([one for one, _ in sent], named)
    assert len(found) == len(sent)
    assert set(found.values()) <= {"first", "follows", "given_up", "told"}
    if not any(one.given_up_more for one, _ in sent):
        assert "told" not in found.values()
