"""Self-warnings: what hides a blip, what mutes what, and that each change is told once."""

from hypothesis import given
from hypothesis import strategies as st

from agent.core.warnings import Watch, evaluate
from wire.warnings import WARNINGS, WarningRule

RULES = tuple(WARNINGS.values())

PAIR = (WarningRule("cause", "error"), WarningRule("effect", "warning", visible_after_s=10, depends_on=("cause",)))


def test_a_blip_shorter_than_its_delay_is_never_seen() -> None:
    watch, changes = evaluate(Watch(), {"effect": ""}, 0, PAIR)
    watch, later = evaluate(watch, {}, 9, PAIR)
    assert (changes, later, dict(watch.visible)) == ((), (), {})


def test_a_lasting_condition_becomes_visible_once_and_goes_once() -> None:
    watch, seen = Watch(), []
    for now_s, active in enumerate([True] * 15 + [False] * 5):
        watch, changes = evaluate(watch, {"effect": "x"} if active else {}, now_s, PAIR)
        seen += [(now_s, change.code, change.active) for change in changes]
    assert seen == [(10, "effect", True), (15, "effect", False)]


def test_a_cause_mutes_its_effect_and_the_effect_returns_when_the_cause_goes() -> None:
    watch, _ = evaluate(Watch(), {"effect": ""}, 0, PAIR)
    watch, _ = evaluate(watch, {"effect": ""}, 20, PAIR)
    watch, changes = evaluate(watch, {"cause": "", "effect": ""}, 21, PAIR)
    assert {(c.code, c.active) for c in changes} == {("cause", True), ("effect", False)}
    watch, changes = evaluate(watch, {"effect": ""}, 22, PAIR)
    assert {(c.code, c.active) for c in changes} == {("cause", False), ("effect", True)}


def test_a_changed_detail_is_shown_and_files_nothing() -> None:
    watch, _ = evaluate(Watch(), {"cause": "1"}, 0, PAIR)
    watch, changes = evaluate(watch, {"cause": "2"}, 1, PAIR)
    assert changes == ()
    assert watch.visible["cause"] == "2"


def test_every_rule_stands_below_those_it_depends_on() -> None:
    codes = [rule.code for rule in RULES]
    assert len(codes) == len(set(codes))
    for rule in RULES:
        assert all(codes.index(muter) < codes.index(rule.code) for muter in rule.depends_on)


@given(st.lists(st.sets(st.sampled_from([rule.code for rule in RULES])), max_size=40))
def test_the_changes_told_always_add_up_to_what_is_visible(history: list[set[str]]) -> None:
    watch, told = Watch(), set()
    for step, codes in enumerate(history):
        watch, changes = evaluate(watch, dict.fromkeys(codes, ""), step * 90.0)
        for change in changes:
            assert (change.code in told) != change.active
            (told.add if change.active else told.discard)(change.code)
        assert told == set(watch.visible) <= codes
