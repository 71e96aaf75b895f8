"""Steps of a change of authority: whatever is tried in whatever order, who signs and who is shown is always trusted."""

from hypothesis import given
from hypothesis import strategies as st

from center.core.rotation import Certificate, Rotation, StepError, follow, newest, standing

STEPS = st.lists(st.sampled_from(("prepare", "switch", "retire", "undo")), max_size=25)


@given(STEPS)
def test_no_order_of_steps_leaves_a_signer_or_a_server_untrusted_or_drops_one_in_use(steps: list[str]) -> None:
    rotation = Rotation("single", "a0", first="a0")
    for number, step in enumerate(steps, 1):
        before = rotation
        try:
            rotation = follow(rotation, step, f"a{number}")  # type: ignore[arg-type]
        except StepError:
            assert rotation == before
            continue
        assert {rotation.signs, rotation.serves} <= set(rotation.trusted)
        assert rotation.trusted[0] == rotation.signs
        assert len(set(rotation.trusted)) == len(rotation.trusted) == (1 if rotation.stage == "single" else 2)
        assert set(before.trusted) <= set(rotation.trusted) or step == "retire"
        assert before.signs in rotation.trusted  # nobody who renewed a moment ago is locked out by any step
        assert before.serves in rotation.trusted
        assert set(rotation.dropped).isdisjoint(rotation.trusted)
        assert before.known <= rotation.known


def one(authority: str, issued_ms: int, revoked: bool = False) -> Certificate:
    return Certificate(f"{authority}-{issued_ms}", authority, issued_ms, issued_ms + 1000, revoked)


def test_where_a_box_stands_follows_from_its_certificates_and_when_it_was_heard() -> None:
    old, new = one("old", 10), one("new", 20)
    assert standing([], "new", 5) == "none"
    assert standing([one("new", 1, revoked=True)], "new", 5) == "none"
    assert standing([old], "new", 50) == "old"
    assert standing([old, new], "new", 15) == "unheard"
    assert standing([old, new], "new", None) == "unheard"
    assert standing([old, new], "new", 20) == "new"
    assert standing([old, one("new", 20, revoked=True)], "new", 50) == "old"


def test_the_newest_certificate_is_the_last_that_counts() -> None:
    first, second, taken = one("a", 10), one("b", 10), one("c", 30, revoked=True)
    assert newest([first, second, taken]) == second
    assert newest([taken]) is None
