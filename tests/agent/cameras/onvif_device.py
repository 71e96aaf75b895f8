"""A small ONVIF device of the tests, and what is unpleasant about real ones: its clock is wrong, the addresses it tells
lead elsewhere, it knows half of the questions. It checks tokens with hashlib, sharing no code with the agent."""

import base64
import hashlib
import re
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from tests.agent.cameras.http_camera import HttpCamera

MEDIA1 = "http://www.onvif.org/ver10/media/wsdl"
MEDIA2 = "http://www.onvif.org/ver20/media/wsdl"
NAMESPACES = (
    'xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:tds="http://www.onvif.org/ver10/device/wsdl" '
    f'xmlns:trt="{MEDIA1}" xmlns:tr2="{MEDIA2}" xmlns:tt="http://www.onvif.org/ver10/schema" '
    'xmlns:ter="http://www.onvif.org/ver10/error"'
)
SLACK = timedelta(minutes=2)
"""How far a token's time may be from the device's: a busy machine makes it old on its way."""


def envelope(body: str) -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><s:Envelope {NAMESPACES}><s:Body>{body}</s:Body></s:Envelope>'.encode()
    )


def fault(code: str) -> bytes:
    return envelope(
        f"<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>ter:{code}</s:Value></s:Subcode></s:Code>"
        "<s:Reason><s:Text>kata sandi?</s:Text></s:Reason></s:Fault>"
    )


class OnvifDevice(HttpCamera):
    """Its snapshots are those of HttpCamera (with its `auth` and `fault`, for GET alone)."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(tls=tls)
        self.behind = timedelta(days=1200, hours=3)
        """How far the device's clock is behind ours."""
        self.tells = "169.254.17.3"
        """The host in every address it tells."""
        self.services = [MEDIA1]
        self.unknown: set[str] = set()
        """Questions it does not know."""
        self.questions: list[str] = []
        self.refused: list[str] = []
        self.snapshot_path = "/snapshot.jpg?channel=1"
        self.stream_path, self.stream_port = "/live?a=1&b=2", 554
        self.answers: dict[str, bytes] = {}
        """What it answers instead."""
        self.token = True
        self.password_text: list[str] = []
        self._used: set[str] = set()

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    def now(self) -> datetime:
        return datetime.now(UTC) - self.behind

    def post(self, connection: socket.socket, target: str, body: bytes) -> bool:
        text = body.decode()
        found = re.search(r"<s:Body><(\w+)", text)
        question = found[1] if found else ""
        self.questions.append(question)
        status, said = self._answered(question, text)
        head = f"HTTP/1.1 {status}\r\nContent-Type: application/soap+xml\r\nContent-Length: {len(said)}\r\n\r\n"
        connection.sendall(head.encode() + said)
        return True

    def _answered(self, question: str, text: str) -> tuple[str, bytes]:
        if question in self.unknown or question not in QUESTIONS:
            return "400 Bad Request", fault("ActionNotSupported")
        if self.token and question != "GetSystemDateAndTime":
            wrong = self._wrong_token(text)
            if wrong:
                self.refused.append(wrong)
                return "400 Bad Request", fault("NotAuthorized")
        if question in self.answers:
            return "200 OK", self.answers[question]
        return "200 OK", envelope(QUESTIONS[question](self, text))

    def _wrong_token(self, text: str) -> str:
        """Why the token is refused; "" when it is right."""
        self.password_text += re.findall(r"<Password[^>]*>([^<]*)", text)
        fields = {
            name: re.search(rf"<{name}\b[^>]*>([^<]*)", text) for name in ("Username", "Password", "Nonce", "Created")
        }
        if not all(fields.values()):
            return "no token"
        user, proof, nonce, created = (found[1] for found in fields.values() if found)
        if abs(datetime.fromisoformat(created) - self.now()) > SLACK:
            return "another time"
        if nonce in self._used:
            return "used before"
        self._used.add(nonce)
        right = hashlib.sha1(base64.b64decode(nonce) + created.encode() + self.password.encode()).digest()
        return "" if (user, base64.b64decode(proof)) == (self.user, right) else "wrong"

    def address(self, path: str, scheme: str = "http", port: int = 0) -> str:
        return f"{scheme}://admin:bocor@{self.tells}:{port or self.port}{path}".replace("&", "&amp;")


