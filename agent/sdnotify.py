"""Words to systemd: READY, STATUS, WATCHDOG, STOPPING (sd_notify(3)), and nothing when nobody listens."""

import os
import socket
from collections.abc import Mapping


class Notifier:
    """`address` is NOTIFY_SOCKET; without it every call does nothing."""

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        variables = os.environ if environment is None else environment
        address = variables.get("NOTIFY_SOCKET", "")
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self.watchdog_s = _watchdog_s(variables)
        self._status = ""

    def send(self, *assignments: str) -> None:
        if not self._address:
            return
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
            try:
                channel.sendto("\n".join(assignments).encode(), self._address)
            except OSError:
                return  # systemd itself restarts: the next word will arrive

    def status(self, text: str) -> None:
        """One line for `systemctl status`, sent only when it changes."""
        if text != self._status:
            self._status = text
            self.send(f"STATUS={text}")


def _watchdog_s(variables: Mapping[str, str]) -> float | None:
    """How often systemd wants to hear WATCHDOG=1, or None: sd_watchdog_enabled(3), and the word must be to us."""
    for_pid = variables.get("WATCHDOG_PID", "")
    if for_pid and for_pid != str(os.getpid()):
        return None
    period_us = variables.get("WATCHDOG_USEC", "")
    return int(period_us) / 1_000_000 if period_us.isdigit() and int(period_us) > 0 else None
