"""One connectivity check: the request, and what its answer is. Loaded when a portal is first looked for."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from agent.core import captive
from agent.core.observation import Reason, Scalar
from agent.probes import http1
from agent.probes.errors import ProbeError
from agent.probes.httprequest import Request
from agent.probes.portal import PortalConfig
from agent.probes.resolve import Resolver
from agent.probes.url import parse_url

_SHOWN = 200
"""Characters of an address in the evidence: portals put tickets of kilobytes behind theirs."""


@dataclass(frozen=True, slots=True)
class Answer:
    """How one check ended. `failed`: no answer at all, for `reason`."""

    kind: Literal["genuine", "captive", "unclear", "failed"]
    reason: Reason
    rtt_ms: float | None
    detail: dict[str, Scalar]


async def ask(check: captive.Check, config: PortalConfig, resolver: Resolver, done: Callable[[Answer], object]) -> None:
    """Make the request and hand its answer to `done`. The caller limits the time."""
    request = _Check(check, config.max_body_bytes)
    detail: dict[str, Scalar] = {"url": check.url}
    try:
        await request.run(resolver, config.timeout_s)
    except ProbeError as error:
        detail |= {"address": request.detail.get("address"), **error.detail}
        done(Answer("failed", error.reason, None, {name: value for name, value in detail.items() if value is not None}))
        return
    found = request.found
    detail |= {"address": request.detail["address"], "status": request.status}
    texts = {"why": found.why, "title": found.title, "location": request.location or found.leads_to}
    detail |= {name: text[:_SHOWN] for name, text in texts.items() if text}
    reason = Reason.HTTP_STATUS if request.status >= 300 else Reason.HTTP_CONTENT
    done(Answer(found.kind, reason, sum(request.phases_ms.values()), detail))


class _Check(Request):
    """A request whose answer is looked at for a portal's hand, instead of for its success."""

    def __init__(self, check: captive.Check, max_body_bytes: int) -> None:
        super().__init__(parse_url(check.url), "", max_body_bytes, "")
        self._check = check
        self.status = 0
        self.location = ""
        self.found = captive.Finding("unclear")

    def _judge(self, head: http1.Head, body: http1.Body) -> None:
        self.status, self.location = head.status, head.headers.get("location", "")
        self.found = captive.judge(self._check, head.status, self.location, body.kept)
