"""A caller for a warm start (`tests.support.warm`): what it needs is imported before the fork."""

from pathlib import Path

import PIL.Image
import PIL.ImageDraw
import PIL.JpegImagePlugin  # noqa: F401 - loaded with the first picture otherwise

from tests.support import voice_caller


def main(socket: str, book: str, seed: int, per_s: str, kinds: str) -> int:
    """As on the command line of `tests.support.voice_caller`."""
    wanted = tuple(kind for kind in kinds.split(",") if kind)
    return voice_caller.main(Path(socket), Path(book), seed, float(per_s), wanted)
