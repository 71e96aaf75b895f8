"""Does this resolver answer, and does it tell the truth?

1. The ordinary question: the centre's name, or one the site names, its IPv6 address where it has no other; where its
   right addresses are known (`expect`), another answer is a lie (dns_hijacked).
2. Beside it, the canary: a random name under `.invalid`, which no zone may hold (RFC 6761 section 6.4). An address for
   it comes from a resolver that answers everything (dns_wildcard): a portal, or a provider that sells typing errors.
3. Where the site asks for it, a question to an address where no DNS server is. An answer comes from somebody on the way
   who takes all questions for himself (dns_hijacked, `intercepted`).
A lie is only looked for in a resolver that answers: one that fails is failing, whatever else it does.
"""

import asyncio
import os
from pathlib import Path

from agent.configuration.settings import Settings, field
from agent.core import dnstruth
from agent.core.observation import Observation, Reason, Scalar
from agent.probes import dnsask, dnswire
from agent.probes.context import Context, Target
from agent.probes.dnsjudge import addresses_in, judge
from agent.probes.errors import ProbeError
from agent.probes.procfs import host_names, is_address
from wire.shape import replace

PORT = 53
ROOT_SERVER = "a.root-servers.net"
"""Asked for where the root itself is refused: small forwarders know nothing but names and their addresses."""
CENTER = "center"
_ROOT_KNOWN = (0, 3)


class DnsConfig(Settings, frozen=True):
    """`tries` questions, `timeout_s` apart: a lost datagram is not a dead resolver, and both figures are reported.

    `query`: the name to ask for; empty asks for the centre's host, or for the root servers when that is an address.
    A name must exist. The root is only a question that every resolver can be asked: any proper answer will do, also
    that there is none (small forwarders in routers say so); where it is refused, one of its servers is asked for.
    `expect`: the addresses or networks this name has.
    `intercept_check` is off by default: providers here redirect port 53 by regulation, honestly for most names, and
    every box behind them would call its DNS hijacked for good.
    """

    interval_s: float = field(default=60.0, metadata={"help": "seconds between questions"})
    timeout_s: float = field(default=1.0, metadata={"help": "time until the question is asked again", "max": 30})
    tries: int = field(default=2, metadata={"help": "questions until a resolver counts as silent", "min": 1, "max": 10})
    query: str = field(default="", metadata={"help": "name to ask for; it must exist; empty: the host of the centre"})
    expect: tuple[str, ...] = field(
        default=(), metadata={"help": "addresses or networks this name has; any other answer is a hijacked one"}
    )
    canary: bool = field(default=True, metadata={"help": "also ask for a name that cannot exist"})
    intercept_check: str = field(
        default="",
        metadata={"help": 'address without a DNS server ("192.0.2.53", "center"); an answer from it is interception'},
    )

    def __post_init__(self) -> None:
        if not 0 < self.timeout_s <= 30 or not 1 <= self.tries <= 10:
            raise ValueError("timeout_s must be above 0 and at most 30 seconds, tries 1 to 10")
        if self.interval_s < self.deadline_s:
            raise ValueError(f"interval_s must be at least {self.deadline_s:g}: one run can take that long")
        if self.intercept_check not in ("", CENTER) and not is_address(self.intercept_check):
            raise ValueError('intercept_check must be an address, "center", or empty')
        dnstruth.expected_networks(self.expect)
        try:
            dnswire.encode_name(self.query)
        except dnswire.DnsFormatError as error:
            raise ValueError(f"query is not a name: {error}") from error

    @property
    def deadline_s(self) -> float:
        return (self.tries + 2) * self.timeout_s + 1.0


def split_expected(text: str) -> tuple[str, ...]:
    """The addresses a dns target's `expect` names, separated by commas."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


async def probe(target: Target, context: Context) -> Observation:
    """All questions at once."""
    config = target.settings(DnsConfig)
    began_ms = context.clock.mono_ms()
    name, kind = _question(target, config, context)
    detail: dict[str, Scalar] = {"query": name or "."}
    rtts_ms: tuple[float | None, ...] = ()
    try:
        detail["address"] = address = await context.resolver.address(target.host, config.timeout_s)
        place = dnsask.Place(address, target.port or PORT, name, kind)
        outcome, beside = await _ask_all(place, config, context)
        rtts_ms = outcome.rtts_ms
        detail |= outcome.detail | beside
        reason = judge(outcome, name, _expected(target, config), detail)
    except ProbeError as error:
        reason = error.reason
        detail |= error.detail
    return Observation("dns", target.name, began_ms, reason is Reason.NONE, reason, rtts_ms, detail=detail)


def _question(target: Target, config: DnsConfig, context: Context) -> tuple[str, int]:
    """Each resolver must know the root's name servers; that is asked where no better name is known."""
    name = target.query or config.query
    if not name and context.center is not None and _is_for_dns(context.center.host, context.root):
        name = context.center.host
    if name in ("", ".", "localhost"):
        return "", dnswire.TYPES["NS"]
    return name, dnswire.TYPES["A"]


