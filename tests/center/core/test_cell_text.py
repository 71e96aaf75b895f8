"""Names that fit a cell."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from center.core.cell_text import fit_lines, short_line, syllable_breaks, width_em
from tests.support.kelurahan import KELURAHAN

LIMIT_EM = 4.6


@pytest.mark.parametrize("name", [name for _code, name, *_rest in KELURAHAN])
def test_every_kelurahan_keeps_all_its_letters_in_at_most_two_lines(name: str) -> None:
    lines = fit_lines(name, LIMIT_EM)
    assert len(lines) <= 2
    joined = "".join(line.removesuffix("-") for line in lines).replace(" ", "")
    assert joined == name.replace(" ", "")
    assert all(width_em(line) <= LIMIT_EM for line in lines)


def test_words_are_broken_between_syllables() -> None:
    assert fit_lines("Pancalaksana", LIMIT_EM) == ["Panca-", "laksana"]
    assert fit_lines("Mesjid Priyayi", LIMIT_EM) == ["Mesjid", "Priyayi"]
    assert syllable_breaks("Kalanganyar") == [2, 4, 7]
    assert syllable_breaks("Panggungjati") == [4, 8, 10]


def test_one_line_says_as_much_as_fits() -> None:
    assert short_line("Cipare", LIMIT_EM) == "Cipare"
    assert short_line("Sumur Pecung", LIMIT_EM) == "Sumur P."
    assert short_line("Kec. Kasemen", LIMIT_EM) == "Kasemen"
    assert short_line("Dinkopukmperindag", LIMIT_EM).endswith(".")


@given(st.text(alphabet="abcdeginruy KNW", min_size=1, max_size=40), st.floats(1.5, 8))
def test_no_line_is_ever_wider_than_the_limit(name: str, limit_em: float) -> None:
    assert all(width_em(line) <= limit_em for line in fit_lines(name, limit_em))
    assert width_em(short_line(name, limit_em)) <= limit_em
