"""Stand-ins which obey the real parts' contracts, for tests and for trying things out without the hardware."""

from agent.clock import Clock
from agent.core.clock import ClockReading, Stamp


class FakeClock(Clock):
    """A clock that moves only when told. Like the real one, boot-time never runs backwards."""

    def __init__(
        self,
        mono_ms: int = 60_000,
        wall_ms: int = 1_800_000_000_000,
        *,
        synced: bool = True,
        error_ms: int = 5,
        boot: str = "00000000-0000-4000-8000-000000000001",
        run: str = "0000000000000001",
    ) -> None:
        self.boot = boot
        self.run = run
        self._mono_ms = mono_ms
        self._wall_ms = wall_ms
        self._synced = synced
        self._error_ms = error_ms

    def mono_s(self) -> float:
        return self._mono_ms / 1000

    def mono_ms(self) -> int:
        return self._mono_ms

    def wall_ms(self) -> int:
        return self._wall_ms

    @property
    def synced(self) -> bool:
        return self._synced

    def stamp(self) -> Stamp:
        return Stamp(self.boot, self.run, self._mono_ms, self._wall_ms, self._synced)

    def reading(self) -> ClockReading:
        return ClockReading(self._mono_ms, self._wall_ms, self._synced, self._error_ms)

    def advance(self, seconds: float) -> None:
        """Both clocks go on by `seconds` (>= 0)."""
        if seconds < 0:
            raise ValueError("time does not run backwards; use step() for the wall clock")
        self._mono_ms += round(seconds * 1000)
        self._wall_ms += round(seconds * 1000)

    def step(self, seconds: float, *, synced: bool | None = None) -> None:
        """Somebody set the wall clock by `seconds`, either way; boot-time is not touched."""
        self._wall_ms += round(seconds * 1000)
        if synced is not None:
            self._synced = synced

    def reboot(self, boot: str, run: str, mono_ms: int = 5_000) -> None:
        """A new boot: boot-time starts again, and the clock is not synchronised yet."""
        self.boot, self.run, self._mono_ms, self._synced = boot, run, mono_ms, False
