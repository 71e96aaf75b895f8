"""Cameras that give a picture at an address of their own, as nearly all in the network do: the way that costs least."""

from typing import TYPE_CHECKING, ClassVar

from agent.cameras.base import CameraSetupError, Frame, Secrets
from agent.cameras.http.address import take_apart, with_secrets
from agent.cameras.http.shot import SCHEMES, HttpConfig, make_client, patience_s, take_picture

if TYPE_CHECKING:
    from agent.cameras.http.client import HttpClient


class HttpJpegConfig(HttpConfig, frozen=True, kw_only=True):
    """A camera with a snapshot address. User and password stand in the password file; `{user}` and `{password}` in the
    address are replaced by them, for cameras that want them there."""

    type: ClassVar[str] = "http_jpeg"


class HttpJpegCamera:
    """Obeys `agent.cameras.base.Camera`. Connects for each picture; only what worked for logging in is remembered."""

    def __init__(self, config: HttpJpegConfig, secrets: Secrets) -> None:
        self._config = config
        self._secrets = secrets
        self._client: HttpClient | None = None

    def open(self, turn: int) -> None:
        self._client = make_client(self._config, self._secrets)

    def grab(self, deadline_s: float) -> Frame:
        from agent.cameras.http.socket import Clock

        if self._client is None:
            raise CameraSetupError("the camera was not opened")
        address = with_secrets(take_apart(self._config.url, SCHEMES), self._secrets)
        clock = Clock(patience_s(deadline_s))
        return take_picture(self._client, address, clock, trust_dates=self._config.trust_dates)

    def close(self) -> None:
        self._client = None
