"""Asking an ONVIF device where its pictures are."""

from typing import Final
from xml.sax.saxutils import escape

from agent.cameras.base import CameraUnavailableError, Secrets
from agent.cameras.http.address import Address
from agent.cameras.http.client import SCHEMES, HttpClient
from agent.cameras.http.socket import Clock
from agent.cameras.soap.media import Profile, Way, media_services, profiles, put_back
from agent.cameras.soap.questions import DEVICE, MEDIA, MEDIA2, SCHEMA, NotOfferedError, OnvifDevice

HTTP: Final[tuple[str, ...]] = SCHEMES
RTSP: Final[tuple[str, ...]] = ("rtsp",)
_RTP: Final = (
    f'<StreamSetup><Stream xmlns="{SCHEMA}">RTP-Unicast</Stream>'
    f'<Transport xmlns="{SCHEMA}"><Protocol>RTSP</Protocol></Transport></StreamSetup>'
)


class Media:
    """A device's media service, its profiles read."""

    def __init__(self, device: OnvifDevice, namespace: str, address: Address, found: list[Profile]) -> None:
        self._device = device
        self._namespace = namespace
        self._address = address
        self.profiles = found

    def uri(self, way: Way, clock: Clock) -> Address:
        """Where this way begins, on the device's own host; NotOfferedError, or another CameraError."""
        token = f"<ProfileToken>{escape(way.profile.token)}</ProfileToken>"
        if way.kind == "snapshot":
            question, content, schemes = "GetSnapshotUri", token, HTTP
        else:
            setup = _RTP if self._namespace == MEDIA else "<Protocol>RTSP</Protocol>"
            question, content, schemes = "GetStreamUri", setup + token, RTSP
        told = self._device.ask(self._namespace, question, clock, content, at=self._address)
        uri = told.words("MediaUri", "Uri") or told.words("Uri")
        if not uri:
            raise NotOfferedError(f"{self._address.where} tells no address for {question}")
        return put_back(uri, self._address, schemes)


def find_media(client: HttpClient, address: Address, secrets: Secrets, clock: Clock) -> Media:
    """The first media service of the device that has profiles with video. Any CameraError."""
    device = OnvifDevice(client, address, secrets)
    device.read_clock(clock)
    trouble: CameraUnavailableError | None = None
    for namespace, uri in _services(device, clock).items():
        at = _service(uri, address) if uri else address
        content = "<Type>All</Type>" if namespace == MEDIA2 else ""
        try:
            found = profiles(device.ask(namespace, "GetProfiles", clock, content, at=at))
        except NotOfferedError as error:
            trouble = error
            continue
        if found:
            return Media(device, namespace, at, found)
    raise trouble or CameraUnavailableError(f"{address.where} has no profile with video: switch one on")


def _services(device: OnvifDevice, clock: Clock) -> dict[str, str]:
    """Namespace -> address of the media services, the common one first; the device's own when it names none."""
    try:
        found = media_services(device.ask(DEVICE, "GetServices", clock, "<IncludeCapability>false</IncludeCapability>"))
    except NotOfferedError:
        found = {}
    if not found:
        found = media_services(device.ask(DEVICE, "GetCapabilities", clock, "<Category>Media</Category>"))
    return {name: found[name] for name in (MEDIA, MEDIA2) if name in found} or {MEDIA: ""}


def _service(uri: str, address: Address) -> Address:
    """A service of the device behind the very door where the device was found: the port it tells may be another one
    behind a router, and a way that was to be encrypted stays so."""
    return Address(address.scheme, address.host, address.port, put_back(uri, address, SCHEMES).target)
