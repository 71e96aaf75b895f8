"""Hands in complaints one after another and prints each accepted ticket, until it is killed."""

import asyncio
import json
import sys
from pathlib import Path

from tests.support.kiosk_box import Kiosk, a_request


async def main(directory: Path, first: int) -> None:
    """Each line printed is a promise made to a citizen."""
    kiosk = Kiosk(directory)
    keeper = asyncio.create_task(kiosk.intake.run())
    number = first
    while not keeper.done():
        number += 1
        ticket = await kiosk.intake.submit(a_request() | {"client_id": f"{number:032}", "text": f"Keluhan {number}"})
        print(json.dumps({"number": number, **ticket}), flush=True)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
