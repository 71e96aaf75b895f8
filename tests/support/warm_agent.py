"""The real agent for a warm start: everything it imports sooner or later is imported before the fork."""

from pathlib import Path

import nacl.public  # noqa: F401 - the agent loads it with the first complaint

import agent.snapshots
import agent.uplink.paho  # noqa: F401
from agent import service


def main(config: str) -> int:
    """`sandi run --config CONFIG`; the exit code."""
    return service.run(Path(config))
