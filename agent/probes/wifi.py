"""How well does this box hear its access point? Asked of the kernel (nl80211), else of `iw`.

* Weak is below -78 dBm. A receiver need not do better than the standard's minimum sensitivity (IEEE 802.11-2020, table
  19-23, 20 MHz): -79 dBm is what the second slowest rate (13 Mbit/s) needs, -77 the third. Below, a box that keeps the
  standard and no more falls to the slowest rates, and what little is sent is repeated.
* A change of the access point between two runs is counted (`roamed`), in a small file: a box that wanders between two
  access points loses packets at each change.
* Wi-Fi that is there and joined to nothing is not used: no target. Whether the box needs it is the link probe's to say.
"""

from pathlib import Path

from agent.configuration.settings import Settings, field
from agent.core.observation import Observation, Reason, Scalar
from agent.probes.context import Context, Target
from agent.probes.errors import ProbeError
from agent.probes.procfs import default_routes

WEAK_DBM = -78


class WifiConfig(Settings, frozen=True):
    """`interface`: the one to judge; empty: the one in use."""

    interval_s: float = field(default=60.0, metadata={"help": "seconds between readings", "min": 1})
    timeout_s: float = field(default=2.0, metadata={"help": "longest time of one reading", "max": 30})
    interface: str = field(default="", metadata={"help": "the one interface to judge; empty: the one in use"})
    weak_dbm: float = field(default=WEAK_DBM, metadata={"help": "weaker is reported", "min": -100, "max": 0})

    def __post_init__(self) -> None:
        if self.interval_s < 1:
            raise ValueError("interval_s must be at least 1 second")
        if not 0 < self.timeout_s <= 30:
            raise ValueError("timeout_s must be above 0 and at most 30 seconds")
        if not -100 <= self.weak_dbm <= 0:
            raise ValueError("weak_dbm must be -100 to 0 dBm")

    @property
    def deadline_s(self) -> float:
        return 2 * self.timeout_s + 1.0


async def probe(target: Target, context: Context) -> Observation:
    """The radio link now."""
    config = target.settings(WifiConfig)
    began_ms = context.clock.mono_ms()
    names = wireless(context.root)
    wanted = config.interface or target.host
    if not names or (wanted and wanted not in names):
        return Observation("wifi", target.name, began_ms, False, Reason.NO_TARGET)
    from agent.probes import wifilook

    try:
        links = await wifilook.links(names, config.timeout_s)
    except ProbeError as error:
        return Observation("wifi", target.name, began_ms, False, error.reason, detail=error.detail)
    routed = {route.interface for route in default_routes(context.root)}
    joined = [link for link in links if link.bssid and (not wanted or link.interface == wanted)]
    if not joined:
        detail: dict[str, Scalar] = {"interface": wanted or names[0], "hint": "joined to no network"}
        return Observation("wifi", target.name, began_ms, False, Reason.NO_TARGET, detail=detail)
    link = max(joined, key=lambda one: one.interface in routed)
    weak = link.signal_dbm is not None and link.signal_dbm < config.weak_dbm
    reason = Reason.WIFI_WEAK if weak else Reason.NONE
    detail = link.detail()
    roamed = wifilook.roamed(context.data_dir, link)
    if roamed is not None:
        detail["roamed"] = roamed
    return Observation("wifi", target.name, began_ms, not weak, reason, detail=detail)


def wireless(root: Path) -> list[str]:
    """The names of the interfaces that are radios."""
    folder = root / "sys/class/net"
    try:
        entries = sorted(folder.iterdir())
    except OSError:
        return []
    return [entry.name for entry in entries if (entry / "wireless").exists() or (entry / "phy80211").exists()]
