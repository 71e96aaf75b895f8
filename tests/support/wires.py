"""Cables that were pulled and are back: the kernel remembers for a moment that nobody was there."""

import subprocess
import time

from tests.support.lab import Box

WAIT_S = 60.0


def until_answered(box: Box, address: str) -> None:
    """Returns once `address` answers a ping from the box; AssertionError when it does not within a minute."""
    give_up_s = time.monotonic() + WAIT_S
    ping = ("ip", "netns", "exec", box.name, "ping", "-c", "1", "-W", "1", address)
    while subprocess.run(ping, check=False, capture_output=True).returncode != 0:
        assert time.monotonic() < give_up_s, f"{address} does not answer"
        time.sleep(0.05)
