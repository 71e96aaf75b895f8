"""What the guard asks of systemd, by its own command: nothing else of the system is touched."""

import subprocess
from collections.abc import Sequence
from typing import Final, Protocol

AGENT: Final = "sandi-agent.service"
OTHERS: Final = (
    "sandi-clock.service", "sandi-camera.service", "sandi-kiosk.service", "sandi-kiosk-serial.service",
    "sandi-kiosk-browser.service", "sandi-lan-page.service", "sandi-watch@*.service",
)  # fmt: skip
"""Run from the slot too; those that run are started again from the other one."""
WATCHER: Final = "sandi-update.service"
_TIMEOUT_S: Final = 60


class Units(Protocol):
    """Systemd, as far as the guard needs it."""

    def restart(self) -> None:
        """Start the agent and its companions again, without waiting for them."""

    def restarts(self) -> int:
        """How often systemd started the agent by itself since somebody started it."""

    def watch(self) -> None:
        """Have a process of its own watch the trial."""

    def unwatch(self) -> None:
        """End that process."""


class Systemd:
    """The real one."""

    def restart(self) -> None:
        _systemctl("--no-block", "reset-failed", AGENT)
        _systemctl("--no-block", "restart", AGENT)
        _systemctl("--no-block", "try-restart", *OTHERS)

    def restarts(self) -> int:
        text = _systemctl("show", "--property=NRestarts", "--value", AGENT).strip()
        return int(text) if text.isdecimal() else 0

    def watch(self) -> None:
        _systemctl("--no-block", "start", WATCHER)

    def unwatch(self) -> None:
        _systemctl("stop", WATCHER)


def _systemctl(*words: str) -> str:
    return _run(("systemctl", "--quiet", *words))


def _run(command: Sequence[str]) -> str:
    try:
        done = subprocess.run(
            command, check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=_TIMEOUT_S
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout
