"""How old a site's content is, and who says so: real news, clocks beside the menu, generated headers and the future."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.observation import Observation, Reason
from agent.core.site_feed import read_feed
from agent.core.site_fresh import SOURCES, feed_days, header_days, local_day, newest, page_days
from agent.core.site_markup import read_page
from agent.core.site_verdict import site_codes

TODAY = date(2026, 11, 23)


def fresh(page: str, **others: tuple[date, ...]) -> tuple[date | None, str]:
    found = newest({**page_days(read_page(page), TODAY), **others}, TODAY)
    return found.day, found.source


@pytest.mark.parametrize(
    ("page", "day", "source"),
    [
        ("<p>Senin, 23 November 2026</p><h3>Berita</h3><span>5 Maret 2026</span>", date(2026, 3, 5), "text"),
        ("<p>Minggu, 22 November 2026 (UTC)</p><span>2 Januari 2025</span>", date(2025, 1, 2), "text"),
        ("<p>Selasa, 24 November 2026</p>", None, ""),
        ("<p>Pendaftaran dibuka 1 Desember 2026</p><p>4 Mei 2026</p>", date(2026, 5, 4), "text"),
        ("<footer>© 2026 Dinas. Hak cipta 3 Maret 2026</footer><p>9 Juni 2024</p>", date(2024, 6, 9), "text"),
        ("<time datetime='2026-11-23T10:00:00+07:00'>kini</time>", None, ""),
        ("<time datetime='2026-11-23'>kini</time><time datetime='2026-11-20'>x</time>", date(2026, 11, 23), "time"),
        ("<time datetime='2026-10-01'>x</time>", date(2026, 10, 1), "time"),
        (
            '<script type="application/ld+json">{"datePublished":"2026-11-23T01:00"}</script>',
            date(2026, 11, 23),
            "data",
        ),
        ("<meta property='article:modified_time' content='2026-08-09T01:00:00Z'>", date(2026, 8, 9), "meta"),
        ("<meta name='keywords' content='2026-08-09'>", None, ""),
        ("<!-- dibuat 2026-11-01 --><script>var t='2026-11-02'</script>", None, ""),
        ("<p>3 hari yang lalu</p>", date(2026, 11, 20), "text"),
        ("<p>November 2026</p>", None, ""),
        ("", None, ""),
    ],
)
def test_the_newest_believable_date_of_a_page(page: str, day: date | None, source: str) -> None:
    assert fresh(page) == (day, source)


def test_the_most_trusted_source_is_named_when_two_agree() -> None:
    day = date(2026, 3, 5)
    assert fresh("<p>5 Maret 2026</p>", feed=(day,), sitemap=(day,)) == (day, "feed")


def test_what_was_not_believed_is_told() -> None:
    found = newest({"text": (TODAY, date(2026, 1, 2))}, TODAY)
    assert found.doubted == {"text": "2026-11-23"}
    assert found.age_days(TODAY) == 325


@pytest.mark.parametrize(
    ("modified", "answered", "days"),
    [
        ("Thu, 05 Mar 2026 10:00:00 GMT", "Mon, 23 Nov 2026 03:00:00 GMT", (date(2026, 3, 5),)),
        ("Mon, 23 Nov 2026 02:59:58 GMT", "Mon, 23 Nov 2026 03:00:00 GMT", ()),
        ("Mon, 23 Nov 2026 01:00:00 GMT", "Mon, 23 Nov 2026 03:00:00 GMT", (date(2026, 11, 23),)),
        ("Thu, 05 Mar 2026 10:00:00 GMT", "", (date(2026, 3, 5),)),
        ("Fri, 01 Jan 2100 00:00:00 GMT", "Mon, 23 Nov 2026 03:00:00 GMT", ()),
        ("kemarin", "x", ()),
        ("", "", ()),
    ],
)
def test_a_header_made_for_the_answer_says_nothing(modified: str, answered: str, days: tuple[date, ...]) -> None:
    assert header_days({"last-modified": modified, "date": answered}, TODAY) == days


def test_a_sitemap_that_is_made_on_request_says_nothing() -> None:
    page = "<urlset>" + "<url><lastmod>{}</lastmod></url>" * 3 + "</urlset>"
    assert feed_days(read_feed(page.format(*["2026-11-23"] * 3)), TODAY) == ()
    assert feed_days(read_feed(page.format("2026-11-23", "2026-11-01", "2026-01-01")), TODAY)[0] == TODAY
    assert feed_days(read_feed(page.format(*["2025-01-01"] * 3)), TODAY) == (date(2025, 1, 1),)


def test_the_day_is_that_of_serang() -> None:
    assert local_day(1_795_366_800) == date(2026, 11, 23)
    assert local_day(1_795_366_800 - 1) == date(2026, 11, 22)


@given(
    st.dictionaries(
        st.sampled_from(SOURCES), st.lists(st.dates(date(1995, 1, 1), date(2030, 1, 1)), max_size=4).map(tuple)
    )
)
def test_the_answer_is_one_of_the_dates_and_never_ahead(found: dict[str, tuple[date, ...]]) -> None:
    ordered = {source: tuple(sorted(days, reverse=True)) for source, days in found.items()}
    fresh = newest(ordered, TODAY)
    if fresh.day is not None:
        assert fresh.day in ordered[fresh.source]
        assert fresh.day <= TODAY
    elif any(day < TODAY - timedelta(days=1) for days in ordered.values() for day in days):
        raise AssertionError("an old date is believable wherever it stands")


@pytest.mark.parametrize(
    ("ok", "reason", "detail", "codes"),
    [
        (True, "", {}, ()),
        (True, "", {"stale": True, "expiring": True}, ("W3", "W4")),
        (False, "http_status", {"stale": True}, ("W1", "W3")),
        (False, "tls_expired", {}, ("W2",)),
        (False, "site_parked", {}, ("W1",)),
        (False, "probe_failed", {}, ()),
    ],
)
def test_codes_of_the_ladder(ok: bool, reason: str, detail: dict[str, bool], codes: tuple[str, ...]) -> None:
    assert site_codes(Observation("site", "x", 1, ok, Reason(reason), detail=detail)) == codes


def test_silence_names_nobody_while_the_line_itself_was_not_judged() -> None:
    silent = Observation("site", "x", 1, False, Reason.TIMEOUT, detail={"stale": True})
    assert site_codes(silent) == ("W1", "W3")
    assert site_codes(silent, line_is_well=False) == ("U0", "W3")
    spoken = Observation("site", "x", 1, False, Reason.HTTP_STATUS)
    assert site_codes(spoken, line_is_well=False) == ("W1",)
