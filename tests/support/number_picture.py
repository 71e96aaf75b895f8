"""Pictures that carry a number: 64 black and white fields, which survive being made smaller and encoded again.

What arrives is judged by what can be seen on it, not by its bytes: a kiosk may encode a photograph as it likes.
"""

import io
import random

SIDE = 8
FIELD_PX = 40
EDGE_PX = 20


def draw(number: int, *, exif_note: str = "", kind: str = "JPEG", field_px: int = FIELD_PX) -> bytes:
    """A photograph-like picture of a 64-bit number; `exif_note` is what a camera writes beside the picture."""
    from PIL import Image, ImageDraw

    side_px = SIDE * field_px + 2 * EDGE_PX
    picture = Image.new("RGB", (side_px, side_px), (128, 110, 90))
    pen = ImageDraw.Draw(picture)
    chance = random.Random(number)
    for index in range(SIDE * SIDE):
        light = bool(number >> index & 1)
        shade = tuple((205 if light else 15) + chance.randrange(36) for _ in range(3))
        left, top = EDGE_PX + index % SIDE * field_px, EDGE_PX + index // SIDE * field_px
        pen.rectangle((left, top, left + field_px - 1, top + field_px - 1), fill=shade)
    out = io.BytesIO()
    options: dict[str, object] = {}
    if exif_note:
        exif = Image.Exif()
        exif[0x010E], exif[0x013B] = exif_note, exif_note  # description, artist
        options["exif"] = exif
    picture.save(out, kind, **options)
    return out.getvalue()


def read(picture: bytes) -> int:
    """The number on it. ValueError when it is no picture of a number."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(picture)) as opened:
            grey = opened.convert("L")
    except (UnidentifiedImageError, OSError) as error:
        raise ValueError("not a picture") from error
    unit = grey.width / (SIDE * FIELD_PX + 2 * EDGE_PX)
    number = 0
    for index in range(SIDE * SIDE):
        across, down = (EDGE_PX + (place + 0.5) * FIELD_PX for place in (index % SIDE, index // SIDE))
        shade = grey.getpixel((int(across * unit), int(down * unit)))
        assert isinstance(shade, int)
        if 90 < shade < 165:
            raise ValueError(f"field {index} is neither dark nor light")
        number |= (shade > 127) << index
    return number
