"""An authority's robots.txt, asked for once a day.

Not found means that everything is allowed; a server that cannot give it (5xx, no answer) is asked again within the
hour, and until then only the page people wanted watched is fetched, neither feed nor sitemap (RFC 9309 section 2.3.1.4
would have it left alone altogether: a monitor of the city's own sites would be blind to just those that fail).
"""

import asyncio
from typing import Final
from urllib.parse import urlsplit

from agent.core.site_robots import ALLOW_ALL, MAX_BYTES, parse_robots
from agent.probes.errors import ProbeError
from agent.probes.sitecheck.errand import Errand
from agent.probes.sitecheck.fetching import Fetcher
from agent.probes.sitecheck.memory import Rules

PRODUCT: Final = "sandi"
DAY_MS: Final = 24 * 3_600_000
HOUR_MS: Final = 3_600_000
SHARE_OF_TIME: Final = 3
"""robots.txt gets this part of the page's time: a server that hangs on it is not waited for twice."""


async def rules_for(url: str, errand: Errand) -> Rules:
    """The rules of the address's authority, from memory while they are fresh. Never raises a ProbeError."""
    memory, now_ms = errand.memory, errand.now_ms
    parts = urlsplit(url)
    authority = f"{parts.scheme}://{parts.netloc}"
    known = memory.rules.get(authority)
    if known is not None and now_ms < known.until_ms:
        return known
    found = await _ask(f"{authority}/robots.txt", errand.fetcher, now_ms)
    if not found.known and known is not None and known.known:
        found = Rules(known.robots, True, found.until_ms)  # what it said yesterday is better than nothing
    return memory.keep_rules(authority, found)


async def _ask(url: str, fetcher: Fetcher, now_ms: int) -> Rules:
    try:
        async with asyncio.timeout(fetcher.timeout_s / SHARE_OF_TIME):
            answer = await fetcher.get(url, MAX_BYTES)
    except (ProbeError, TimeoutError):
        return Rules(until_ms=now_ms + HOUR_MS)
    status = answer.head.status
    if status >= 500 or status == 429:
        return Rules(until_ms=now_ms + HOUR_MS)
    if status != 200:
        return Rules(ALLOW_ALL, True, now_ms + DAY_MS)
    return Rules(parse_robots(answer.body, PRODUCT), True, now_ms + DAY_MS)
