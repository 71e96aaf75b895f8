"""The screen's receipts: handed to the devices' process in the background, and forgotten. Nobody waits for paper."""

import asyncio
import secrets
from collections.abc import Mapping
from pathlib import Path

from agent.kiosk.serial.client import print_receipt


class Paper:
    """Call it with the intake's answer to `submit`, inside the running loop. It never fails."""

    def __init__(self, run_dir: Path) -> None:
        self._run_dir = run_dir
        self._under_way: set[asyncio.Task[str]] = set()

    def __call__(self, ticket: Mapping[str, object], lang: str, subject: str) -> None:
        job = f"w-{secrets.token_hex(8)}"
        asking = asyncio.create_task(asyncio.to_thread(print_receipt, self._run_dir, job, ticket, lang, subject))
        self._under_way.add(asking)
        asking.add_done_callback(self._under_way.discard)
