"""Feeds and sitemaps, good, generated and hostile."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.site_feed import FeedError, read_feed
from tests.support.growth import PROPORTION, growth

RSS = """<?xml version="1.0"?><rss version="2.0"><channel><title>x</title>
<lastBuildDate>Mon, 23 Nov 2026 01:00:00 +0000</lastBuildDate><pubDate>Mon, 23 Nov 2026 01:00:00 +0000</pubDate>
<item><title>Lama</title><pubDate>Tue, 03 Mar 2026 08:00:00 +0700</pubDate></item>
<item><title>Baru &lt;pubDate&gt;</title><pubDate>Fri, 06 Mar 2026 08:00:00 +0700</pubDate></item></channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><updated>2026-11-23T00:00:00Z</updated>
<entry><published>2026-01-02T00:00:00Z</published><updated>2026-02-03T00:00:00Z</updated></entry></feed>"""
RDF = """<rdf:RDF xmlns:dc="x"><item><dc:date>2025-05-06T00:00+07:00</dc:date></item></rdf:RDF>"""


def sitemap(*days: str) -> str:
    return "<urlset>" + "".join(f"<url><loc>x</loc><lastmod>{day}</lastmod></url>" for day in days) + "</urlset>"


@pytest.mark.parametrize(
    ("text", "kind", "newest"),
    [
        (RSS, "feed", date(2026, 3, 6)),
        (ATOM, "feed", date(2026, 2, 3)),
        (RDF, "feed", date(2025, 5, 6)),
        (sitemap("2026-01-01", "2026-04-05T10:00:00+07:00"), "sitemap", date(2026, 4, 5)),
        ("<sitemapindex><sitemap><lastmod>2026-06-07</lastmod></sitemap></sitemapindex>", "sitemap", date(2026, 6, 7)),
    ],
)
def test_the_newest_entry_is_found_and_not_the_date_of_the_making(text: str, kind: str, newest: date) -> None:
    found = read_feed(text)
    assert (found.kind, found.days[0]) == (kind, newest)
    assert not found.generated


def test_a_sitemap_with_one_date_for_everything_is_generated() -> None:
    assert read_feed(sitemap(*["2026-11-23"] * 40)).generated
    assert not read_feed(sitemap("2026-11-23", "2026-11-23")).generated


def test_a_feed_cut_off_in_the_middle_still_speaks() -> None:
    assert read_feed(RSS[: RSS.index("</item></channel>")]).days[0] == date(2026, 3, 6)


@pytest.mark.parametrize(
    "text",
    [
        "<html><body>404</body></html>",
        "",
        '<!DOCTYPE rss [<!ENTITY a "aaaa">]><rss><channel/></rss>',
        '<rss><!ENTITY x SYSTEM "file:///etc/passwd"></rss>',
        '{"feed": true}',
    ],
)
def test_what_is_none_or_brings_a_document_type_is_refused(text: str) -> None:
    with pytest.raises(FeedError):
        read_feed(text)


@given(st.text(max_size=500))
def test_any_text_gives_dates_in_order_or_the_one_error(text: str) -> None:
    days = read_feed(f"<rss><item>{text.replace('<!', '')}").days
    assert list(days) == sorted(set(days), reverse=True)


@pytest.mark.parametrize("piece", ["<item ", "<pubDate>", "<a:", "<lastmod", "<entry x"])
def test_hostile_repetition_costs_time_in_proportion(piece: str) -> None:
    assert growth(lambda count: read_feed("<rss>" + piece * count), 30_000) < PROPORTION
