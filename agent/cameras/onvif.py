"""Cameras that speak ONVIF: asked once where their pictures are, then met there, by the cheapest way that works.

1. The device tells its time, its media service, its profiles.
2. Ways, best first: the snapshot address over HTTP, the smaller RTSP stream, the main RTSP stream.
3. What worked is kept, and asked for anew once it stops working: cameras change their addresses when they restart.
"""

import time
from typing import TYPE_CHECKING, ClassVar, Final, Literal

from agent.cameras.base import (
    Camera,
    CameraAuthError,
    CameraError,
    CameraHungError,
    CameraSetupError,
    CameraUnavailableError,
    Frame,
    Secrets,
)
from agent.cameras.http.address import Address, take_apart
from agent.cameras.http.shot import SCHEMES, HttpConfig, make_client, patience_s, take_picture
from agent.configuration.settings import field
from wire.shape import replace

if TYPE_CHECKING:
    from agent.cameras.http.client import HttpClient
    from agent.cameras.http.socket import Clock
    from agent.cameras.soap.media import Way
    from agent.cameras.soap.search import Media

DEFAULT_PATH: Final = "/onvif/device_service"
SHARE: Final = 0.6
"""Of the time that is left, what one way may take while there is another."""


class OnvifConfig(HttpConfig, frozen=True, kw_only=True):
    """An ONVIF camera, or one channel of a recorder. `url` without a path means its usual one."""

    type: ClassVar[str] = "onvif"
    way: Literal["auto", "snapshot", "stream"] = field(
        default="auto", metadata={"help": '"snapshot" or "stream" alone; "auto": snapshot, else the smaller stream'}
    )
    profile: str = field(
        default="", metadata={"help": "name or token of the profile to use; empty: those of the first lens"}
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.way == "stream" and not self.allow_basic:
            raise ValueError('way = "stream" needs allow_basic: how a stream is logged into is up to the camera')


class OnvifCamera:
    """Obeys `agent.cameras.base.Camera`."""

    def __init__(self, config: OnvifConfig, secrets: Secrets) -> None:
        self._config = config
        self._secrets = secrets
        self._address = _device_address(config.url)
        self._client: HttpClient | None = None
        self._turn = 0
        self._known: _Snapshot | _Stream | None = None

    def open(self, turn: int) -> None:
        self._turn = turn
        self._client = make_client(self._config, self._secrets)

    def grab(self, deadline_s: float) -> Frame:
        from agent.cameras.http.socket import Clock

        if self._client is None:
            raise CameraSetupError("the camera was not opened")
        clock = Clock(patience_s(deadline_s))
        try:
            return self._once_more(clock) or self._search(self._client, clock)
        except TimeoutError:
            raise CameraHungError(f"{self._address.where} left no time for a picture") from None

    def _once_more(self, clock: "Clock") -> Frame | None:
        """A picture by the way that worked last; None when it works no more."""
        if self._known is None:
            return None
        try:
            return self._known.grab(clock.left_s() * SHARE)
        except CameraError as error:
            self._forget()
            if isinstance(error, CameraAuthError):
                raise  # not asked once more at once: cameras lock accounts
            return None

    def _search(self, client: "HttpClient", clock: "Clock") -> Frame:
        """Ask the device for its ways and take the first that gives a picture. The last way's error when none does, or
        that of a refused password, which says more."""
        from agent.cameras.soap.media import ways
        from agent.cameras.soap.search import find_media

        media = find_media(client, self._address, self._secrets, clock)
        left = ways(media.profiles, self._config.profile, self._config.way if self._config.allow_basic else "snapshot")
        found_ms = round((time.monotonic() - clock.began_s) * 1000)
        trouble: CameraError | None = None
        while left:
            way = left.pop(0)
            try:
                frame = self._try(media, way, clock, last=not left)
            except TimeoutError:
                break
            except CameraError as error:
                if not isinstance(trouble, CameraAuthError):
                    trouble = error
            else:
                return replace(frame, timings_ms={"search": found_ms, **frame.timings_ms})
        raise trouble or CameraHungError(f"{self._address.where} took all the time to say where its pictures are")

    def _try(self, media: "Media", way: "Way", clock: "Clock", *, last: bool) -> Frame:
        uri = media.uri(way, clock)
        if way.kind == "snapshot":
            door: _Snapshot | _Stream = _Snapshot(self._config, uri, self._secrets)
        else:
            door = _Stream(self._config, uri, self._secrets, self._turn)
        try:
            frame = door.grab(clock.left_s() * (1 if last else SHARE))
        except BaseException:
            door.close()
            raise
        self._known = door
        return frame

    def close(self) -> None:
        self._forget()
        self._client = None

    def _forget(self) -> None:
        if self._known is not None:
            self._known.close()
        self._known = None


class _Snapshot:
    """A snapshot address; its login is its own, for it may be another than the device's."""

    def __init__(self, config: OnvifConfig, address: Address, secrets: Secrets) -> None:
        self._client = make_client(config, secrets)
        self._address = address
        self._trust_dates = config.trust_dates

    def grab(self, deadline_s: float) -> Frame:
        from agent.cameras.http.socket import Clock

        return take_picture(self._client, self._address, Clock(deadline_s), trust_dates=self._trust_dates)

    def close(self) -> None:
        """Nothing is held between pictures."""


class _Stream:
    """An RTSP stream, through the adapter for those."""

    def __init__(self, config: OnvifConfig, address: Address, secrets: Secrets, turn: int) -> None:
        from agent.cameras.table import config_class, flatten, make_camera

        stream_type = config_class("rtsp")
        known = {name: value for name, value in flatten(config).items() if name in stream_type.about}
        try:
            stream = stream_type(**known | {"url": f"rtsp://{address.where}{address.target}"})  # type: ignore[arg-type]
        except (TypeError, ValueError):
            raise CameraUnavailableError(f"{address.where} tells a stream address that cannot be used") from None
        self._camera: Camera = make_camera(stream, secrets)
        self._camera.open(turn)

    def grab(self, deadline_s: float) -> Frame:
        return self._camera.grab(deadline_s)

    def close(self) -> None:
        self._camera.close()


def _device_address(url: str) -> Address:
    """The device's; the usual path when the settings name none."""
    address = take_apart(url, SCHEMES)
    target = DEFAULT_PATH if address.target == "/" else address.target
    return Address(address.scheme, address.host, address.port, target)
