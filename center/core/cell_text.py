"""Names that fit a cell: at most two lines, broken between words or Indonesian syllables, never cut off silently.

Widths are estimates in em for a semi-condensed face; a test in a real browser checks that no name leaves its cell.
"""

NARROW, WIDE = frozenset("iljtfrI.,'()-1 "), frozenset("mwMW")
VOWELS = frozenset("aeiouAEIOU")
# Two letters, one sound: never broken in between.
DIGRAPHS = frozenset({"ng", "ny", "kh", "sy"})


def width_em(text: str) -> float:
    """Estimated width of the text in em."""
    return sum(0.28 if letter in NARROW else 0.68 if letter in WIDE else 0.49 for letter in text)


def fit_lines(name: str, limit_em: float) -> list[str]:
    """The name in one or two lines of at most `limit_em`; what still does not fit is shortened with a full stop."""
    name = " ".join(name.split())
    if width_em(name) <= limit_em:
        return [name]
    words = name.split(" ")
    splits = [(" ".join(words[:n]), " ".join(words[n:])) for n in range(1, len(words))]
    if len(words) == 1:
        splits = [(name[:n] + "-", name[n:]) for n in syllable_breaks(name)]
    fitting = [pair for pair in splits if max(map(width_em, pair)) <= limit_em]
    if fitting:
        return list(min(fitting, key=lambda pair: abs(width_em(pair[0]) - width_em(pair[1]))))
    if len(words) > 1:
        return [shorten(words[0], limit_em), shorten(" ".join(words[1:]), limit_em)]
    return [shorten(name, limit_em)]


def short_line(name: str, limit_em: float) -> str:
    """The name in one line: whole, else with its later words as initials, else cut at a syllable."""
    name = " ".join(name.split())
    if width_em(name) <= limit_em:
        return name
    first, *rest = name.split(" ")
    initials = " ".join([first, *(word[0] + "." for word in rest)])
    return initials if rest and width_em(initials) <= limit_em else shorten(first, limit_em)


def shorten(text: str, limit_em: float) -> str:
    """The text, or as many letters as fit followed by a full stop."""
    if width_em(text) <= limit_em:
        return text
    while text and width_em(text + ".") > limit_em:
        text = text[:-1]
    return text.rstrip() + "."


def syllable_breaks(word: str) -> list[int]:
    """Where an Indonesian word may be broken: ahead of the consonant (or digraph) that opens a later syllable."""
    breaks = []
    for index in range(2, len(word) - 1):
        if word[index] in VOWELS or not any(letter in VOWELS for letter in word[:index]):
            continue
        inside_digraph = word[index - 1 : index + 1].lower() in DIGRAPHS
        opens = 2 if word[index : index + 2].lower() in DIGRAPHS else 1
        if not inside_digraph and word[index + opens : index + opens + 1] in VOWELS and index + opens < len(word):
            breaks.append(index)
    return breaks
