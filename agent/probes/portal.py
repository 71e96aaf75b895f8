"""Does a login page stand between this box and the internet?

Plain-HTTP requests to addresses whose right answer is known, all at once; `core.captive` says what an answer is. One
genuine answer acquits the network at once: no portal lets a plain request through. A captive one is only believed when
the others had their time and none was genuine, because such an address may change hands. Whatever fails without such
an answer is no evidence for a portal and keeps its own reason.
"""

import asyncio
from typing import TYPE_CHECKING

from agent.configuration.settings import Settings, field
from agent.core.observation import Observation, Reason, Scalar
from agent.probes.context import Context, Target

if TYPE_CHECKING:
    from agent.probes.portalcheck import Answer

MAX_URLS = 8
DEFAULT_URLS = (
    "http://connectivitycheck.gstatic.com/generate_204 204",
    "http://detectportal.firefox.com/success.txt 200 success",
    "http://www.msftconnecttest.com/connecttest.txt 200 Microsoft Connect Test",
)
"""What Android, Firefox and Windows ask for the same purpose: each is kept for it, and portals know them."""


class PortalConfig(Settings, frozen=True):
    """`timeout_s` is for all requests together, which leave at once."""

    interval_s: float = field(default=300.0, metadata={"help": "seconds between looks"})
    timeout_s: float = field(default=2.5, metadata={"help": "longest time of one look", "max": 30})
    urls: tuple[str, ...] = field(
        default=DEFAULT_URLS, metadata={"help": 'addresses with a known answer: "http://... STATUS TEXT"; empty: none'}
    )
    max_body_bytes: int = field(default=16_384, metadata={"help": "how much is read", "min": 1, "max": 262144})

    def __post_init__(self) -> None:
        if not 0 < self.timeout_s <= 30:
            raise ValueError("timeout_s must be above 0 and at most 30 seconds")
        if not 0 < self.max_body_bytes <= 262_144:
            raise ValueError("max_body_bytes must be 1 to 262144")
        if self.interval_s < self.deadline_s:
            raise ValueError(f"interval_s must be at least {self.deadline_s:g}: one look can take that long")
        if len(self.urls) > MAX_URLS:
            raise ValueError(f"{len(self.urls)} urls; at most {MAX_URLS} are asked at once")
        if self.urls is not DEFAULT_URLS:
            from agent.core.captive import parse_check
            from agent.probes.url import parse_url

            for line in self.urls:
                parse_url(parse_check(line).url)

    @property
    def deadline_s(self) -> float:
        return self.timeout_s + 1.0


async def probe(target: Target, context: Context) -> Observation:
    """One look. `target.url` replaces the configured addresses."""
    from agent.core.captive import parse_check
    from agent.probes.portalcheck import ask  # HTTP is not loaded by boxes that look at no portal

    config = target.settings(PortalConfig)
    began_ms = context.clock.mono_ms()
    lines = (target.url,) if target.url else config.urls
    if not lines:
        return Observation("portal", target.name, began_ms, False, Reason.NO_TARGET)
    answers: list[Answer] = []
    tasks = [asyncio.create_task(ask(parse_check(line), config, context.resolver, answers.append)) for line in lines]
    try:
        async with asyncio.timeout(config.timeout_s):
            for ended in asyncio.as_completed(tasks):
                await ended
                if any(answer.kind == "genuine" for answer in answers):
                    break
    except TimeoutError:
        pass  # those that did not end have no answer
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return _judged(target, began_ms, len(lines), answers)


def _judged(target: Target, began_ms: int, tried: int, answers: "list[Answer]") -> Observation:
    """The one answer that decides: a genuine one, a captive one, or the first that says anything."""
    by_worth = ("genuine", "captive", "unclear", "failed")
    ended = sorted(answers, key=lambda answer: by_worth.index(answer.kind))
    detail: dict[str, Scalar] = {"tried": tried, "answered": sum(answer.kind != "failed" for answer in answers)}
    if not ended:
        return Observation("portal", target.name, began_ms, False, Reason.TIMEOUT, (None,), detail=detail)
    best = ended[0]
    ok = best.kind == "genuine"
    reason = {"genuine": Reason.NONE, "captive": Reason.CAPTIVE_PORTAL}.get(best.kind, best.reason)
    rtts_ms: tuple[float | None, ...] = () if best.reason is Reason.RESOLVE_FAILED else (best.rtt_ms,)
    return Observation("portal", target.name, began_ms, ok, reason, rtts_ms, detail=detail | best.detail)
