"""The process's own socket, for the kiosk's screen: print this, what came of it, what was scanned.

`devices.sock` in `[kiosk.serial] run_dir`, the same lines of JSON as the agent's sockets; `client.py` speaks them.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from agent.control import ControlError, ControlSocket, Operation
from agent.core.scanning import TicketScan
from agent.kiosk.serial.scanbox import ScanBox
from agent.messages import Messages

if TYPE_CHECKING:
    from agent.kiosk.serial.printer import Printer

DEVICES_SOCKET: Final = "devices.sock"
LONGEST_WAIT_S: Final = 25.0
Request = Mapping[str, object]
States = Callable[[], list[dict[str, object]]]


def door(run_dir: Path, group: str, printer: "Printer | None", scans: ScanBox, states: States) -> ControlSocket:
    """The socket, to be run. `group` may use it, and the process's own user."""
    return ControlSocket(run_dir / DEVICES_SOCKET, operations(printer, scans, states), group)


def operations(printer: "Printer | None", scans: ScanBox, states: States) -> dict[str, Operation]:
    """print, printed, printer, scan, devices."""

    async def print_receipt(request: Request) -> Mapping[str, object]:
        from agent.kiosk.serial.receipt import ReceiptJob

        if printer is None:
            raise ControlError("no_printer", "no printer is configured")
        fields = {name: value for name, value in request.items() if name != "op"}
        try:
            job = msgspec.convert(fields, ReceiptJob)
        except msgspec.ValidationError as error:
            # msgspec names field and type, and for a pattern the pattern: never the value.
            raise ControlError("bad_request", str(error)) from error
        return {"job": job.job, "state": printer.put(job)}

    async def printed(request: Request) -> Mapping[str, object]:
        return {"state": printer.state_of(str(request.get("job", ""))) if printer is not None else "unknown"}

    async def printer_state(_: Request) -> Mapping[str, object]:
        return {"state": printer.state if printer is not None else "none"}

    async def scan(request: Request) -> Mapping[str, object]:
        return _scan(await scans.take(_wait_s(request)), str(request.get("lang", "id")))

    async def devices(_: Request) -> Mapping[str, object]:
        return {"devices": states()}

    return {"print": print_receipt, "printed": printed, "printer": printer_state, "scan": scan, "devices": devices}


def _scan(scan: object, lang: str) -> Mapping[str, object]:
    if scan is None:
        return {"kind": "none"}
    if isinstance(scan, TicketScan):
        return {"kind": "ticket", "code": scan.code}
    reason = str(getattr(scan, "reason", "unknown"))
    return {"kind": "refused", "reason": reason, "message": Messages(lang).text(f"scan.{reason}")}


def _wait_s(request: Request) -> float:
    wait_s = request.get("wait_s", 0)
    if isinstance(wait_s, bool) or not isinstance(wait_s, int | float) or not 0 <= wait_s <= LONGEST_WAIT_S:
        raise ControlError("bad_request", f"wait_s is 0..{LONGEST_WAIT_S:g}")
    return float(wait_s)
