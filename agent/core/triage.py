"""What a citizen's text probably is: explainable rules on its words. Nothing is thrown away for it.

1. A word of danger makes it urgent, and real whatever else is true of it.
2. Nothing to read (no letters; one character or one word over and over; a run along the keyboard) is `ghost`.
3. Nothing but laughter or words of trying out is `prank_suspect`.
4. A short question about a service, with no word of complaint in it, is `information`.
5. Everything else, and every doubt, is `real`.

A kiosk at which many speak within minutes is no reason to doubt anybody. It is noted (`rate_burst`), and only what says
next to nothing by itself (`few_words`) is then a `prank_suspect`; what is urgent never is.

The reason kept is the name of the rule, never a word of the text: reasons travel unsealed, and "kdrt" alone says too
much. Every rule is linear in the length of the text.
"""

import re
import unicodedata
from itertools import pairwise
from typing import Literal

from agent.core.triage_words import (
    COMPLAINT_WORDS,
    KEYBOARD_ROWS,
    QUESTION_WORDS,
    SERVICE_WORDS,
    TRYING_OUT,
    URGENT_PHRASES,
    URGENT_WORDS,
)
from wire.shape import Struct, replace

Classification = Literal["real", "information", "prank_suspect", "ghost"]

PARTICLE = re.compile(r"(?:lah|kah|nya|pun)$")
LAUGHTER = re.compile(r"(?:(?:wk)+w?|(?:ha)+h?|(?:he)+h?|(?:hi)+h?|(?:xi)+x?|l+o+l+)")
QUESTION_MAX_WORDS = 20
SAME_WORD_TIMES = 3
RUN_SHARE = 0.7  # "asdasd" has 4 of 5; "asas" (a word) 2 of 3
SAME_CHARACTER_TIMES = 5
FEW_WORDS = 2  # "jalan rusak" is a complaint all the same: alone it stays real


class Triage(Struct, frozen=True):
    """A class, whether it is urgent, and the reasons for both, in the order of the rules."""

    classification: Classification
    urgent: bool
    reasons: tuple[str, ...]


def triage(text: str) -> Triage:
    """Classify one text. Total: any string gives an answer."""
    words = re.findall(r"\w+", _folded(text))
    urgent = _urgent(words)
    if urgent:
        return Triage("real", True, urgent)
    ghost = _ghost(words)
    if ghost:
        return Triage("ghost", False, ghost)
    prank = _prank(words)
    if prank:
        return Triage("prank_suspect", False, prank)
    question = _question(text, words)
    if question:
        return Triage("information", False, question)
    return Triage("real", False, ())


def in_burst(text: str, finding: Triage) -> Triage:
    """The same finding for a text that came among many at one kiosk within minutes."""
    if finding.urgent:
        return replace(finding, reasons=(*finding.reasons, "rate_burst"))
    if finding.classification == "real" and len(re.findall(r"\w+", text)) <= FEW_WORDS:
        return Triage("prank_suspect", False, (*finding.reasons, "few_words", "rate_burst"))
    return replace(finding, reasons=(*finding.reasons, "rate_burst"))


def _folded(text: str) -> str:
    """Lower case, without accents and look-alike forms: `BANJÍR` and full-width letters are read too."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in apart if not unicodedata.combining(character))


def _urgent(words: list[str]) -> tuple[str, ...]:
    sentence = f" {' '.join(words)} "
    if any(stem in URGENT_WORDS for word in words for stem in (word, PARTICLE.sub("", word))):
        return ("urgent_word",)
    return ("urgent_phrase",) if any(f" {phrase} " in sentence for phrase in URGENT_PHRASES) else ()


def _ghost(words: list[str]) -> tuple[str, ...]:
    letters = "".join(words)
    if not any(character.isalpha() for character in letters):
        return ("no_words",)
    if len(letters) >= SAME_CHARACTER_TIMES and len(set(letters)) == 1:
        return ("one_character_repeated",)
    if len(words) >= SAME_WORD_TIMES and len(set(words)) == 1 and words[0] not in COMPLAINT_WORDS:
        return ("one_word_repeated",)
    if all(_runs_along_keyboard(word) for word in words):
        return ("keyboard_run",)
    return ()


def _runs_along_keyboard(word: str) -> bool:
    """`asdf`, `qwerty`, `asdasd`: at least four characters of one row, most of them the right neighbour of the last."""
    for row in KEYBOARD_ROWS:
        places = [row.find(character) for character in word]
        if len(word) >= 4 and -1 not in places:
            steps = [right - left == 1 for left, right in pairwise(places)]
            return sum(steps) > RUN_SHARE * len(steps)
    return False


def _prank(words: list[str]) -> tuple[str, ...]:
    if all(LAUGHTER.fullmatch(word) for word in words):
        return ("laughter_only",)
    if all(word in TRYING_OUT or LAUGHTER.fullmatch(word) for word in words):
        return ("trying_out_only",)
    return ()


def _question(text: str, words: list[str]) -> tuple[str, ...]:
    asks = "?" in text or any(word in QUESTION_WORDS for word in words)
    if not asks or len(words) > QUESTION_MAX_WORDS or any(word in COMPLAINT_WORDS for word in words):
        return ()
    return ("service_question",) if any(word in SERVICE_WORDS for word in words) else ()
