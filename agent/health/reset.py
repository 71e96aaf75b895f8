"""Why a boot began, out of what the board kept: reset register, power chip, watchdog driver, kernel dumps.

Words, from the surest evidence to the weakest:
  panic              the kernel left a crash dump in pstore
  watchdog           a watchdog driver or the power chip says so
  undervoltage overvoltage overtemperature     the power chip of a Pi 5 cut the power
  warm_reset         power never went away: the watchdog fired, or something rebooted the board
  power_on           the reset register saw power come up
None of it says who pulled the plug; without a stop marker `warm_reset` is the box's fault and `power_on` is not.
"""

from wire.shape import Struct

# PM_RSTS of BCM2835..BCM2712 (names as in the kernel's bcm2835_wdt.c and bcm2835-pm.h): HAD = had; POR = power-on,
# WR = watchdog. The kernel reboots *through* the watchdog, so these bits cannot tell a hang from `reboot`.
_HADPOR = 0x1000
_HADWR = 0x0070
# linux/watchdog.h: the card rebooted by the watchdog. The Pi's own driver never sets it; external ones do.
_WDIOF_CARDRESET = 0x0020
# Raspberry Pi documentation, device tree `chosen/power/power_reset` (Pi 5): bit -> reason. Bit 3, the enable signal,
# is how an ordinary power-off ends.
_PMIC_REASONS = ((4, "watchdog"), (1, "undervoltage"), (0, "overvoltage"), (2, "overtemperature"))


class ResetEvidence(Struct, frozen=True):
    """What was found; None = the board has no such source."""

    rsts: int | None = None
    pmic: int | None = None
    bootstatus: int | None = None
    panic_dumps: int = 0
    is_pi5: bool = False

    def reason(self) -> str | None:
        """One word of the list above, or None when nothing says anything."""
        if self.panic_dumps:
            return "panic"
        if self.bootstatus and self.bootstatus & _WDIOF_CARDRESET:
            return "watchdog"
        for bit, reason in _PMIC_REASONS:
            if self.pmic and self.pmic >> bit & 1:
                return reason
        return self._from_register()

    def _from_register(self) -> str | None:
        if self.rsts is None:
            return None
        if self.rsts & _HADPOR:
            return "power_on"
        # Boards of the Pi 5 family have been seen with the watchdog bit right after power came up: no evidence there.
        return "warm_reset" if self.rsts & _HADWR and not self.is_pi5 else None
