"""The site's feed and sitemap: every six hours, in two looks of the service, and not where robots.txt says no."""

import asyncio
from typing import Final
from urllib.parse import urlsplit

from agent.core import site_fresh, site_hosts
from agent.core.site_feed import FeedError, read_feed
from agent.core.site_markup import decoded
from agent.probes.errors import ProbeError
from agent.probes.sitecheck.errand import Errand
from agent.probes.sitecheck.fetching import PAGE_BYTES
from agent.probes.sitecheck.memory import KnownFeed, Rules, Validators
from agent.probes.sitecheck.rules import HOUR_MS

EVERY_MS: Final = 6 * HOUR_MS


async def renew(errand: Errand, rules: Rules) -> None:
    """Ask for the feed or the sitemap where one is due; a thorough look asks for both. Never raises a ProbeError."""
    item, memory, now_ms = errand.item, errand.memory, errand.now_ms
    page = memory.page
    host = urlsplit(page.url if page else item.url).hostname or ""
    named = next((url for url in rules.robots.sitemaps if site_hosts.related(host, urlsplit(url).hostname or "")), "")
    wanted = {"feed": item.feed or (page.feed if page else ""), "sitemap": item.sitemap or named}
    for kind, url in wanted.items():
        known = memory.feed if kind == "feed" else memory.sitemap
        if not url or (known.url == url and now_ms < known.due_ms):
            continue
        if known.url != url:
            known.url, known.validators, known.days = url, Validators(), ()
        known.due_ms = now_ms + EVERY_MS
        if not site_hosts.related(host, urlsplit(url).hostname or "", item.hosts):
            known.error = "another's host"
        elif not rules.known or not rules.robots.allows(urlsplit(url).path or "/"):
            known.error = "robots.txt"
        else:
            await _ask(known, errand)
            if not errand.config.thorough:
                return


async def _ask(known: KnownFeed, errand: Errand) -> None:
    """One request; a failure keeps what was known and is tried again within the hour."""
    fetcher, now_ms = errand.fetcher, errand.now_ms
    known.due_ms = now_ms + HOUR_MS
    try:
        async with asyncio.timeout(fetcher.timeout_s):
            answer = await fetcher.get(known.url, PAGE_BYTES, known.validators.headers())
    except (ProbeError, TimeoutError) as error:
        known.error = str(error) or "timeout"
        return
    if answer.head.status == 304:
        known.error, known.due_ms = "", now_ms + EVERY_MS
        return
    if answer.head.status != 200:
        known.error = f"status {answer.head.status}"
        return
    known.due_ms = now_ms + EVERY_MS
    try:
        feed = read_feed(decoded(answer.body, answer.header("content-type")))
    except FeedError as error:
        known.error, known.days = str(error), ()
        return
    known.error, known.days = "", site_fresh.feed_days(feed, site_fresh.local_day(errand.wall_s))
    known.validators = Validators(answer.header("etag"), answer.header("last-modified"))
