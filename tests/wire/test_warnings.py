"""The table of self-warnings: complete words in both languages, and an order that can be judged from top to bottom."""

import re

import pytest

from wire.bodies import SelfWarning, encode_body
from wire.warnings import WARNINGS, WarningRule

every_rule = pytest.mark.parametrize("rule", WARNINGS.values(), ids=lambda rule: rule.code)


@every_rule
def test_every_warning_has_a_short_title_and_a_text_that_says_what_to_do(rule: WarningRule) -> None:
    for lang in ("id", "en"):
        assert 10 <= len(rule.title(lang)) <= 45
        assert rule.text(lang).count(". ") >= 1 or ":" in rule.text(lang)
        assert len(rule.text(lang)) < 260
        assert not re.search(r"[{}%]", rule.title(lang) + rule.text(lang))  # the detail is shown beside the text
    assert rule.title("id") != rule.title("en")
    assert rule.text("id") != rule.text("en")


@every_rule
def test_every_code_fits_the_event_that_carries_it(rule: WarningRule) -> None:
    assert encode_body(SelfWarning(rule.code, True))
    assert re.fullmatch(r"[a-z_]{4,32}", rule.code)


def test_what_a_warning_depends_on_stands_above_it() -> None:
    codes = list(WARNINGS)
    for rule in WARNINGS.values():
        assert all(codes.index(cause) < codes.index(rule.code) for cause in rule.depends_on)
