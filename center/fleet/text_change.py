"""The difference of two texts. Pure."""

import difflib
from typing import Final

HEAD_LINES: Final = 2
_ALL: Final = 10**6


def difference(old: str, new: str) -> tuple[str, ...]:
    """A unified difference, every line of both texts shown, without its heads; empty when nothing changes."""
    found = difflib.unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=_ALL)
    return tuple(found)[HEAD_LINES + 1 :]
