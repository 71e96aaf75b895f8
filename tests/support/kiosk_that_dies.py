"""Hands in complaints one after another, some with a photo, and prints each accepted ticket, until it is killed."""

import asyncio
import base64
import hashlib
import io
import json
import sys
from pathlib import Path

from PIL import Image

from tests.support.kiosk_box import Kiosk, a_request

PHOTO_EVERY = 3


def a_photo(number: int) -> bytes:
    """A picture by which its complaint is recognised: its size says the number."""
    made = io.BytesIO()
    Image.new("RGB", (8 + number, 8), "white").save(made, "PNG")
    return made.getvalue()


def request_of(number: int, photos: list[str]) -> dict[str, object]:
    return a_request() | {"client_id": f"{number:032}", "text": f"Keluhan {number}", "photos": photos}


async def photo_of(kiosk: Kiosk, number: int) -> list[str]:
    """The id of its photo, handed over; most have none."""
    if number % PHOTO_EVERY:
        return []
    raw = a_photo(number)
    piece = {"client_id": f"{number:032}", "index": 0, "offset": 0, "bytes_total": len(raw)}
    data = {"sha256": hashlib.sha256(raw).hexdigest(), "data": base64.b64encode(raw).decode()}
    answer = await kiosk.intake.photo(piece | data)
    return [str(answer["photo_id"])]


async def main(directory: Path, first: int) -> None:
    """Each line printed is a promise made to a citizen."""
    kiosk = Kiosk(directory)
    keeper = asyncio.create_task(kiosk.intake.run())
    number = first
    while not keeper.done():
        number += 1
        photos = await photo_of(kiosk, number)
        ticket = await kiosk.intake.submit(request_of(number, photos))
        print(json.dumps({"number": number, "named": photos, **ticket}), flush=True)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
