"""Columns of a printed table: never wider than the page together, and none too narrow for its numbers and words."""

from pathlib import Path
from typing import Any

import pytest
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as some

from center.reports.widths import MOST_SPREAD, PADDING_EM, PAGE_EM, columns_em, text_em
from tests.support.month_rows import MONTH, month_window

WORDS = some.text(some.characters(min_codepoint=32, max_codepoint=0x17F), max_size=60)


@pytest.fixture
def printed(month_city: Path) -> list[dict[str, Any]]:
    from center.reports.build import month_document
    from center.reports.drawing import texts
    from center.reports.tables import tables

    document = month_document(MONTH, month_window().end_ms + 1)
    found = []
    for language in ("id", "en"):
        with translation.override(language):
            for table in map(texts, tables(document)):
                titles = [str(column.title) for column in table["columns"]]
                found.append(table | {"titles": titles, "cells": table["rows"]})
    return found


class Letters:
    """The real widths of the fonts on paper, the wider of both cuts, digits of one width as the style asks for."""

    def __init__(self) -> None:
        from fontTools.ttLib import TTFont

        from center.reports.pdf_child import FONTS

        self.cuts = [TTFont(FONTS / f"barlow-semi-condensed-latin-{cut}-normal.woff2") for cut in (500, 700)]

    def em(self, text: str) -> float:
        return max(sum(self._letter(font, one) for one in text) for font in self.cuts)

    @staticmethod
    def _letter(font: Any, letter: str) -> float:
        glyph = font.getBestCmap()[ord(letter)] + (".tf" if letter.isdigit() else "")
        return float(font["hmtx"][glyph][0] / font["head"].unitsPerEm)


def test_the_estimate_is_never_less_than_what_the_fonts_on_paper_need(printed: list[dict[str, Any]]) -> None:
    letters = Letters()
    said = {text for table in printed for row in (table["titles"], *table["cells"]) for text in row}
    assert len(said) > 200
    assert [text for text in said if letters.em(text) > text_em(text) + 0.05] == []


def test_every_number_and_every_word_of_a_month_finds_room_in_its_column(printed: list[dict[str, Any]]) -> None:
    from center.reports.drawing import NUMERIC

    numbers = 0
    for table in printed:
        wraps = [column.kind not in NUMERIC for column in table["columns"]]
        widths = columns_em(table["titles"], table["cells"], wraps)
        assert sum(widths) <= PAGE_EM + 1e-6
        for row in table["cells"]:
            for text, width, may_wrap in zip(row, widths, wraps, strict=True):
                parts = text.split() if may_wrap else [text]
                assert all(text_em(part) <= width - PADDING_EM + 1e-6 for part in parts), (table["id"], text)
                numbers += not may_wrap
        for title, width in zip(table["titles"], widths, strict=True):
            assert all(text_em(word) <= width - PADDING_EM + 1e-6 for word in title.split()), (table["id"], title)
    assert numbers > 400


@settings(max_examples=40)
@given(some.integers(1, 15).flatmap(lambda count: some.tuples(
    some.lists(WORDS, min_size=count, max_size=count),
    some.lists(some.lists(WORDS, min_size=count, max_size=count), max_size=4),
    some.lists(some.booleans(), min_size=count, max_size=count),
)))  # fmt: skip
def test_whatever_stands_in_a_table_it_fits_the_page_and_no_column_vanishes(
    drawn: tuple[list[str], list[list[str]], list[bool]],
) -> None:
    titles, rows, wraps = drawn
    widths = columns_em(titles, rows, wraps)
    assert len(widths) == len(titles)
    assert sum(widths) <= PAGE_EM + 1e-6
    assert min(widths) > 0


def test_one_endless_word_does_not_break_the_headings_beside_it() -> None:
    titles = ["node", "connected", "unknown"] * 3
    rows = [["X" * 90, "737:31:40", "0:06:24"] * 3]
    widths = columns_em(titles, rows, [True, False, False] * 3)
    for title, width in zip(titles, widths, strict=True):
        assert text_em(title) <= width - PADDING_EM + 1e-6


def test_a_small_table_is_not_pulled_apart_over_the_page() -> None:
    widths = columns_em(["penyebab", "putus"], [["Listrik padam", "1:02:03"]], [True, False])
    assert sum(widths) <= MOST_SPREAD * (text_em("Listrik padam") + text_em("1:02:03") + 2 * PADDING_EM)


def test_only_paper_carries_widths_for_pages_may_have_no_style_of_their_own(month_city: Path) -> None:
    from center.reports.build import month_document
    from center.reports.drawing import draw

    document = month_document(MONTH, month_window().end_ms + 1)
    assert "style=" not in draw(document, "t")
    assert draw(document, "t", for_print=True).count("<colgroup>") > 5
