"""What a resolver's answer means: a refusal, a lie, or the truth."""

from agent.core import dnstruth
from agent.core.observation import Reason, Scalar
from agent.probes import dnsask, dnswire

SLOW_MS = 500.0
"""A page asks for a dozen names one after the other: above half a second each, people call the line dead. It is no
fault of the resolver's truth or life, so it is told and not judged."""
_RCODE_REASONS = {2: Reason.DNS_SERVFAIL, 3: Reason.DNS_NXDOMAIN, 5: Reason.DNS_REFUSED}
_ADDRESSES = (dnswire.TYPES["A"], dnswire.TYPES["AAAA"])


def judge(outcome: dnsask.Outcome, name: str, expected: tuple[str, ...], detail: dict[str, Scalar]) -> Reason:
    """The ordinary answer first, then the lies; what was seen goes into `detail`."""
    if outcome.message is None:
        return outcome.reason
    reason = _answered(outcome.message, name, detail)
    if any(rtt_ms is not None and rtt_ms > SLOW_MS for rtt_ms in outcome.rtts_ms):
        detail["slow"] = True
    if reason is not Reason.NONE:
        return reason
    if lie := dnstruth.foreign(addresses_in(outcome.message), dnstruth.expected_networks(expected)):
        detail |= {"answer": lie, "expected": ", ".join(expected)}
        return Reason.DNS_HIJACKED
    if detail.get("intercepted"):
        return Reason.DNS_HIJACKED
    return Reason.DNS_WILDCARD if detail.get("canary") == "wildcard" else Reason.NONE


def _answered(answer: dnswire.Message, name: str, detail: dict[str, Scalar]) -> Reason:
    rcode = dnswire.RCODES.get(answer.rcode, str(answer.rcode))
    detail |= {"rcode": rcode, "answers": len(answer.answers)}
    if not name and rcode in ("noerror", "nxdomain"):
        return Reason.NONE
    if answer.rcode:
        return _RCODE_REASONS.get(answer.rcode, Reason.DNS_RCODE)
    addresses = addresses_in(answer)
    if addresses:
        detail["answer"] = addresses[0]
        if kind := dnstruth.special(addresses[0]):
            detail["answer_kind"] = kind
    return Reason.NONE if answer.answers else Reason.DNS_EMPTY


def addresses_in(message: dnswire.Message) -> list[str]:
    """The IPv4 and IPv6 addresses of an answer."""
    return [record.text for record in message.answers if record.kind in _ADDRESSES]
