"""What an ONVIF device says of its media: its services, its profiles, and the ways to a picture, best first. Pure."""

from typing import Final, Literal
from urllib.parse import quote, urlsplit

from agent.cameras.base import CameraSetupError, CameraUnavailableError
from agent.cameras.http.address import MAX_ADDRESS_CHARS, PORTS, Address
from agent.cameras.soap.questions import MEDIA, MEDIA2
from agent.cameras.soap.xml import Element
from wire.shape import Struct

SMALLEST_USEFUL_PX: Final = 480
"""A sub-stream narrower than this shows too little; the next larger is taken."""
MAX_PROFILES: Final = 512
_KEEP: Final = "%/?@!$&'()*+,;=:~-._"
"""What stays as it is in an address; braces do not, lest a camera ask for our password by `{password}`."""
Kind = Literal["snapshot", "stream"]


class Profile(Struct, frozen=True):
    """A profile with video; `source` tells the lenses or channels of a device apart."""

    token: str
    name: str
    source: str
    width: int = 0
    height: int = 0


class Way(Struct, frozen=True):
    """One way to a picture."""

    kind: Kind
    profile: Profile


def media_services(told: Element) -> dict[str, str]:
    """Namespace -> address of the media services, out of GetServices or GetCapabilities."""
    found: dict[str, str] = {}
    for service in told.all("Service"):
        namespace = service.words("Namespace")
        if namespace in (MEDIA, MEDIA2):
            found.setdefault(namespace, service.words("XAddr"))
    media = told.first("Capabilities", "Media")
    if media is not None and media.words("XAddr"):
        found.setdefault(MEDIA, media.words("XAddr"))
    return found


def profiles(told: Element) -> list[Profile]:
    """The profiles with video that an answer to GetProfiles (of either media service) names."""
    found = [_profile(element) for element in told.children if element.name == "Profiles"]
    return [profile for profile in found[:MAX_PROFILES] if profile is not None]


def _profile(element: Element) -> Profile | None:
    token = element.attributes.get("token", "")
    encoder = element.first("VideoEncoderConfiguration") or element.first("VideoEncoder")
    source = element.first("VideoSourceConfiguration") or element.first("VideoSource")
    if not token or (encoder is None and source is None):
        return None
    size = [_number(encoder.words("Resolution", side)) if encoder else 0 for side in ("Width", "Height")]
    name = next((child.text.strip() for child in element.children if child.name == "Name"), "")
    return Profile(token, name, source.words("SourceToken") if source else "", *size)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0


def ways(found: list[Profile], wanted: str, only: Literal["auto", "snapshot", "stream"]) -> list[Way]:
    """Snapshot, then the smaller stream, then the main one; of the profile `wanted` (token or name) alone, if that is
    given, else of the first source. CameraUnavailableError without any, CameraSetupError for a wrong `wanted`."""
    if not found:
        raise CameraUnavailableError("the device has no profile with video: switch one on in its settings")
    if wanted:
        mine = [profile for profile in found if wanted in (profile.token, profile.name)]
        if not mine:
            known = ", ".join(_shown(profile.token) for profile in found[:8])
            raise CameraSetupError(f"the device has no profile of this name; it has {known}")
        main = sub = mine[0]
    else:
        mine = [profile for profile in found if profile.source == found[0].source]
        main = max(mine, key=_area)
        sub = min((profile for profile in mine if profile.width >= SMALLEST_USEFUL_PX), key=_area, default=main)
    all_ways = [Way("snapshot", main), Way("stream", sub), Way("stream", main)]
    return [way for way in dict.fromkeys(all_ways) if only in ("auto", way.kind)]


def _area(profile: Profile) -> int:
    return profile.width * profile.height


def _shown(token: str) -> str:
    return "".join(char for char in token[:30] if char.isalnum() or char in "-_.")


def put_back(uri: str, device: Address, schemes: tuple[str, ...]) -> Address:
    """The address a device told, on the host where it was found: devices tell the address they believe to have (of
    another network, a link-local one), and what a stranger answers must not lead elsewhere. A device that was to be
    asked by https is not followed to http. CameraUnavailableError when it is no address. Its user part, if any, is
    dropped: passwords come from one place."""
    try:
        parts = urlsplit(uri.strip())
        port = parts.port
    except ValueError:
        raise CameraUnavailableError("the device tells an impossible address") from None
    if parts.scheme not in schemes or len(uri) > MAX_ADDRESS_CHARS or port == 0:
        raise CameraUnavailableError(f"the device tells an address that is not {' or '.join(schemes)}")
    target = parts.path or "/"
    target = quote(f"{target}?{parts.query}" if parts.query else target, safe=_KEEP)
    if device.scheme == "https" and parts.scheme == "http":
        return Address("https", device.host, device.port, target)
    return Address(parts.scheme, device.host, port or PORTS[parts.scheme], target)
