"""The page itself: fetched along its redirects, or known from before, and what it says."""

import asyncio
from typing import Final
from urllib.parse import urlsplit

from agent.core import site_fresh, site_hosts, site_signs
from agent.core.observation import Reason, Scalar
from agent.core.site_markup import Scanner, decoded, feed_link, refresh_target
from agent.probes.errors import ProbeError
from agent.probes.sitecheck.errand import Errand
from agent.probes.sitecheck.fetching import PAGE_BYTES, Answer
from agent.probes.sitecheck.memory import KnownPage, Validators
from agent.probes.sitecheck.rules import rules_for

MAX_REDIRECTS: Final = 5


async def walk(errand: Errand) -> None:
    """Go to the page and leave what it says in the memory. Raises ProbeError; the caller limits the time."""
    fetcher, memory = errand.fetcher, errand.memory
    while True:
        errand.rules = await rules_for(errand.url, errand)
        if not errand.rules.robots.allows(_path(errand.url)):
            errand.disallowed = True
            await fetcher.touch(errand.url)  # that it answers, and with which certificate, can be said all the same
            return
        known = memory.page if memory.page is not None and memory.page.url == errand.url else None
        answer = await fetcher.get(errand.url, PAGE_BYTES, known.validators.headers() if known else None)
        errand.spent_ms += sum(answer.phases_ms.values())
        target = await _arrived(errand, known, answer)
        if not target:
            return
        _follow(errand, target, answer.head.status)


async def _arrived(errand: Errand, known: KnownPage | None, answer: Answer) -> str:
    """Take the answer in; the address it sends us on to, empty when this is the page. Raises ProbeError."""
    status = errand.status = answer.head.status
    if status == 304 and known is not None:
        errand.not_modified = True
        return known.refresh
    if status >= 400 or status in (304, 204):
        raise ProbeError(Reason.HTTP_STATUS, {"status": status})
    if status >= 300:
        target = site_hosts.joined(errand.url, answer.head.headers.get("location", ""))
        if not target:
            raise ProbeError(Reason.HTTP_STATUS, {"status": status, "error": "a redirect to nowhere"})
        return target
    errand.memory.page = await _read(errand, answer)
    return errand.memory.page.refresh


def _follow(errand: Errand, target: str, status: int) -> None:
    """Go on to `target`. Raises ProbeError: it belongs to others, or there is no end."""
    host = urlsplit(target).hostname or ""
    if not site_hosts.related(urlsplit(errand.item.url).hostname or "", host, errand.item.hosts):
        raise ProbeError(Reason.SITE_FOREIGN_REDIRECT, {"status": status, "location": target, "redirect_host": host})
    errand.redirects += 1
    if errand.redirects > MAX_REDIRECTS:
        raise ProbeError(Reason.HTTP_STATUS, {"status": status, "error": "redirects without end", "location": target})
    errand.url = target


async def _read(errand: Errand, answer: Answer) -> KnownPage:
    """What the page says."""
    url = errand.url
    source = decoded(answer.body, answer.header("content-type"))
    scanner = Scanner(source)
    while scanner.step():  # noqa: ASYNC110  # nothing is waited for: others get their turn
        await asyncio.sleep(0)
    page, today = scanner.page, site_fresh.local_day(errand.wall_s)
    judgement = site_signs.judge(page, source)
    await asyncio.sleep(0)
    days = {**site_fresh.page_days(page, today), "last_modified": site_fresh.header_days(answer.head.headers, today)}
    refresh = refresh_target(page) if not judgement.reason else ""
    target = site_hosts.joined(url, refresh) if refresh else ""
    feed = feed_link(page)
    return KnownPage(
        url=url,
        validators=Validators(answer.header("etag"), answer.header("last-modified")),
        judgement=judgement,
        title=page.title,
        feed=site_hosts.joined(url, feed) if feed else "",
        refresh="" if target == url else target,  # a page that renews itself stays where it is
        days=days,
    )


def page_detail(page: KnownPage) -> dict[str, Scalar]:
    """What the page adds to the observation's detail."""
    found: dict[str, Scalar] = {}
    if page.title:
        found["title"] = page.title[:120]
    if page.judgement.sign:
        found["sign"] = page.judgement.sign
    if page.judgement.suspicious:
        found["suspicious"] = page.judgement.suspicious
    return found


def _path(url: str) -> str:
    parts = urlsplit(url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
