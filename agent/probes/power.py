"""Does the board get enough voltage? What the firmware says of now; that it was low since boot is told beside it."""

from agent.configuration.settings import Settings, field
from agent.core.observation import Observation, Reason, Scalar
from agent.probes.context import Context, Target
from agent.throttling import UNDERVOLTAGE_NOW, UNDERVOLTAGE_SINCE_BOOT, read_throttled


class PowerConfig(Settings, frozen=True):
    """The firmware itself looks every 2 s (raspberrypi-hwmon); a reading is one small file."""

    interval_s: float = field(default=30.0, metadata={"help": "seconds between readings", "min": 1})
    timeout_s: float = field(default=2.0, metadata={"help": "longest time of one reading"})

    def __post_init__(self) -> None:
        if self.interval_s < 1:
            raise ValueError("interval_s must be at least 1 second")

    @property
    def deadline_s(self) -> float:
        return self.timeout_s


async def probe(target: Target, context: Context) -> Observation:
    """The supply now."""
    began_ms = context.clock.mono_ms()
    bits = read_throttled(context.root)
    if bits is None:
        hint: dict[str, Scalar] = {"hint": "this board does not say whether its supply is good"}
        return Observation("power", target.name, began_ms, False, Reason.NO_TARGET, detail=hint)
    low = bool(bits & UNDERVOLTAGE_NOW)
    detail: dict[str, Scalar] = {"throttled": bits, "since_boot": low or bool(bits & UNDERVOLTAGE_SINCE_BOOT)}
    return Observation(
        "power", target.name, began_ms, not low, Reason.UNDERVOLTAGE if low else Reason.NONE, detail=detail
    )
