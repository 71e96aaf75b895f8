"""What all devices of one process have in common: the intake, the memory, the box for scans, and the printer."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from agent.kiosk.serial.desk import Desk, Receipt
from agent.kiosk.serial.memory import Memory
from agent.kiosk.serial.scanbox import ScanBox


def _no_printer(job: str, receipt: Receipt) -> None:
    """Nothing to print on: the code stands on the panel."""


@dataclass(slots=True)
class Shared:
    """Made once by the service. `print_it` becomes the printer's when there is one."""

    place: str
    status_url: str
    desk: Desk
    memory: Memory
    scans: ScanBox
    print_it: Callable[[str, Receipt], None] = field(default=_no_printer)


def shared(place: str, status_url: str, intake: Path, state_dir: Path, run_dir: Path) -> Shared:
    """For the box called `place`, whose intake listens at `intake`."""
    return Shared(place, status_url, Desk(intake), Memory(state_dir, run_dir), ScanBox())
