"""What the kiosk's screen asks the devices. Blocking, a thread's work; nothing here fails because no device is there.

state = print_receipt(run_dir, "w-81f3", ticket, lang="id")   # "waiting", or "none" without a printer
scan = next_scan(run_dir, wait_s=20, lang="id")               # None, a code, or why it was not one
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from agent.control_client import NoDaemonError, RefusedError, ask
from wire.shape import Struct

DEVICES_SOCKET: Final = "devices.sock"
NO_DEVICE: Final = "none"
TIMEOUT_S: Final = 3.0


class Scan(Struct, frozen=True):
    """`code` is "" when what was scanned is no ticket; `message` then says so to the citizen."""

    code: str
    message: str

    def __repr__(self) -> str:
        return "Scan()"


def print_receipt(run_dir: Path, job: str, ticket: Mapping[str, object], lang: str, subject: str = "") -> str:
    """Have the intake's answer to `submit` printed, without waiting for paper. The job's state, or "none"."""
    request = {
        "op": "print",
        "job": job,
        "code": ticket["code"],
        "pin": ticket["pin"],
        "category": ticket["category"],
        "created_ms": ticket["created_ms"],
        "subject": subject,
        "offline": ticket.get("online") is not True,
        "urgent": ticket.get("urgent") is True,
        "lang": lang,
    }
    return _state(run_dir, request)


def job_state(run_dir: Path, job: str) -> str:
    """`waiting` `printing` `printed` `sent` `cancelled` `failed` `unknown`, or "none"."""
    return _state(run_dir, {"op": "printed", "job": job})


def printer_state(run_dir: Path) -> str:
    """`ok` `paper_out` `offline` `unknown`, or "none" where there is no printer."""
    return _state(run_dir, {"op": "printer"})


def next_scan(run_dir: Path, wait_s: float, lang: str) -> Scan | None:
    """What was scanned last, or is within `wait_s` (at most 25); None when nothing was, or nothing can be."""
    try:
        answer = ask(run_dir / DEVICES_SOCKET, {"op": "scan", "wait_s": wait_s, "lang": lang}, wait_s + TIMEOUT_S)
    except (NoDaemonError, RefusedError):
        return None
    if answer.get("kind") == "none":
        return None
    return Scan(str(answer.get("code", "")), str(answer.get("message", "")))


def _state(run_dir: Path, request: Mapping[str, object]) -> str:
    try:
        return str(ask(run_dir / DEVICES_SOCKET, request, TIMEOUT_S).get("state", NO_DEVICE))
    except (NoDaemonError, RefusedError):
        return NO_DEVICE