def _is_for_dns(host: str, root: Path) -> bool:
    """Whether the resolvers are who knows this host: it is no address, it is not written down on this box, its name is
    whole (a single word is completed by the search list), and does not belong to multicast DNS (RFC 6762)."""
    whole = "." in host.rstrip(".") and not host.rstrip(".").lower().endswith(".local")
    return whole and not is_address(host) and host.lower() not in host_names(root)


def _expected(target: Target, config: DnsConfig) -> tuple[str, ...]:
    """The addresses known of the name that is asked for: those of the config belong to the config's own question."""
    return split_expected(target.expect) or (() if target.query else config.expect)


async def _ask_all(
    place: dnsask.Place, config: DnsConfig, context: Context
) -> tuple[dnsask.Outcome, dict[str, Scalar]]:
    """The ordinary outcome, and what the two others found; those are waited for only when it was answered."""
    others = [
        asyncio.create_task(_canary(place, config)),
        asyncio.create_task(_intercepted(place, config, context)),
    ]
    try:
        outcome = await dnsask.ask(place, config.timeout_s, config.tries)
        if outcome.message is None:
            return outcome, {"canary": "unanswered" if config.canary else "off"}
        other = _other_question(place, outcome.message)
        outcome = outcome if other is None else await _instead(outcome, other, config)
        canary, intercepted = await asyncio.gather(*others)
        return outcome, canary | intercepted
    finally:
        for task in others:
            task.cancel()


def _other_question(place: dnsask.Place, answer: dnswire.Message) -> dnsask.Place | None:
    """What is asked after an answer that may be the question's fault."""
    if place.kind == dnswire.TYPES["A"] and answer.rcode == 0 and not answer.answers:
        return replace(place, kind=dnswire.TYPES["AAAA"])
    if not place.name and answer.rcode not in _ROOT_KNOWN:
        return replace(place, name=ROOT_SERVER, kind=dnswire.TYPES["A"])
    return None


async def _instead(first: dnsask.Outcome, place: dnsask.Place, config: DnsConfig) -> dnsask.Outcome:
    """The first outcome with the answer to another question in it, when that brings addresses; else as it was."""
    found = await dnsask.ask(place, config.timeout_s, tries=1)
    answered = found.message is not None and found.message.rcode == 0 and found.message.answers
    return replace(first, message=found.message) if answered else first


async def _canary(place: dnsask.Place, config: DnsConfig) -> dict[str, Scalar]:
    """Ask for what cannot exist, once: `ok` when that is said, `wildcard` when an address is given for it."""
    if not config.canary:
        return {"canary": "off"}
    name = f"{os.urandom(8).hex()}.invalid"
    outcome = await dnsask.ask(
        dnsask.Place(place.address, place.port, name, dnswire.TYPES["A"]), config.timeout_s, tries=1
    )
    if outcome.message is None or outcome.message.rcode not in (0, 3):
        return {"canary": "unanswered"}
    addresses = addresses_in(outcome.message)
    return {"canary": "wildcard", "canary_answer": addresses[0]} if addresses else {"canary": "ok"}


async def _intercepted(place: dnsask.Place, config: DnsConfig, context: Context) -> dict[str, Scalar]:
    """Ask where nobody can answer; any proper answer tells of somebody on the way."""
    if not config.intercept_check:
        return {}
    asked = config.intercept_check
    try:
        asked = await context.resolver.address(asked, config.timeout_s)
        if asked == place.address:
            return {}
        elsewhere = dnsask.Place(asked, place.port, place.name, place.kind)
        outcome = await dnsask.ask(elsewhere, config.timeout_s, tries=1)
    except ProbeError:
        return {}
    return {"intercepted": True, "intercept_address": asked} if outcome.message is not None else {}
