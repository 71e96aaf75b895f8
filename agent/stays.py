"""The door to the technicians' stays. What keeps them is loaded when somebody first asks: most boxes never need it."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from agent.clock import Clock
from agent.events import EventLog
from agent.names import MAINTENANCE_FILE

if TYPE_CHECKING:
    from agent.maintenance import Maintenance


class Stays:
    """`operation` is the control socket's."""

    def __init__(self, data_dir: Path, clock: Clock, events: EventLog) -> None:
        self._arguments = (data_dir, clock, events)
        self._file = data_dir / MAINTENANCE_FILE
        self._maintenance: Maintenance | None = None

    @property
    def any(self) -> bool:
        """A stay of a technician is going on, or was when the file was last written."""
        return self._maintenance is not None or self._file.exists()

    def current(self) -> dict[str, object] | None:
        """The technician's stay that lasts now."""
        return self._kept().current() if self.any else None

    async def resume(self) -> None:
        """After a start: take up what the file holds."""
        await self._kept().resume()

    async def operation(self, request: Mapping[str, object]) -> Mapping[str, object]:
        return await self._kept().operation(request)

    def _kept(self) -> "Maintenance":
        if self._maintenance is None:
            from agent.maintenance import Maintenance

            self._maintenance = Maintenance(*self._arguments)
        return self._maintenance
