"""How wide the columns of a printed table are, from its texts. Pure; all widths in em of the table's own letters.

WeasyPrint can find widths itself, but lays every cell out twice for it, a fifth of the whole time; here an estimate by
the letter is enough. Numbers never wrap, words may; a word that is too long for its column is broken, never cut off.
"""

from collections.abc import Sequence

PAGE_EM = 94.0
"""The width between the margins of an A4 page lying on its side, 273 mm, in letters of 8.2 pt."""
PADDING_EM = 0.8
MOST_TEXT_EM = 22.0
"""A text column asks for no more on one line; longer texts wrap."""
MOST_WORD_EM = 14.0
"""A word longer than that is broken rather than the headings beside it."""
MOST_SPREAD = 1.4
"""A table with few columns is not pulled apart over the whole page: the eye would lose the line."""

_MEASURED = {"ijlI'|.,: ": 0.3, "frt()[]-/!;": 0.43, "mwMW%@…": 0.8, "ABCDEFGHJKLNOPQRSTUVXYZ&#": 0.58}
_EM = {letter: width for letters, width in _MEASURED.items() for letter in letters}
_OTHER_EM = 0.53  # digits and the other small letters


def text_em(text: str) -> float:
    """The width of a text on one line, rather too much than too little."""
    return sum(_EM.get(letter, _OTHER_EM) for letter in text)


def columns_em(titles: Sequence[str], rows: Sequence[Sequence[str]], wraps: Sequence[bool]) -> list[float]:
    """A width per column, padding included; together never more than the page. `wraps`: may its cells wrap?"""
    least, wanted = [], []
    for at, title in enumerate(titles):
        heading = _longest_word(title)
        texts = {row[at] for row in rows}
        whole = max((text_em(text) for text in texts), default=0.0)
        word = max((_longest_word(text) for text in texts), default=0.0)
        unbroken = min(word, MOST_WORD_EM) if wraps[at] else whole
        least.append(PADDING_EM + max(heading, unbroken))
        on_one_line = min(max(whole, text_em(title)), MOST_TEXT_EM) if wraps[at] else max(whole, text_em(title))
        wanted.append(max(least[at], PADDING_EM + on_one_line))
    return _fitted(least, wanted)


def _fitted(least: list[float], wanted: list[float]) -> list[float]:
    if (asked := sum(wanted)) <= PAGE_EM:
        return [width * min(MOST_SPREAD, PAGE_EM / asked) for width in wanted]
    spare, missing = PAGE_EM - sum(least), asked - sum(least)
    if spare < 0:
        return [width * PAGE_EM / sum(least) for width in least]
    return [low + (high - low) * spare / missing for low, high in zip(least, wanted, strict=True)]


def _longest_word(text: str) -> float:
    return max((text_em(word) for word in text.split()), default=0.0)
