"""The names in a certificate: whose it is, and for which hosts; and what is wrong with one that nobody verified.

Layout: RFC 5280 section 4.1; names by RFC 6125: the alternative names alone count for a host, the common name never,
and a star stands for one whole first label. Read from DER with every length checked, as `tlsdates` does.
"""

from dataclasses import dataclass
from ipaddress import ip_address

from agent.core.clock import EARLIEST_WALL_MS
from agent.core.observation import Reason
from agent.probes import tlsdates
from agent.probes.tlsdates import SEQUENCE, content

_INTEGER, _OBJECT, _OCTETS, _SET, _BOOLEAN, _EXTENSIONS = 0x02, 0x06, 0x04, 0x31, 0x01, 0xA3
_COMMON_NAME = b"\x55\x04\x03"  # 2.5.4.3
_ALTERNATIVE_NAMES = b"\x55\x1d\x11"  # 2.5.29.17
_DNS_NAME, _IP_ADDRESS = 0x82, 0x87
MAX_NAMES = 200
"""Certificates of content networks carry up to a hundred names."""


@dataclass(frozen=True, slots=True)
class Names:
    """`common` is the subject's common name, empty without one; `hosts` are DNS names in lower case and addresses."""

    common: str
    hosts: tuple[str, ...]


def names(der: bytes) -> Names | None:
    """The names in the certificate; None when these bytes are no certificate."""
    try:
        body, at = tlsdates.to_be_signed(der)
        for tag in (_INTEGER, SEQUENCE, SEQUENCE, SEQUENCE):  # serial, signature algorithm, issuer, validity
            at = content(body, at, tag)[1]
        subject, at = content(body, at, SEQUENCE)
        at = content(body, at, SEQUENCE)[1]  # the public key
        return Names(_common(subject), _hosts(body, at))
    except (ValueError, IndexError):
        return None


def common_name(pem: str) -> str:
    """The common name of the first certificate in a PEM file; empty when there is none."""
    found = names(tlsdates.first_der(pem))
    return found.common if found is not None else ""


def matches(host: str, patterns: tuple[str, ...]) -> bool:
    """Is `host` (a name or an address) among a certificate's `hosts`?"""
    host = host.rstrip(".").lower()
    try:
        return str(ip_address(host)) in patterns
    except ValueError:
        parent = "*." + host.partition(".")[2]
    return host in patterns or (parent.count(".") > 1 and parent in patterns)


def fault(der: bytes, host: str, now_s: float) -> Reason:
    """What is wrong with this certificate for `host` at `now_s`: its dates, its names, or nothing (`NONE`).

    Who signed it is left open. A clock before 2020 is surely wrong, and its opinion on dates is left out (agent.tls).
    """
    dates, found = tlsdates.validity_s(der), names(der)
    if dates is None or found is None:
        return Reason.TLS_FAILED
    if now_s * 1000 >= EARLIEST_WALL_MS:
        if now_s < dates[0]:
            return Reason.TLS_NOT_YET_VALID
        if now_s > dates[1]:
            return Reason.TLS_EXPIRED
    return Reason.NONE if matches(host, found.hosts) else Reason.TLS_HOSTNAME


def _common(subject: bytes) -> str:
    at = 0
    while at < len(subject):
        part, at = content(subject, at, _SET)
        inner = 0
        while inner < len(part):
            pair, inner = content(part, inner, SEQUENCE)
            kind, value_at = content(pair, 0, _OBJECT)
            if kind == _COMMON_NAME:
                return content(pair, value_at, None)[0].decode("utf-8", errors="replace")
    return ""


def _hosts(body: bytes, at: int) -> tuple[str, ...]:
    """The alternative names; unique ids, which nobody uses, are passed over on the way to the extensions."""
    while at < len(body) and body[at] != _EXTENSIONS:
        at = content(body, at, None)[1]
    if at >= len(body):
        return ()
    extensions = content(content(body, at, _EXTENSIONS)[0], 0, SEQUENCE)[0]
    at = 0
    while at < len(extensions):
        extension, at = content(extensions, at, SEQUENCE)
        kind, value_at = content(extension, 0, _OBJECT)
        if kind == _ALTERNATIVE_NAMES:
            if extension[value_at] == _BOOLEAN:  # critical or not
                value_at = content(extension, value_at, _BOOLEAN)[1]
            return _alternatives(content(content(extension, value_at, _OCTETS)[0], 0, SEQUENCE)[0])
    return ()


def _alternatives(listed: bytes) -> tuple[str, ...]:
    found: list[str] = []
    at = 0
    while at < len(listed) and len(found) < MAX_NAMES:
        tag = listed[at]
        value, at = content(listed, at, None)
        if tag == _DNS_NAME:
            found.append(value.decode("ascii", errors="replace").lower())
        elif tag == _IP_ADDRESS:
            found.append(str(ip_address(value)))
    return tuple(found)
