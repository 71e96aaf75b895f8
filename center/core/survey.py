"""The satisfaction survey (SKM) as figures: index, grade, interval, and the nine elements. Pure.

By Permen PANRB 14/2017: nine elements, each answered from 1 (worst) to 4 (best); an element's value is the mean of its
answers, the index (IKM) the mean of the nine values times 25, so from 25 to 100. Nine elements that weigh the same,
answered whole by everybody: that is the mean of all answers times 25.

What is added are whole numbers (`Sums`), divided last: months add up to quarters and units to the city, and any order
gives the same characters. The interval is Student's t over the respondents' own means, 95 %: it says how far chance
among those who answered may have moved the index; it knows nothing of those who never answered.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import isqrt
from typing import Final

LEAST_ANSWERS: Final = 30
"""Below it no index is printed: with 30 answers that scatter by half a point the interval is about 9 points wide."""
LOWEST, HIGHEST = 1, 4
STEP: Final = 25
"""From the scale of 4 to that of 100."""
GRADES: Final = ((Fraction(8831, 100), "A"), (Fraction(7661, 100), "B"), (Fraction(65), "C"), (Fraction(25), "D"))
"""The index, rounded to two digits, from which a grade begins."""
_T_TABLE: Final = (
    "12.706 4.303 3.182 2.776 2.571 2.447 2.365 2.306 2.262 2.228 2.201 2.179 2.160 2.145 2.131 2.120 2.110 2.101 "
    "2.093 2.086 2.080 2.074 2.069 2.064 2.060 2.056 2.052 2.048 2.045 2.042"
)
_T: Final = tuple(Fraction(text) for text in _T_TABLE.split())
"""97.5 % points of Student's t for 1 to 30 degrees of freedom."""
_Z: Final = Fraction("1.959964")
_DIGITS: Final = 10**12
"""Square roots are taken to twelve digits: far below what is printed, and the same on every machine."""


@dataclass(frozen=True, slots=True)
class Element:
    """One of the nine: its column, its name in Indonesian and in English."""

    code: str
    name_id: str
    name_en: str


ELEMENTS: Final = (
    Element("u1", "Persyaratan", "Requirements"),
    Element("u2", "Sistem, mekanisme, dan prosedur", "System and procedure"),
    Element("u3", "Waktu penyelesaian", "Time it takes"),
    Element("u4", "Biaya atau tarif", "Cost"),
    Element("u5", "Produk layanan", "What is delivered"),
    Element("u6", "Kompetensi pelaksana", "Competence of the staff"),
    Element("u7", "Perilaku pelaksana", "Manner of the staff"),
    Element("u8", "Penanganan pengaduan, saran, dan masukan", "Handling of complaints"),
    Element("u9", "Sarana dan prasarana", "Facilities"),
)


class SurveyError(ValueError):
    """Answers that are none: not nine, or not from 1 to 4."""


@dataclass(frozen=True, slots=True)
class Sums:
    """What some respondents answered, added: how many, per element, and the squares of each one's total."""

    n: int = 0
    elements: tuple[int, ...] = (0,) * len(ELEMENTS)
    squares: int = 0

    def __add__(self, other: "Sums") -> "Sums":
        together = tuple(one + two for one, two in zip(self.elements, other.elements, strict=True))
        return Sums(self.n + other.n, together, self.squares + other.squares)

    @classmethod
    def of(cls, answers: Iterable[Sequence[int]]) -> "Sums":
        """Of the answers themselves. SurveyError for what is no answer."""
        n, elements, squares = 0, [0] * len(ELEMENTS), 0
        for scores in answers:
            if len(scores) != len(ELEMENTS) or any(not LOWEST <= score <= HIGHEST for score in scores):
                raise SurveyError(f"{len(ELEMENTS)} answers from {LOWEST} to {HIGHEST}, not {tuple(scores)}")
            n += 1
            elements = [one + two for one, two in zip(elements, scores, strict=True)]
            squares += sum(scores) ** 2
        return cls(n, tuple(elements), squares)


@dataclass(frozen=True, slots=True)
class Index:
    """What is printed. Texts with two digits; the index and what belongs to it are None where `enough` is False."""

    n: int
    enough: bool
    value: str | None = None
    grade: str | None = None
    low: str | None = None
    high: str | None = None
    elements: tuple[str | None, ...] = (None,) * len(ELEMENTS)


def index(sums: Sums, least: int = LEAST_ANSWERS) -> Index:
    """The index of these answers; without a figure below `least` of them (and always below two: one answer has no
    spread, and would show what one person said)."""
    if sums.n < max(least, 2):
        return Index(sums.n, enough=False)
    value = _of_total(sum(sums.elements), sums.n)
    half = _half_width(sums)
    return Index(
        sums.n,
        enough=True,
        value=_two(value),
        grade=grade(value),
        low=_two(max(value - half, Fraction(LOWEST * STEP))),
        high=_two(min(value + half, Fraction(HIGHEST * STEP))),
        elements=tuple(_two(Fraction(one, sums.n)) for one in sums.elements),
    )


def grade(value: Fraction) -> str:
    """A to D, of the index as it is printed: 88.305 is printed 88.31 and is an A."""
    printed = Fraction(_rounded(value, 100), 100)
    return next(letter for least, letter in GRADES if printed >= least)


def t_975(freedom: int) -> Fraction:
    """The 97.5 % point of Student's t: from the table, and beyond 30 by the Cornish-Fisher series (off by < 0.0002)."""
    if freedom <= len(_T):
        return _T[freedom - 1]
    first = (_Z**3 + _Z) / (4 * freedom)
    second = (5 * _Z**5 + 16 * _Z**3 + 3 * _Z) / (96 * freedom**2)
    return _Z + first + second


def _of_total(total: int, n: int) -> Fraction:
    return Fraction(total * STEP, n * len(ELEMENTS))


def _half_width(sums: Sums) -> Fraction:
    """t times the standard error of the respondents' own indexes."""
    n, total = sums.n, sum(sums.elements)
    # The variance of the totals (sums of nine), then to the scale of 100.
    variance = Fraction(n * sums.squares - total * total, n * (n - 1))
    error = _root(variance / n) * STEP / len(ELEMENTS)
    return t_975(n - 1) * error


def _root(value: Fraction) -> Fraction:
    return Fraction(isqrt(value.numerator * _DIGITS**2 // value.denominator), _DIGITS)


def _two(value: Fraction) -> str:
    whole, rest = divmod(_rounded(value, 100), 100)
    return f"{whole}.{rest:02d}"


def _rounded(value: Fraction, parts: int) -> int:
    """Half up, as the regulation's own examples round."""
    scaled = value * parts * 2 + 1
    return scaled.numerator // (2 * scaled.denominator)
