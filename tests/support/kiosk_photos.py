"""Photos for the kiosk's tests: a picture, its pieces, and what became of it in the outbox."""

import base64
import hashlib
import io
import random

from nacl.public import SealedBox
from PIL import Image

from agent.kiosk.bounds import CHUNK_BYTES_MAX
from tests.support.kiosk_box import Kiosk
from wire import attachment

Request = dict[str, object]
CLIENT = "p" * 32


def a_picture(kind: str = "JPEG", size: tuple[int, int] = (400, 300), **options: object) -> bytes:
    """Noise, so that it does not compress to nothing."""
    noise = random.Random(1).randbytes(size[0] * size[1] * 3)
    made = io.BytesIO()
    Image.frombytes("RGB", size, noise).save(made, kind, **options)  # type: ignore[arg-type]
    return made.getvalue()


def pieces(raw: bytes, index: int = 0, step: int = CHUNK_BYTES_MAX, client_id: str = CLIENT) -> list[Request]:
    whole = {"op": "photo", "client_id": client_id, "index": index, "bytes_total": len(raw), "lang": "id"}
    whole["sha256"] = hashlib.sha256(raw).hexdigest()
    return [
        whole | {"offset": at, "data": base64.b64encode(raw[at : at + step]).decode()}
        for at in range(0, max(1, len(raw)), step)
    ]


async def handed_over(kiosk: Kiosk, raw: bytes, index: int = 0, **more: object) -> str:
    for piece in pieces(raw, index, **more):  # type: ignore[arg-type]
        answer = await kiosk.intake.photo(piece)
    assert answer["complete"] is True and answer["have_bytes"] == len(raw)
    return str(answer["photo_id"])


def held(kiosk: Kiosk) -> list[attachment.Attachment]:
    """The photos that wait in the outbox."""
    found = [kiosk.outbox.read_file("attachment", row) for row in kiosk.outbox.page("attachment", 0, 10_000_000)]
    return [attachment.unpack(raw or b"") for raw in found]


def opened(kiosk: Kiosk, sealed: bytes) -> Image.Image:
    return Image.open(io.BytesIO(SealedBox(kiosk.private_key).decrypt(sealed)))
