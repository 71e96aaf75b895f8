"""How old is what a site says? The newest believable date among what it publishes, and who said it.

| source        | what                                         | believed unless                          |
|---------------|----------------------------------------------|------------------------------------------|
| feed          | dates of the entries of its RSS or Atom feed | in the future                            |
| sitemap       | lastmod of its pages                         | in the future; all the same and recent   |
| data          | datePublished, dateModified of JSON-LD       | in the future                            |
| meta          | article:published_time and the like          | in the future                            |
| time          | <time datetime>                              | in the future; the only date, and recent |
| last_modified | the header                                   | in the future; as young as the answer    |
| text          | dates in the visible text                    | in the future; of these three days       |

A date of today in the text is more often a clock beside the menu than news, and a server's clock in UTC or a cached
page makes it yesterday or tomorrow. Real news of today is in the text of yesterday's date soon, and stale means months.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import Final

from agent.core.site_dates import dates_in, first_date
from agent.core.site_feed import Feed
from agent.core.site_markup import Page

WIB: Final = timezone(timedelta(hours=7))
SOURCES: Final = ("feed", "sitemap", "data", "meta", "time", "last_modified", "text")
"""In the order of trust: on equal dates the first is named."""
NEAR_TODAY: Final = timedelta(days=1)
KEPT_DAYS: Final = 5
"""Newest dates kept per source between two looks at a page that did not change."""
_META = frozenset(
    {
        "article:published_time", "article:modified_time", "og:updated_time", "date", "dc.date", "dcterms.date",
        "dcterms.modified", "dcterms.created", "last-modified", "datepublished", "datemodified", "pubdate",
    }
)  # fmt: skip
_DATA = re.compile(r"\"(?:datePublished|dateModified|uploadDate|dateCreated)\"\s{0,4}:\s{0,4}\"([^\"]{1,40})\"")
_HEADER_TIME = re.compile(r"(\d{2}):(\d{2}):(\d{2})")
JUST_MADE_S: Final = 300
"""A page whose Last-Modified is this close to the answer's own Date was made for the answer."""

Days = tuple[date, ...]


@dataclass(frozen=True, slots=True)
class Freshness:
    """The newest believable date, its source (empty: none was found) and what was not believed, by source."""

    day: date | None = None
    source: str = ""
    doubted: Mapping[str, str] | None = None

    def age_days(self, today: date) -> int | None:
        return None if self.day is None else (today - self.day).days


def local_day(wall_s: float) -> date:
    """The date in Serang at this Unix time."""
    return datetime.fromtimestamp(wall_s, WIB).date()


def page_days(page: Page, today: date) -> dict[str, Days]:
    """The newest dates of a page by source, future ones left out. Ages in words are counted from `today`."""
    data = (first_date(text) for script in page.data for text in _DATA.findall(script[:65_536])[:200])
    meta = (
        first_date(m.get("content", ""))
        for m in page.metas
        if m.get("property", m.get("name", m.get("itemprop", m.get("http-equiv", "")))).lower() in _META
    )
    times = _newest((first_date(text) for text in page.times), today)
    return {
        "data": _newest(data, today),
        "meta": _newest(meta, today),
        "time": times,
        "text": _newest((found.day for found in dates_in(page.text, today)), today),
    }


def header_days(headers: Mapping[str, str], today: date) -> Days:
    """The date of Last-Modified; none when the page was made for this very answer."""
    modified = headers.get("last-modified", "")
    made, answered = _header_s(modified), _header_s(headers.get("date", ""))
    if made is not None and answered is not None and abs(answered - made) <= JUST_MADE_S:
        return ()
    return _newest((first_date(modified),), today)


def feed_days(feed: Feed, today: date) -> Days:
    """The newest dates of a feed or sitemap; none when the sitemap is made anew each time it is asked for."""
    days = _newest(feed.days, today)
    return () if feed.generated and days and today - days[0] <= NEAR_TODAY else days


def newest(found: Mapping[str, Days], today: date) -> Freshness:
    """The newest date that is believed, over all sources."""
    doubted: dict[str, str] = {}
    best: tuple[date, str] | None = None
    for source in SOURCES:
        days = [day for day in found.get(source, ()) if day <= today]
        kept = _believed(source, days, today)
        if len(kept) < len(days):
            doubted[source] = days[0].isoformat()
        if kept and (best is None or kept[0] > best[0]):
            best = (kept[0], source)
    return Freshness(best[0] if best else None, best[1] if best else "", doubted)


def _believed(source: str, days: "list[date]", today: date) -> "list[date]":
    if source == "text":
        return [day for day in days if abs(today - day) > NEAR_TODAY]
    if source == "time" and len(days) == 1 and abs(today - days[0]) <= NEAR_TODAY:
        return []
    return days


def _newest(days: "Iterable[date | None]", today: date) -> Days:
    """The newest few, each once; one day ahead is still today somewhere, more is an announcement."""
    known = {day for day in days if day is not None and day <= today + NEAR_TODAY}
    return tuple(sorted(known, reverse=True)[:KEPT_DAYS])


def _header_s(text: str) -> float | None:
    """An HTTP date as seconds; None when it is none."""
    day, time = first_date(text), _HEADER_TIME.search(text)
    if day is None or time is None:
        return None
    return day.toordinal() * 86_400 + int(time[1]) * 3600 + int(time[2]) * 60 + int(time[3])
