"""Dates as Indonesian and English pages write them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.site_dates import EARLIEST, dates_in, first_date
from tests.support.growth import PROPORTION, growth

TODAY = date(2026, 11, 23)


def days(text: str) -> list[date]:
    return [found.day for found in dates_in(text, TODAY)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Senin, 23 November 2026", date(2026, 11, 23)),
        ("5 Januari 2026", date(2026, 1, 5)),
        ("05 Pebruari 2025", date(2025, 2, 5)),
        ("17 Agustus 2026 pukul 10.00 WIB", date(2026, 8, 17)),
        ("3 Nopember 2024", date(2024, 11, 3)),
        ("12 Des 2025", date(2025, 12, 12)),
        ("1 Mei 2026", date(2026, 5, 1)),
        ("12-Okt-2025", date(2025, 10, 12)),
        ("9 Agt. 2026", date(2026, 8, 9)),
        ("Published on March 4, 2026", date(2026, 3, 4)),
        ("Sep 1st, 2025", date(2025, 9, 1)),
        ("2nd June 2026", date(2026, 6, 2)),
        ("2026-07-31", date(2026, 7, 31)),
        ("2026-07-31T09:15:00+07:00", date(2026, 7, 31)),
        ("31/07/2026", date(2026, 7, 31)),
        ("03/04/2026", date(2026, 4, 3)),
        ("07/31/2026", date(2026, 7, 31)),
        ("31.07.2026", date(2026, 7, 31)),
        ("Tue, 15 Nov 1994 12:45:26 GMT", None),
        ("Thu, 15 Nov 2001 12:45:26 GMT", date(2001, 11, 15)),
    ],
)
def test_a_whole_date_is_read(text: str, expected: date | None) -> None:
    assert days(text) == ([expected] if expected else [])
    assert first_date(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "© 2026 Pemerintah Kota Serang",
        "November 2026",
        "Hak cipta 1 Januari 2026",
        "Copyright © 12 March 2026",
        "31 Februari 2026",
        "99/99/2026",
        "NIP 19800101 200501 1 001",
        "Telepon 0254-200-2026",
        "UU 14 Tahun 2008",
        "17 Agustus 1945",
        "1234-56-7890123",
        "versi 1.2.2026.4",
    ],
)
def test_what_is_no_date_of_a_page_is_none(text: str) -> None:
    assert days(text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3 hari yang lalu", date(2026, 11, 20)),
        ("2 minggu lalu", date(2026, 11, 9)),
        ("1 bulan lalu", date(2026, 10, 24)),
        ("4 days ago", date(2026, 11, 19)),
        ("1 year ago", date(2025, 11, 23)),
    ],
)
def test_an_age_in_words_counts_from_today(text: str, expected: date) -> None:
    found = list(dates_in(text, TODAY))
    assert [(one.day, one.relative) for one in found] == [(expected, True)]


@given(st.text(max_size=400))
def test_any_text_gives_dates_of_the_web_age_or_none(text: str) -> None:
    assert all(day >= EARLIEST for day in days(text))
    assert first_date(text) is None or first_date(text) in days(text[:200]) or "c" in text or "©" in text


@given(st.dates(min_value=EARLIEST, max_value=date(2100, 1, 1)))
def test_iso_and_indonesian_writing_agree(day: date) -> None:
    months = "Januari Februari Maret April Mei Juni Juli Agustus September Oktober November Desember".split()  # noqa: SIM905
    assert days(day.isoformat()) == days(f"{day.day} {months[day.month - 1]} {day.year}") == [day]


@pytest.mark.parametrize("piece", ["1 ", "12 jan 20", "12/12/", "0", "1-", "jan ", "9 hari ", "2026-", "1 januari "])
def test_hostile_repetition_costs_time_in_proportion(piece: str) -> None:
    assert growth(lambda size: days((piece * size)[:size]), 200_000) < PROPORTION
