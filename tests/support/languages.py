"""Which words of the alerts' messages are Indonesian and which are English, taken from the tables themselves."""

import re
from collections.abc import Iterable, Iterator
from functools import cache

from center.alerts.error_words import INDONESIAN as ERRORS
from center.core import alert_words
from center.operations import sentences
from wire.actions import ACTIONS
from wire.verdicts import VERDICTS

_WORD = re.compile(r"[a-z]{2,}")


def pairs() -> Iterator[tuple[str, str, str]]:
    """(where, Indonesian, English) of everything a message may be made of."""
    tables = {
        "HEADS": alert_words.HEADS, "ENDS": alert_words.ENDS, "PARTIES": alert_words.PARTIES,
        "NEXT": alert_words.NEXT, "SITE_ENDS": alert_words.SITE_ENDS, "LINES": alert_words.LINES,
        "UNITS": alert_words.UNITS, "CAUSES": sentences._CAUSES, "OPENED": sentences._OPENED,
        "LATER": sentences._LATER, "ACTIONS": ACTIONS,
        "VERDICTS": {one.code: (one.label_id, one.label_en) for one in VERDICTS.values()},
        "ERRORS": {english: (indonesian, english) for english, indonesian in ERRORS.items()},
    }  # fmt: skip
    for table, rows in tables.items():
        for key, (indonesian, english) in rows.items():
            yield f"{table} {key}", indonesian, english
    yield "CENTER", *sentences._CENTER
    yield "MONTHS", *alert_words.MONTHS


def words(text: str) -> set[str]:
    """The words of a text in small letters, without what is in braces."""
    return set(_WORD.findall(re.sub(r"\{[^}]*\}", " ", text).lower()))


@cache
def foreign(language: str) -> set[str]:
    """Words a message in this language must not hold: those of the other's templates alone."""
    indonesian = _all(one for _, one, _ in pairs())
    english = _all(one for _, _, one in pairs())
    return indonesian - english if language == "en" else english - indonesian


def _all(texts: Iterable[str]) -> set[str]:
    return set().union(*map(words, texts))