def _time(device: OnvifDevice, text: str) -> str:
    now = device.now()
    return (
        "<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:UTCDateTime>"
        f"<tt:Time><tt:Hour>{now.hour}</tt:Hour><tt:Minute>{now.minute}</tt:Minute><tt:Second>{now.second}</tt:Second></tt:Time>"
        f"<tt:Date><tt:Year>{now.year}</tt:Year><tt:Month>{now.month}</tt:Month><tt:Day>{now.day}</tt:Day></tt:Date>"
        "</tt:UTCDateTime></tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>"
    )


def _services(device: OnvifDevice, text: str) -> str:
    rows = "".join(
        f"<tds:Service><tds:Namespace>{name}</tds:Namespace><tds:XAddr>{device.address('/onvif/media')}</tds:XAddr></tds:Service>"
        for name in ["http://www.onvif.org/ver10/device/wsdl", *device.services]
    )
    return f"<tds:GetServicesResponse>{rows}</tds:GetServicesResponse>"


def _capabilities(device: OnvifDevice, text: str) -> str:
    media = f"<tt:Media><tt:XAddr>{device.address('/onvif/media')}</tt:XAddr></tt:Media>"
    return f"<tds:GetCapabilitiesResponse><tds:Capabilities>{media}</tds:Capabilities></tds:GetCapabilitiesResponse>"


SIZES = {"sub&1": (640, 360), "main<1>": (1920, 1080), "tiny": (320, 180), "other": (3840, 2160)}
"""Profiles by token; "other" is of another lens."""


def _profiles(device: OnvifDevice, text: str) -> str:
    second = MEDIA2 in text
    rows = []
    for token, (width, height) in SIZES.items():
        quoted = token.replace("&", "&amp;").replace("<", "&lt;")
        lens = "VS2" if token == "other" else "VS1"
        size = f"<tt:Resolution><tt:Width>{width}</tt:Width><tt:Height>{height}</tt:Height></tt:Resolution>"
        names = ("VideoSource", "VideoEncoder") if second else ("VideoSourceConfiguration", "VideoEncoderConfiguration")
        inner = (
            f"<tt:{names[0]}><tt:Name>wrong</tt:Name><tt:SourceToken>{lens}</tt:SourceToken></tt:{names[0]}>"
            f"<tt:{names[1]}><tt:Encoding>H264</tt:Encoding>{size}</tt:{names[1]}>"
        )
        inner = f"<tr2:Configurations>{inner}</tr2:Configurations>" if second else inner
        rows.append(f'<trt:Profiles token="{quoted}"><tt:Name>Profil {width}</tt:Name>{inner}</trt:Profiles>')
    audio = '<trt:Profiles token="audio"><tt:Name>Suara</tt:Name></trt:Profiles>'
    return f"<trt:GetProfilesResponse>{audio}{''.join(rows)}</trt:GetProfilesResponse>"


def _uri(question: str, uri: Callable[[OnvifDevice], str]) -> Callable[[OnvifDevice, str], str]:
    def told(device: OnvifDevice, text: str) -> str:
        inner = f"<tt:Uri>{uri(device)}</tt:Uri>"
        inner = inner if MEDIA2 in text else f"<trt:MediaUri>{inner}</trt:MediaUri>"
        return f"<trt:{question}Response>{inner}</trt:{question}Response>"

    return told


QUESTIONS: dict[str, Callable[[OnvifDevice, str], str]] = {
    "GetSystemDateAndTime": _time,
    "GetServices": _services,
    "GetCapabilities": _capabilities,
    "GetProfiles": _profiles,
    "GetSnapshotUri": _uri("GetSnapshotUri", lambda device: device.address(device.snapshot_path)),
    "GetStreamUri": _uri("GetStreamUri", lambda device: device.address(device.stream_path, "rtsp", device.stream_port)),
}


@contextmanager
def onvif_device(tls: ssl.SSLContext | None = None) -> Iterator[OnvifDevice]:
    """A running device."""
    device = OnvifDevice(tls)
    device.start()
    try:
        yield device
    finally:
        device.stop()
