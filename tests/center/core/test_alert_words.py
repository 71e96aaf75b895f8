"""Both languages of the alerts are complete, and no message mixes them."""

import re
from itertools import product

import pytest

from center.core.alert_text import IncidentChange, compose, compose_for_site, digest
from center.core.alert_words import ENDS, HEADS, LANGUAGES, NEXT, PARTIES
from center.operations.sentences import _OPENED, Told, sentences
from tests.support.languages import foreign, pairs, words
from wire.actions import ACTIONS

AT = 1_795_692_300_000
WHATS = ("opened", "grew", "escalated", "acknowledged", "released", "reopened", "resolved")
WHYS = ("recovered", "joined", "maintenance", "gone", "closed")
CASES = sorted({*_OPENED, *(("node", code) for code in ACTIONS.keys() | NEXT.keys() | {"x"}),
                *(("parent", code) for code in NEXT)})  # fmt: skip
SAME = {"HEADS info", "PARTIES pln", "ERRORS HTTP 429"}


def changes(what: str) -> list[IncidentChange]:
    """Changes of this sort of every kind, with every cause where it shows, as the worker tells them; parties and
    severities in turn."""
    made = []
    whys = WHYS if what == "resolved" else ("",)
    for number, ((kind, cause), why) in enumerate(product(sorted(_OPENED) if whys[0] else CASES, whys)):
        party = [*PARTIES, "none"][number % (len(PARTIES) + 1)]
        severity = [*HEADS][number % len(HEADS)]
        texts = sentences(why or what, Told(kind, cause, "X1", 3, AT - 9_000_000, AT))
        made.append(
            IncidentChange(7, what, severity, kind, "x1", cause, party, ("x1", "x2"), ("x1", "x2"), (),
                           AT - 9_000_000, AT, *texts, why=why)
        )  # fmt: skip
    return made


def test_every_word_is_there_in_both_languages_with_the_same_places_to_fill() -> None:
    for where, indonesian, english in pairs():
        assert indonesian.strip() and english.strip(), where
        holes = [sorted(re.findall(r"\{(\w+)", text)) for text in (indonesian, english)]
        assert holes[0] == holes[1], where
        assert indonesian != english or where.startswith("VERDICTS") or where in SAME, where


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("what", WHATS)
def test_no_message_holds_a_word_of_the_other_language(what: str, language: str) -> None:
    others = foreign(language)
    assert len(others) > 100
    texts: list[str] = []
    for change in changes(what):
        texts += [compose(change, {"x1": "X1"}, language), compose_for_site(change, "", language)]
        assert change.text(language) in texts[-2]
    digests = [digest(texts[start : start + 40], "warning", language) for start in range(0, len(texts), 40)]
    for text in (*texts, *digests):
        assert not words(text) & others, text


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_not_over_is_told_with_whose_it_is_and_what_to_do(language: str) -> None:
    column = LANGUAGES.index(language)
    for change in changes("opened"):
        lines = compose(change, {}, language).splitlines()
        said = any(line.startswith(("Lakukan: ", "Do: ")[column]) for line in lines)
        assert said or (change.kind in {"parent", "node", "degraded"} and change.cause in {"", "x"}), lines
        assert change.party == "none" or any(PARTIES[change.party][column] in line for line in lines), lines
        assert lines[-1] == ("Insiden #7", "Incident #7")[column]


def test_a_digest_in_either_language_says_how_bad_it_is_and_is_over_when_all_of_it_is() -> None:
    ends = [f"[{head}] X" for pair in ENDS.values() for head in pair]
    assert digest(ends, "critical", "en").startswith(f"[OVER] {len(ends)} messages at once: 0 in trouble")
    mixed = digest(["[CRITICAL] X is cut", *ends], "critical", "en")
    assert mixed.startswith(
        f"[CRITICAL] {len(ends) + 1} messages at once: 1 in trouble, {len(ends)} over.\n- [CRITICAL]"
    )
