"""Every verdict says what to do, in both languages, in one plain sentence."""

import re
import subprocess
import sys

import pytest

from wire.actions import ACTIONS, action
from wire.verdicts import VERDICTS, Verdict


def test_every_verdict_has_an_action_and_no_action_is_left_over() -> None:
    assert list(ACTIONS) == [code for code in VERDICTS if code in ACTIONS]
    assert set(ACTIONS) == set(VERDICTS)


@pytest.mark.parametrize("verdict", VERDICTS.values(), ids=VERDICTS)
def test_an_action_is_one_sentence_that_needs_nothing_filled_in(verdict: Verdict) -> None:
    for text in (verdict.action_id, verdict.action_en):
        assert re.fullmatch(r"[A-Z][^{}\[\]<>\n]+\.", text)
        assert 10 < len(text) <= 120
    assert verdict.action_id != verdict.action_en
    assert (verdict.action("id"), verdict.action("en")) == (verdict.action_id, verdict.action_en)


def test_who_is_responsible_is_the_one_the_action_speaks_to() -> None:
    speaks_of = {"pln": "PLN", "isp": "ISP", "center": "Tim pusat", "agency": "(pengelola situs|OPD)"}
    silent = {
        verdict.code
        for verdict in VERDICTS.values()
        if verdict.party in speaks_of and not re.search(speaks_of[verdict.party], verdict.action_id, re.IGNORECASE)
    }
    assert silent <= {"M1", "Q3"}  # what helps there is done at the site


def test_a_code_of_a_newer_agent_has_no_action_and_is_no_error() -> None:
    assert action("Z9", "id") == action("Z9", "en") == ""


def test_naming_verdicts_does_not_load_the_sentences() -> None:
    code = "import sys, wire.verdicts, wire.bodies; print([m for m in sys.modules if 'action' in m or 'evidence' in m])"
    found = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert found.stdout.strip() == "[]"
