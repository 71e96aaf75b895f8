"""One look at one site: its page, its feed or sitemap when due, and one observation of both."""

import asyncio
from collections.abc import Mapping

from agent.core import site_fresh
from agent.core.clock import EARLIEST_WALL_MS
from agent.core.observation import Observation, Reason, Scalar
from agent.core.site_verdict import EXPIRING_DAYS
from agent.probes.context import Context, Target
from agent.probes.errors import ProbeError
from agent.probes.site import SiteConfig
from agent.probes.sitecheck import feeds, pages
from agent.probes.sitecheck.errand import Errand
from agent.probes.sitecheck.fetching import Fetcher
from agent.probes.sitecheck.memory import SiteMemories, SiteMemory
from agent.probes.sitecheck.rules import SHARE_OF_TIME


async def look(target: Target, config: SiteConfig, context: Context) -> Observation:
    """Look at the site once."""
    memory, shared = memory_of(target, context), config.shared
    fetcher = Fetcher(context.resolver, shared.timeout_s, shared.contact, shared.ca_file)
    now_ms, wall_s = context.clock.mono_ms(), context.clock.wall_ms() / 1000
    errand = Errand(config, memory, fetcher, now_ms, wall_s, config.item.url)
    reason, failure = await _go(errand)
    phases_ms, asked = dict(fetcher.phases_ms), dict(fetcher.detail)
    if not reason and errand.rules is not None and not errand.disallowed:
        await feeds.renew(errand, errand.rules)
    detail = _detail(errand, asked, failed=bool(reason)) | failure
    if not reason and not errand.disallowed and memory.page is not None:
        reason = memory.page.judgement.reason
        detail |= pages.page_detail(memory.page)
    if wall_s * 1000 >= EARLIEST_WALL_MS:
        detail |= _freshness(config, memory, wall_s)
    else:
        detail.pop("expiring", None)  # a clock that was never set says nothing about dates
    rtts_ms = _rtts_ms(errand, phases_ms) if asked.get("address") else ()
    return Observation("site", target.name, now_ms, not reason, reason, rtts_ms, phases_ms=phases_ms, detail=detail)


def _rtts_ms(errand: Errand, phases_ms: Mapping[str, float]) -> tuple[float | None, ...]:
    """The time of all requests to the page; None when the server was not heard."""
    heard = "first_byte" in phases_ms or errand.disallowed
    return (max(errand.spent_ms, sum(phases_ms.values())) if heard else None,)


def memory_of(target: Target, context: Context) -> SiteMemory:
    """What is remembered of the site; made at its first look."""
    return context.memory.of(SiteMemories).by_name.setdefault(target.name, SiteMemory())


async def _go(errand: Errand) -> tuple[Reason, dict[str, Scalar]]:
    """Walk to the page within its time; why that failed, with the evidence."""
    try:
        async with asyncio.timeout(errand.config.timeout_s * (1 + 1 / SHARE_OF_TIME)):  # robots.txt has its own part
            await pages.walk(errand)
    except TimeoutError:
        return Reason.TIMEOUT, {}
    except ProbeError as error:
        return error.reason, error.detail
    return Reason.NONE, {}


def _detail(errand: Errand, asked: Mapping[str, Scalar], *, failed: bool) -> dict[str, Scalar]:
    """What every look says. The phase is told only when it is where the look ended."""
    item = errand.item
    detail: dict[str, Scalar] = {"url": item.url, "kind": item.kind, "every_s": round(errand.config.interval_s)}
    if not item.verified:
        detail["unverified"] = True
    if errand.url != item.url:
        detail |= {"final": errand.url[:200], "redirects": errand.redirects}
    if errand.status:
        detail["status"] = errand.status
    if errand.not_modified:
        detail["not_modified"] = True
    if errand.disallowed:
        detail["robots"] = "disallowed"
    for name in ("address", "certificate_days", *(("phase",) if failed else ())):
        if asked.get(name) is not None:
            detail[name] = asked[name]
    days = asked.get("certificate_days")
    if isinstance(days, int | float) and 0 <= days < EXPIRING_DAYS:
        detail["expiring"] = True
    return detail


def _freshness(config: SiteConfig, memory: SiteMemory, wall_s: float) -> dict[str, Scalar]:
    """The age of the newest content that is known, also while the site does not answer: it does not get younger."""
    today = site_fresh.local_day(wall_s)
    found = dict(memory.page.days) if memory.page is not None else {}
    found |= {"feed": memory.feed.days, "sitemap": memory.sitemap.days}
    fresh = site_fresh.newest(found, today)
    age_days = fresh.age_days(today)
    if fresh.day is None or age_days is None:
        return {}
    limit = config.stale_after_days
    detail: dict[str, Scalar] = {
        "fresh_days": age_days,
        "fresh_date": fresh.day.isoformat(),
        "fresh_source": fresh.source,
        "stale_after_days": limit,
    }
    if age_days > limit:
        detail["stale"] = True
    return detail
