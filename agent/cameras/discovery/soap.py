"""WS-Discovery's words: the question for cameras, and what is read from an answer. Pure: bytes in, bytes out.

An answer comes from anybody on the network, so it is read within bounds: no document type, no entities, not deeper and
not longer than a real answer is, and every text is cut and stripped of what a terminal would obey.

Source: WS-Discovery 1.1 (2005 namespaces, as ONVIF demands), ONVIF Core Specification, chapter 7.
"""

import ipaddress
import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import unquote, urlsplit
from uuid import UUID
from xml.parsers import expat

from wire.shape import Struct

MOST_ANSWER_BYTES: Final = 16_384
"""A real answer has about 2,000."""
_MOST_DEPTH: Final = 24
_MOST_ELEMENTS: Final = 400
_MOST_TEXT: Final = 4_000
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
    if len(datagram) > MOST_ANSWER_BYTES:
        raise AnswerError(f"more than {MOST_ANSWER_BYTES} bytes")
    reader = _Reader()
    reader.read(datagram)
    found = _UUID.search(reader.relates_to)
    if found is None or UUID(found[0]) not in set(asked):
        raise AnswerError("an answer to somebody else")
    return [_match(fields) for fields in reader.found]


def address_of(match: Match, source: str) -> str:
    """Where to reach the device that answered from `source`: what it says of itself, when that is where it is.

    A device may name an address of another network, or one that leads to somebody else; then its standard place at the
    address it answered from is as good a guess, and a safer one.
    """
    for address in match.addresses:
        if _host_of(address) == source:
            return address
    return f"http://{f'[{source}]' if ':' in source else source}/onvif/device_service"


class _Reader:
    """Collects the few texts that matter, per `ProbeMatch`."""

    _WANTED: Final = {
        f"{_ADDRESSING} Address": "ident",
        f"{_DISCOVERY} Scopes": "scopes",
        f"{_DISCOVERY} XAddrs": "addresses",
    }

    def __init__(self) -> None:
        self.relates_to = ""
        self.found: list[dict[str, str]] = []
        self._path: list[str] = []
        self._elements = 0
        self._text: list[str] = []
        self._length = 0

    def read(self, document: bytes) -> None:
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._refused
        parser.EntityDeclHandler = self._refused
        parser.ExternalEntityRefHandler = self._refused
        parser.StartElementHandler = self._begun
        parser.EndElementHandler = self._ended
        parser.CharacterDataHandler = self._said
        try:
            parser.Parse(document, True)
        except expat.ExpatError as error:
            raise AnswerError(f"not XML: {expat.ErrorString(error.code)}") from error
        except (ValueError, LookupError) as error:  # an encoding Python does not know
            raise AnswerError("not readable") from error

    def _refused(self, *_: object) -> int:
        raise AnswerError("a document type or an entity")

    def _begun(self, name: str, _attributes: object) -> None:
        self._elements += 1
        self._path.append(name)
        if len(self._path) > _MOST_DEPTH or self._elements > _MOST_ELEMENTS:
            raise AnswerError("too deep or too long")
        if name == f"{_DISCOVERY} ProbeMatch":
            if len(self.found) >= _MOST_MATCHES:
                raise AnswerError("too many devices in one answer")
            self.found.append({})
        self._text, self._length = [], 0

    def _ended(self, name: str) -> None:
        text = "".join(self._text).strip()
        self._text, self._length = [], 0
        self._path.pop()
        if name == f"{_ADDRESSING} RelatesTo":
            self.relates_to = text
        elif self.found and f"{_DISCOVERY} ProbeMatch" in self._path and name in self._WANTED:
            self.found[-1].setdefault(self._WANTED[name], text)

    def _said(self, text: str) -> None:
        self._length += len(text)
        if self._length > _MOST_TEXT:
            raise AnswerError("a text that is too long")
        self._text.append(text)


def _match(fields: dict[str, str]) -> Match:
    scopes = [scope.removeprefix(_SCOPE) for scope in fields.get("scopes", "").split() if scope.startswith(_SCOPE)]

    def said(key: str) -> str:
        values = [unquote(scope.partition("/")[2]) for scope in scopes if scope.partition("/")[0].lower() == key]
        return _harmless(values[0]) if values else ""

    addresses = tuple(
        address
        for address in fields.get("addresses", "").split()[:8]
        if len(address) <= 200 and address.isprintable() and _host_of(address)
    )
    return Match(_harmless(fields.get("ident", "")), addresses, said("name"), said("hardware"), said("location"))


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
