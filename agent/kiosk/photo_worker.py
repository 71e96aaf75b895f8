"""The process in which a stranger's picture is opened: killable, without network or files of its own, small.

It gets a first line of JSON and then the picture's bytes on its standard input, decodes the picture, makes a new JPEG
of the bare pixels (so nothing of EXIF, comments, profiles or thumbnails goes along) and seals that to the centre's
key. What leaves it by its standard output is a line of JSON and the sealed bytes: the picture itself never does.

Large JPEGs are decoded at a half, a quarter or an eighth, which takes a sixty-fourth of the memory; other formats
cannot, so fewer pixels of them are taken.
"""

import hashlib
import io
import json
import resource
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from PIL.Image import Image

LONG_SIDE: Final = 1600
MAX_JPEG_BYTES: Final = 700 * 1000
MAX_PIXELS_JPEG: Final = 50_000_000
MAX_PIXELS_PROGRESSIVE: Final = 16_000_000
"""Of a JPEG whose coefficients must all be held before the first pixel is known."""
MAX_PIXELS_OTHER: Final = 9_000_000
"""Of PNG and WebP, which are decoded whole: 36 MB, WebP three times that. A screen of 3840 x 2160 has 8.3 million."""
QUALITIES: Final = (85, 75, 65, 50)
SIDES: Final = (LONG_SIDE, 1200, 800)
"""Smaller ones for what stays too heavy at the lowest quality, which a camera's noise at night may."""
FORMATS: Final = ("JPEG", "PNG", "WEBP")
MEMORY_BYTES: Final = 384 * 1024 * 1024
"""Of address space, libraries included: a backstop, not a measure."""
CPU_S: Final = 20
LIFE_S: Final = 240


class PhotoError(Exception):
    """`code` is one of the intake's."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def made_anew(raw: bytes) -> bytes:
    """A JPEG of the picture's pixels and nothing else. PhotoError `photo_unreadable` or `photo_too_large`."""
    from PIL import Image, ImageFile

    ImageFile.LOAD_TRUNCATED_IMAGES = False
    Image.MAX_IMAGE_PIXELS = None  # the bounds here are stricter
    try:
        with Image.open(io.BytesIO(raw), formats=FORMATS) as opened:
            _check_size(opened)
            if opened.format == "JPEG":
                longest = max(opened.size)
                wanted = (opened.width * LONG_SIDE // longest, opened.height * LONG_SIDE // longest)
                opened.draft("RGB", (max(1, wanted[0]), max(1, wanted[1])))
            return _encoded(_bare(opened))
    except PhotoError:
        raise
    except MemoryError:
        raise PhotoError("photo_too_large") from None
    except Exception:  # noqa: BLE001 - decoders fail in every way there is, on purpose too
        raise PhotoError("photo_unreadable") from None


def _check_size(opened: "Image") -> None:
    width, height = opened.size
    if width < 1 or height < 1:
        raise PhotoError("photo_unreadable")
    most = MAX_PIXELS_JPEG if opened.format == "JPEG" else MAX_PIXELS_OTHER
    if opened.info.get("progressive"):
        most = MAX_PIXELS_PROGRESSIVE
    if width * height > most:
        raise PhotoError("photo_too_large")


def _bare(opened: "Image") -> "Image":
    """The pixels in a new picture: the right way up, bounded, on white where they were transparent."""
    from PIL import Image, ImageOps

    orientation = opened.getexif().get(0x0112, 1)
    has_alpha = opened.mode in ("RGBA", "LA", "PA") or "transparency" in opened.info
    if opened.mode in ("L", "LA", "RGB", "RGBA"):  # before anything makes a second one of that size
        opened.thumbnail((LONG_SIDE, LONG_SIDE))
    pixels = opened.convert("RGBA" if has_alpha else "RGB")
    pixels.thumbnail((LONG_SIDE, LONG_SIDE))
    bare = Image.new("RGB", pixels.size, "white")
    bare.paste(pixels, mask=pixels.getchannel("A") if has_alpha else None)
    if isinstance(orientation, int) and 2 <= orientation <= 8:
        exif = Image.Exif()
        exif[0x0112] = orientation
        bare.info["exif"] = exif.tobytes()
        bare = ImageOps.exif_transpose(bare)
        bare.info.clear()
    return bare


def _encoded(bare: "Image") -> bytes:
    for side in SIDES:
        bare.thumbnail((side, side))
        for quality in QUALITIES:
            with io.BytesIO() as made:
                bare.save(made, "JPEG", quality=quality, optimize=True)
                if made.tell() <= MAX_JPEG_BYTES:
                    return made.getvalue()
    raise PhotoError("photo_too_large")


def _handled(header: dict[str, object], raw: bytes) -> tuple[dict[str, object], bytes]:
    from nacl.bindings import crypto_box_seal

    if len(raw) != header["bytes_total"] or hashlib.sha256(raw).hexdigest() != header["sha256"]:
        raise PhotoError("photo_unreadable")
    sealed: bytes = crypto_box_seal(made_anew(raw), bytes.fromhex(str(header["seal_key"])))
    return {"size_bytes": len(sealed)}, sealed


def _confine() -> None:
    """Nothing this process is led to do can take more than this, write a file, or leave a core behind."""
    for what, limit in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_S),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 64),
    ):
        resource.setrlimit(what, (limit, limit))
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")  # first to go when memory ends
    signal.alarm(LIFE_S)


def main() -> None:
    """One picture."""
    _confine()
    incoming, outgoing = sys.stdin.buffer, sys.stdout.buffer
    sealed = b""
    try:
        header = json.loads(incoming.readline(4096))
        answer, sealed = _handled(header, incoming.read(int(header["bytes_total"])))
    except PhotoError as error:
        answer = {"error": error.code}
    except ImportError:
        answer = {"error": "photo_off"}
    except MemoryError:
        answer = {"error": "photo_too_large"}
    except Exception:  # noqa: BLE001 - its text may hold something of the picture
        answer = {"error": "photo_unreadable"}
    outgoing.write(json.dumps(answer).encode("ascii") + b"\n" + sealed)
    outgoing.flush()


if __name__ == "__main__":
    main()
