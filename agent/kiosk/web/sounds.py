"""Recorded voices: `<folder>/<language>/<screen>.ogg`, where the city has recorded them. No file, no button."""

import re
from pathlib import Path
from typing import Final

MAX_BYTES: Final = 4 * 1024 * 1024
_LANG: Final = re.compile(r"[a-z]{2,8}")
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,31}\.ogg")


def sound_file(folder: Path | None, lang: str, name: str) -> Path | None:
    """The recording `name` ("text.ogg") in a language; None when there is none, or the name is no screen's."""
    if folder is None or not _LANG.fullmatch(lang) or not _NAME.fullmatch(name):
        return None
    path = folder / lang / name
    try:
        return path if path.is_file() and 0 < path.stat().st_size <= MAX_BYTES else None
    except OSError:
        return None
