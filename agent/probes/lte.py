"""Is the mobile modem registered, and how well does it hear the network? Asked of ModemManager through `mmcli`.

Inside out: a SIM that is missing or locked, a network that does not take us, a signal that is too weak.

* Weak is an RSRP below -110 dBm or a signal-to-noise ratio below 0 dB. A cell is planned to about -105 dBm outdoors;
  3GPP TS 36.133 lets a receiver report down to -140, and below -110 the slowest coding is repeated.
  With the ratio below 0 there is more noise than signal, however strong both are.
* Those two come only where the modem was told to measure them (`mmcli -m N --signal-setup=30`); else ModemManager's
  own quality in per cent decides: below 20, one bar of five.

No serial number of modem or SIM is kept.
"""

from typing import TYPE_CHECKING

from agent.configuration.settings import Settings, field
from agent.core.observation import Observation, Reason
from agent.probes.context import Context, Target
from agent.probes.errors import ProbeError

if TYPE_CHECKING:
    from agent.probes.modemmanager import Modem

WEAK_RSRP_DBM = -110.0
WEAK_SNR_DB = 0.0
WEAK_SIGNAL_PCT = 20


class LteConfig(Settings, frozen=True):
    """`timeout_s` is for each question to ModemManager; there are three."""

    interval_s: float = field(default=300.0, metadata={"help": "seconds between readings", "min": 5})
    timeout_s: float = field(default=2.0, metadata={"help": "longest time of one question to ModemManager", "max": 30})
    modem: int | None = field(default=None, metadata={"help": "ModemManager's number; by itself the one in use"})

    def __post_init__(self) -> None:
        if self.interval_s < 5:
            raise ValueError("interval_s must be at least 5 seconds")
        if not 0 < self.timeout_s <= 30:
            raise ValueError("timeout_s must be above 0 and at most 30 seconds")
        if self.modem is not None and not 0 <= self.modem <= 9999:
            raise ValueError("modem must be 0 to 9999")

    @property
    def deadline_s(self) -> float:
        return 6 * self.timeout_s + 1.0


async def probe(target: Target, context: Context) -> Observation:
    """The modem now."""
    config = target.settings(LteConfig)
    began_ms = context.clock.mono_ms()
    from agent.probes import modemmanager

    try:
        modem = await modemmanager.read(config.timeout_s, config.modem)
    except ProbeError as error:
        return Observation("lte", target.name, began_ms, False, error.reason, detail=error.detail)
    reason = judge(modem)
    return Observation("lte", target.name, began_ms, not reason, reason, detail=modem.detail())


def judge(modem: "Modem") -> Reason:
    """The innermost thing that is wrong."""
    if modem.without_sim:
        return Reason.LTE_NO_SIM
    if not modem.registered:
        return Reason.LTE_NOT_REGISTERED
    if modem.rsrp_dbm is None and modem.snr_db is None:
        weak = modem.signal_pct is not None and modem.signal_pct < WEAK_SIGNAL_PCT
    else:
        weak = (modem.rsrp_dbm is not None and modem.rsrp_dbm < WEAK_RSRP_DBM) or (
            modem.snr_db is not None and modem.snr_db < WEAK_SNR_DB
        )
    return Reason.LTE_WEAK if weak else Reason.NONE
