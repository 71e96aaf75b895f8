"""Does this web site answer, how fast in each phase, and until when is its certificate good?

One GET over a connection of its own. TLS is verified; redirects are reported and not followed (what is asked for is
what is judged); at most `max_body_bytes` are read; `expect` is a text the page must hold, because error pages and
default pages come with status 200 as well.
"""

import asyncio

from agent.configuration.settings import Settings, field
from agent.core.observation import Observation, Reason
from agent.probes.context import Context, Target
from agent.probes.errors import ProbeError
from agent.probes.url import parse_url


class HttpConfig(Settings, frozen=True):
    """`timeout_s` is for the whole request, however slowly it drips. `ca_file` for sites of a private authority."""

    interval_s: float = field(default=300.0, metadata={"help": "seconds between requests"})
    timeout_s: float = field(default=10.0, metadata={"help": "longest time of a whole request", "max": 120})
    max_body_bytes: int = field(default=65_536, metadata={"help": "how much is read", "min": 1, "max": 1048576})
    ca_file: str = field(default="", metadata={"help": "authorities of private sites (PEM)"})

    def __post_init__(self) -> None:
        if not 0 < self.timeout_s <= 120:
            raise ValueError("timeout_s must be above 0 and at most 120 seconds")
        if not 0 < self.max_body_bytes <= 1_048_576:
            raise ValueError("max_body_bytes must be 1 to 1048576")
        if self.interval_s < self.deadline_s:
            raise ValueError(f"interval_s must be at least {self.deadline_s:g}: one request can take that long")

    @property
    def deadline_s(self) -> float:
        return self.timeout_s + 1.0


async def probe(target: Target, context: Context) -> Observation:
    """One request."""
    from agent.probes.httprequest import Request  # most boxes watch no web site: it is not loaded there

    config = target.settings(HttpConfig)
    began_ms = context.clock.mono_ms()
    request = Request(parse_url(target.url), target.expect, config.max_body_bytes, config.ca_file)
    try:
        async with asyncio.timeout(config.timeout_s):
            await request.run(context.resolver, config.timeout_s)
    except TimeoutError:
        reason = Reason.TIMEOUT
    except ProbeError as error:
        reason = error.reason
        request.detail |= error.detail
    else:
        reason = Reason.NONE
        del request.detail["phase"]
    answered = "first_byte" in request.phases_ms
    rtts_ms: tuple[float | None, ...] = (sum(request.phases_ms.values()) if answered else None,)
    if not request.detail.get("address"):
        rtts_ms = ()
    return Observation(
        "http", target.name, began_ms, not reason, reason, rtts_ms, phases_ms=request.phases_ms, detail=request.detail
    )
