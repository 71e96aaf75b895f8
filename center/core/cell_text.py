"""Names that fit a cell: at most two lines, broken between words or Indonesian syllables, never cut off silently.

A test in a real browser checks that no name leaves its cell.
"""

# Advance widths in em, rounded up, of the widest weight in use of the vendored face (read from its hmtx table).
ADVANCES = {
    letter: em
    for em, letters in {
        0.20: "' ", 0.24: "ijl,", 0.26: "I.", 0.32: "1", 0.34: "t()", 0.36: "fr", 0.38: "-", 0.42: "z", 0.46: "s7",
        0.48: "vy", 0.50: "aceghknuxFLZ235689", 0.52: "bdopqEJS0", 0.54: "CGPQT", 0.56: "BDHKORUVXY4", 0.58: "A",
        0.60: "N", 0.64: "M", 0.70: "w", 0.76: "m", 0.80: "W",
    }.items()
    for letter in letters
}  # fmt: skip
OTHER_EM = 0.6
VOWELS = frozenset("aeiouAEIOU")
# Two letters, one sound: never broken in between.
DIGRAPHS = frozenset({"ng", "ny", "kh", "sy"})


def width_em(text: str) -> float:
    """Width of the text in em."""
    return sum(ADVANCES.get(letter, OTHER_EM) for letter in text)


def fit_lines(name: str, limit_em: float) -> list[str]:
    """The name in one or two lines of at most `limit_em`; what still does not fit is shortened with a full stop."""
    name = " ".join(name.split())
    if width_em(name) <= limit_em:
        return [name]
    words = name.split(" ")
    splits: list[tuple[str, str]] = [(" ".join(words[:n]), " ".join(words[n:])) for n in range(1, len(words))]
    if len(words) == 1:
        splits = [(name[:n] + "-", name[n:]) for n in syllable_breaks(name)]
    fitting = [pair for pair in splits if max(map(width_em, pair)) <= limit_em]
    if fitting:
        upper, lower = min(fitting, key=lambda pair: abs(width_em(pair[0]) - width_em(pair[1])))
        return [upper, lower]
    if len(words) > 1:
        return [shorten(words[0], limit_em), shorten(" ".join(words[1:]), limit_em)]
    return [shorten(name, limit_em)]


def short_line(name: str, limit_em: float) -> str:
    """The name in one line: whole, else without a leading abbreviation ("Kec."), else with its later words as
    initials, else shortened."""
    name = " ".join(name.split())
    head, _, tail = name.partition(" ")
    if width_em(name) > limit_em and head.endswith(".") and tail:
        name = tail
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
