"""The dates in a feed (RSS, Atom) or a sitemap, read from bounded text without an XML parser.

A document type is refused outright: that is where entities that grow, and files from elsewhere, come in; no feed needs
one. Beyond that only the elements that carry dates are looked for. What lies inside a comment or CDATA of an entry can
hold the same tags only as escaped text, which is no tag here.
"""

import re
from dataclasses import dataclass
from datetime import date

from agent.core.site_dates import first_date

MAX_DATES = 5_000
"""A sitemap file may list 50,000 pages; the first 256 kB of one hold about 2,500."""
_ELEMENT = re.compile(
    r"<(?P<tag>(?:[a-z]{1,10}:)?(?:pubDate|published|updated|lastmod|date|item|entry))(?:\s[^<>]{0,200})?>"
    r"(?P<text>[^<]{0,100})",
    re.IGNORECASE,
)
_KINDS = {"<urlset": "sitemap", "<sitemapindex": "sitemap", "<rss": "feed", "<feed": "feed", "<rdf:rdf": "feed"}


class FeedError(Exception):
    """This is no feed and no sitemap, or one that must not be read."""


@dataclass(frozen=True, slots=True)
class Feed:
    """`kind` is feed or sitemap. `days`: the dates in it, newest first, each once. `generated`: every page of a sitemap
    bears one and the same date, so the date is that of the making and says nothing."""

    kind: str
    days: tuple[date, ...]
    generated: bool = False


def read_feed(text: str) -> Feed:
    """The dates of the entries. Raises FeedError."""
    head = text[:4096].lower()
    if "<!doctype" in text.lower() or "<!entity" in text.lower():
        raise FeedError("a document type is not read")
    kind = next((kind for mark, kind in _KINDS.items() if mark in head), "")
    if not kind:
        raise FeedError("neither a feed nor a sitemap")
    days: list[date] = []
    inside = kind == "sitemap"  # a feed's own dates before its first entry are often those of its making
    for count, match in enumerate(_ELEMENT.finditer(text)):
        if count >= MAX_DATES:
            break
        if match["tag"].lower().rpartition(":")[2] in ("item", "entry"):
            inside = True
        elif inside and (found := first_date(match["text"])) is not None:
            days.append(found)
    generated = kind == "sitemap" and len(days) >= 3 and len(set(days)) == 1
    return Feed(kind, tuple(sorted(set(days), reverse=True)), generated)
