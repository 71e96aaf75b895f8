"""What every camera type that speaks HTTP shares: its settings, the door made of them, and taking one picture there."""

import time
from typing import TYPE_CHECKING, Final

from agent.cameras.base import CameraConfig, Frame, Secrets
from agent.cameras.http.address import Address, check_address
from agent.cameras.picture import check_picture
from agent.configuration.settings import field

if TYPE_CHECKING:
    from agent.cameras.http.client import HttpClient
    from agent.cameras.http.socket import Clock

SCHEMES: Final = ("http", "https")
MOST_S_KEPT: Final = 2.0
"""Of a deadline, what the start of this process and the answer need: a second on a small board, and as much again."""


class HttpConfig(CameraConfig, frozen=True, kw_only=True):
    """What every type that speaks HTTP with its camera is told."""

    url: str = field(metadata={"example": "http://192.168.1.64/snapshot.jpg", "help": "the camera's address"})
    verify_tls: bool = field(
        default=True, metadata={"help": "https only with a certificate that this machine trusts; false: with any"}
    )
    certificate_sha256: str = field(
        default="",
        metadata={
            "pattern": r"([0-9A-Fa-f]{64}|[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){31})?",
            "help": "https only with the certificate of this SHA-256 fingerprint, whoever signed it",
        },
    )
    allow_basic: bool = field(
        default=True,
        metadata={"help": "false: never log in where the camera asks for the password as it is (Basic, RTSP)"},
    )
    trust_dates: bool = field(
        default=True,
        metadata={
            "help": "a picture is as old as the answer's own dates say; false for a camera whose dates are wrong"
        },
    )

    def __post_init__(self) -> None:
        check_address(self.url, SCHEMES)
        if not self.allow_basic and "{password}" in self.url:
            raise ValueError("url has {password} in it, which is sent as it is: that needs allow_basic")


def make_client(config: HttpConfig, secrets: Secrets) -> "HttpClient":
    """The door of this camera, with what the settings say of TLS."""
    from agent.cameras.http.auth import Login
    from agent.cameras.http.client import HttpClient
    from agent.cameras.http.socket import Tls

    pin = config.certificate_sha256.replace(":", "").lower()
    return HttpClient(
        Login(secrets, allow_basic=config.allow_basic), Tls(verify=config.verify_tls, certificate_sha256=pin)
    )


def take_picture(client: "HttpClient", address: Address, clock: "Clock", *, trust_dates: bool) -> Frame:
    """What the address gives now, checked; any CameraError."""
    from agent.cameras.http.answer import age_told_ms, read_picture

    with client.ask(address, clock) as answer:
        jpeg = read_picture(answer)
        old_ms = age_told_ms(answer) if trust_dates else 0
    width, height = check_picture(jpeg, f"the picture of {address.where}")
    steps = timings(clock)
    return Frame(width, height, old_ms + steps["body"], jpeg, timings_ms=steps)


def patience_s(deadline_s: float) -> float:
    """How long to wait so that the reason can still be told before whoever called ends this process."""
    return deadline_s - min(MOST_S_KEPT, deadline_s * 0.15)


def timings(clock: "Clock") -> dict[str, int]:
    """Milliseconds until connected, from there to the first byte, from there (of all answers) to now."""
    now_s = time.monotonic()
    connected_s = clock.connected_s or now_s
    heard_s = clock.heard_s or now_s
    return {
        "connect": round((connected_s - clock.began_s) * 1000),
        "first_byte": round((heard_s - connected_s) * 1000),
        "body": round((now_s - heard_s) * 1000),
    }
