"""What the wifi probe loads when there is a radio: the kernel's answer, `iw`'s where that is denied, the memory."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from agent.core.observation import Reason, Scalar
from agent.files import give_to_owner, write_durably
from agent.probes import nl80211
from agent.probes.errors import ProbeError
from agent.probes.tool import ToolError, run_tool

MEMORY_NAME = "wifi.json"
_MAX_MEMORY_BYTES = 16 * 1024
_MAX_IW_BYTES = 16 * 1024
_MOST_ROAMED = 2**31
_MAC = re.compile(r"Connected to ([0-9a-f]{2}(?::[0-9a-f]{2}){5}) \(on ", re.ASCII)
_FREQUENCY = re.compile(r"^\s*freq: ([0-9]{4,5})(?:\.[0-9])?$", re.ASCII | re.MULTILINE)
_SIGNAL = re.compile(r"^\s*signal: (-?[0-9]{1,3}) dBm", re.ASCII | re.MULTILINE)
_BITRATE = re.compile(r"^\s*tx bitrate: ([0-9]{1,5}(?:\.[0-9])?) MBit/s", re.ASCII | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class WifiLink:
    """One radio and what it is joined to; an empty `bssid` means nothing. None is what is not known."""

    interface: str
    bssid: str = ""
    signal_dbm: int | None = None
    bitrate_mbps: float | None = None
    frequency_mhz: int | None = None
    connected_s: int | None = None

    def detail(self) -> dict[str, Scalar]:
        """As an observation's detail."""
        found: dict[str, Scalar] = {"interface": self.interface, "bssid": self.bssid}
        for name in ("signal_dbm", "bitrate_mbps", "frequency_mhz", "connected_s"):
            value = getattr(self, name)
            if value is not None:
                found[name] = value
        return found


async def links(names: Sequence[str], timeout_s: float) -> list[WifiLink]:
    """Every radio in station mode. Raises ProbeError: not_permitted (and no `iw`), or local_error."""
    try:
        return [_of_kernel(radio, station) for radio, station in nl80211.look(timeout_s) if radio.name in names]
    except (OSError, nl80211.Nl80211Error) as error:
        denied = str(error)
    try:
        return [parse_iw(name, await run_tool(("iw", "dev", name, "link"), timeout_s, _MAX_IW_BYTES)) for name in names]
    except ToolError as error:
        reason = Reason.NOT_PERMITTED if error.kind == "missing" else Reason.LOCAL_ERROR
        hint = "allow AF_NETLINK to this process, or install iw"
        raise ProbeError(reason, {"error": denied, "iw": error.detail, "hint": hint}) from error


def parse_iw(name: str, output: bytes) -> WifiLink:
    """What `iw dev NAME link` printed; anything else than a link is one that is joined to nothing."""
    text = output.decode("utf-8", "replace")
    mac = _MAC.match(text)
    if mac is None:
        return WifiLink(name)
    signal, bitrate, frequency = _SIGNAL.search(text), _BITRATE.search(text), _FREQUENCY.search(text)
    return WifiLink(
        name,
        mac[1],
        int(signal[1]) if signal else None,
        float(bitrate[1]) if bitrate else None,
        int(frequency[1]) if frequency else None,
    )


def roamed(data_dir: Path | None, link: WifiLink) -> int | None:
    """How often this radio was found at another access point than before; None where that cannot be remembered.

    The file is written only when it changes.
    """
    if data_dir is None:
        return None
    path = data_dir / MEMORY_NAME
    memory = _memory(path)
    before = memory.get(link.interface)
    now = _Seen(link.bssid, before.roamed if before else 0)
    if before is not None and before.bssid != link.bssid:
        now = _Seen(link.bssid, min(before.roamed + 1, _MOST_ROAMED))
    if now != before:
        memory[link.interface] = now
        try:
            write_durably(path, msgspec.json.encode(memory))
            give_to_owner(path)
        except OSError:  # a technician without rights still learns the rest
            return before.roamed if before else None
    return now.roamed


class _Seen(msgspec.Struct, frozen=True):
    bssid: str
    roamed: int


def _memory(path: Path) -> dict[str, _Seen]:
    """What is remembered; nothing when the file cannot be read."""
    try:
        with path.open("rb") as file:
            return msgspec.json.decode(file.read(_MAX_MEMORY_BYTES), type=dict[str, _Seen])
    except (OSError, ValueError):  # msgspec's errors are ValueErrors
        return {}


def _of_kernel(radio: nl80211.Radio, station: nl80211.Station | None) -> WifiLink:
    if station is None:
        return WifiLink(radio.name)
    return WifiLink(
        radio.name,
        station.bssid,
        station.signal_dbm,
        station.bitrate_mbps,
        radio.frequency_mhz,
        station.connected_s,
    )
