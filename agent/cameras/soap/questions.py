"""Questions to an ONVIF device: SOAP 1.2 with a WS-UsernameToken that obeys the device's own clock.

The token holds a time, and a device whose clock is wrong refuses a right one; so it is asked for its time first, which
needs no user. Some devices want HTTP Digest instead of the token: the HTTP client answers that by itself.
"""

import base64
import hashlib
import re
import secrets as chance
import time
from datetime import UTC, datetime, timedelta
from typing import Final
from xml.sax.saxutils import escape

from agent.cameras.base import CameraAuthError, CameraBusyError, CameraUnavailableError, Secrets
from agent.cameras.http.address import PASSWORD_FILE, Address
from agent.cameras.http.client import HttpClient
from agent.cameras.http.socket import Clock
from agent.cameras.soap.xml import ANSWER, Element, XmlError, read_xml

DEVICE: Final = "http://www.onvif.org/ver10/device/wsdl"
MEDIA: Final = "http://www.onvif.org/ver10/media/wsdl"
MEDIA2: Final = "http://www.onvif.org/ver20/media/wsdl"
SCHEMA: Final = "http://www.onvif.org/ver10/schema"
_ENVELOPE: Final = "http://www.w3.org/2003/05/soap-envelope"
_WSS: Final = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-"
_FAULTS: Final = (400, 500)
"""SOAP 1.2 over HTTP: a fault comes as one of these, with its envelope."""
_NO_RIGHT: Final = ("NotAuthorized", "FailedAuthentication", "InvalidSecurityToken", "OperationProhibited")


class NotOfferedError(CameraUnavailableError):
    """The device does not know this question."""


class OnvifDevice:
    """One device, asked within the clock of a picture."""

    def __init__(self, client: HttpClient, address: Address, secrets: Secrets) -> None:
        self.address = address
        self._client = client
        self._secrets = secrets
        self._time: tuple[datetime, float] | None = None

    def read_clock(self, clock: Clock) -> None:
        """Learn the device's time. One that does not tell is believed to have ours."""
        self._time = None
        try:
            told = self.ask(DEVICE, "GetSystemDateAndTime", clock, token=False)
        except (NotOfferedError, CameraAuthError):  # some answer nothing without a user
            return
        at = device_time(told)
        self._time = (at, time.monotonic()) if at is not None else None

    def ask(
        self,
        service: str,
        question: str,
        clock: Clock,
        content: str = "",
        *,
        at: Address | None = None,
        token: bool = True,
    ) -> Element:
        """The answer's element. NotOfferedError when the device does not know the question; any CameraError."""
        where = at or self.address
        header = security(self._secrets, self._now()) if token and self._secrets.user else ""
        body = f'<{question} xmlns="{service}">{content}</{question}>'
        sent = f'<s:Envelope xmlns:s="{_ENVELOPE}"><s:Header>{header}</s:Header><s:Body>{body}</s:Body></s:Envelope>'
        kind = f'application/soap+xml; charset=utf-8; action="{service}/{question}"'
        try:
            with self._client.ask(
                where, clock, body=sent.encode(), headers={"Content-Type": kind}, accept=_FAULTS
            ) as answer:
                received = answer.read(ANSWER.size_bytes)
        except CameraAuthError:
            if not self._secrets.user or not token or self._client.wants_only_basic:
                raise
            raise self._refused() from None
        return self._read(received, question, where)

    def _read(self, received: bytes, question: str, where: Address) -> Element:
        try:
            root = read_xml(received)
        except XmlError as error:
            raise NotOfferedError(f"{where.where} does not speak ONVIF here ({error}): check the path of url") from None
        found = root.first(f"{question}Response")
        if found is not None:
            return found
        reasons = fault_words(root)
        if any(reason in _NO_RIGHT for reason in reasons):
            raise self._refused()
        if "Busy" in reasons or "MaxSessionsReached" in reasons:
            raise CameraBusyError(f"{where.where} has no session left: fewer programs may use it at once")
        why = f" ({reasons[-1]})" if reasons else ""
        raise NotOfferedError(f"{where.where} does not answer {question}{why}")

    def _refused(self) -> CameraAuthError:
        if not self._secrets.user:
            return CameraAuthError(f"{self.address.where} asks for an ONVIF user: put it into {PASSWORD_FILE}")
        return CameraAuthError(
            f"{self.address.where} refuses user or password for ONVIF: correct them in {PASSWORD_FILE}; "
            "many cameras want a user of its own for ONVIF"
        )

    def _now(self) -> datetime:
        if self._time is None:
            return datetime.now(UTC)
        told, read_s = self._time
        return told + timedelta(seconds=time.monotonic() - read_s)


def security(secrets: Secrets, now: datetime) -> str:
    """The header of WS-UsernameToken 1.1 with PasswordDigest: base64(SHA-1(nonce + created + password))."""
    nonce = chance.token_bytes(16)
    created = now.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    hashed = hashlib.sha1(nonce + created.encode() + secrets.password.encode(), usedforsecurity=False).digest()
    proof, salt = (base64.b64encode(value).decode() for value in (hashed, nonce))
    user = escape(re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", "", secrets.user))
    return (
        f'<Security s:mustUnderstand="1" xmlns="{_WSS}wssecurity-secext-1.0.xsd"><UsernameToken>'
        f"<Username>{user}</Username>"
        f'<Password Type="{_WSS}username-token-profile-1.0#PasswordDigest">{proof}</Password>'
        f'<Nonce EncodingType="{_WSS}soap-message-security-1.0#Base64Binary">{salt}</Nonce>'
        f'<Created xmlns="{_WSS}wssecurity-utility-1.0.xsd">{created}</Created>'
        "</UsernameToken></Security>"
    )


def device_time(told: Element) -> datetime | None:
    """The UTC time in an answer to GetSystemDateAndTime; None when it tells none that can be."""
    utc = told.first("UTCDateTime")
    if utc is None:
        return None
    names = (("Date", "Year"), ("Date", "Month"), ("Date", "Day"), ("Time", "Hour"), ("Time", "Minute"))
    try:
        year, month, day, hour, minute = (int(utc.words(*name)) for name in names)
        found = datetime(year, month, day, hour, minute, min(int(utc.words("Time", "Second")), 59), tzinfo=UTC)
    except ValueError:
        return None
    return found if found.year < 9000 else None  # with room for a clock that goes on


def fault_words(root: Element) -> list[str]:
    """The fault's codes, the most particular last, as plain words; never the camera's own sentences."""
    fault = root.first("Fault")
    if fault is None:
        return []
    values = [value.text.strip().rpartition(":")[2] for value in fault.all("Value")]
    return [value for value in values if re.fullmatch(r"[A-Za-z]{1,60}", value)]
