"""WS-Discovery's words: the question for cameras, and what is read from an answer. Pure: bytes in, bytes out.

An answer comes from anybody on the network, so it is read within bounds: not deeper and not longer than a real one is,
and every text is cut and stripped of what a terminal would obey.

Source: WS-Discovery 1.1 (2005 namespaces, as ONVIF demands), ONVIF Core Specification, chapter 7.
"""

import ipaddress
import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import unquote, urlsplit
from uuid import UUID

from agent.cameras.soap.xml import Element, Limits, XmlError, read_xml
from wire.shape import Struct

MOST_ANSWER_BYTES: Final = 16_384
"""A real answer has about 2,000."""
_LIMITS: Final = Limits(MOST_ANSWER_BYTES, elements=400, depth=24)
_MOST_MATCHES: Final = 8
_DISCOVERY: Final = "http://schemas.xmlsoap.org/ws/2005/04/discovery"
_ADDRESSING: Final = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
_ENVELOPE: Final = "http://www.w3.org/2003/05/soap-envelope"
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_SCOPE: Final = "onvif://www.onvif.org/"
KINDS: Final = ("dn:NetworkVideoTransmitter", "tds:Device")
"""Asked for one after the other: older cameras know only the first, some newer ones only the second."""


class AnswerError(ValueError):
    """A datagram that is no answer to our question."""


class Match(Struct, frozen=True):
    """One device as it describes itself; nothing of it is believed before somebody asks the device."""

    ident: str
    """Its endpoint's address, the same at every answer; empty when it gave none."""
    addresses: tuple[str, ...]
    """Where it says its device service is."""
    name: str = ""
    hardware: str = ""
    location: str = ""


def question(ident: UUID, kind: str) -> bytes:
    """The probe for devices of `kind` (one of KINDS); `ident` comes back in the answers."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<e:Envelope xmlns:e="{_ENVELOPE}" xmlns:w="{_ADDRESSING}" xmlns:d="{_DISCOVERY}"'
        ' xmlns:dn="http://www.onvif.org/ver10/network/wsdl" xmlns:tds="http://www.onvif.org/ver10/device/wsdl">'
        f"<e:Header><w:MessageID>uuid:{ident}</w:MessageID>"
        '<w:To e:mustUnderstand="true">urn:schemas-xmlsoap-org:ws:2005:04:discovery</w:To>'
        f'<w:Action e:mustUnderstand="true">{_DISCOVERY}/Probe</w:Action></e:Header>'
        f"<e:Body><d:Probe><d:Types>{kind}</d:Types></d:Probe></e:Body></e:Envelope>"
    ).encode("ascii")


def matches(datagram: bytes, asked: Iterable[UUID]) -> list[Match]:
    """The devices an answer to one of the probes `asked` describes. AnswerError for anything else."""
    try:
        root = read_xml(datagram, _LIMITS)
    except XmlError as error:
        raise AnswerError(str(error)) from None
    found = _UUID.search(root.words("RelatesTo"))
    if found is None or UUID(found[0]) not in set(asked):
        raise AnswerError("an answer to somebody else")
    described = list(root.all("ProbeMatch"))
    if len(described) > _MOST_MATCHES:
        raise AnswerError("too many devices in one answer")
    return [_match(one) for one in described]


def address_of(match: Match, source: str) -> str:
    """Where to reach the device that answered from `source`: what it says of itself, when that is where it is.

    A device may name an address of another network, or one that leads to somebody else; then its standard place at the
    address it answered from is as good a guess, and a safer one.
    """
    for address in match.addresses:
        if _host_of(address) == source:
            return address
    return f"http://{f'[{source}]' if ':' in source else source}/onvif/device_service"


def _match(described: Element) -> Match:
    scopes = [scope.removeprefix(_SCOPE) for scope in described.words("Scopes").split() if scope.startswith(_SCOPE)]

    def said(key: str) -> str:
        values = [unquote(scope.partition("/")[2]) for scope in scopes if scope.partition("/")[0].lower() == key]
        return _harmless(values[0]) if values else ""

    addresses = tuple(
        address
        for address in described.words("XAddrs").split()[:8]
        if len(address) <= 200 and address.isprintable() and _host_of(address)
    )
    return Match(_harmless(described.words("Address")), addresses, said("name"), said("hardware"), said("location"))


def _host_of(address: str) -> str:
    """The IP address in an http(s) URL without user and password; empty for anything else."""
    try:
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or "@" in parts.netloc or parts.hostname is None:
            return ""
        _ = parts.port  # ValueError when it is none
        return str(ipaddress.ip_address(parts.hostname))
    except ValueError:
        return ""


def _harmless(text: str) -> str:
    return "".join(sign if sign.isprintable() else "?" for sign in text)[:64].strip()
