"""Which of two versions is the newer one. Pure.

`1.2.3`, with `.devN`, `aN`, `bN`, `rcN`, `.postN` behind it, and `+local`, as Python packages are named (PEP 440,
without epochs). What cannot be read is older than everything.
"""

import re
from typing import Final

_VERSION: Final = re.compile(
    r"(\d{1,6}(?:\.\d{1,6}){0,5})(?:(a|b|rc)(\d{1,9}))?(?:\.post(\d{1,16}))?(?:\.dev(\d{1,16}))?(?:\+([0-9A-Za-z.]{1,30}))?"
)
_PRE: Final = {"a": 0, "b": 1, "rc": 2}
_WITHOUT: Final = 3
Order = tuple[tuple[int, ...], int, int, int, int, int, str]


def order(text: str) -> Order:
    """Something to compare by."""
    found = _VERSION.fullmatch(text)
    if found is None:
        return ((), -1, 0, 0, 0, 0, "")
    numbers = [int(part) for part in found[1].split(".")]
    while len(numbers) > 1 and numbers[-1] == 0:
        numbers.pop()
    pre, post, dev = found[2], found[4], found[5]
    # 1.0.dev1 comes before 1.0a1.
    step = _PRE[pre] if pre else _WITHOUT if dev is None or post is not None else -1
    return (
        tuple(numbers), step, int(found[3] or 0), int(post) + 1 if post else 0,
        0 if dev is not None else 1, int(dev or 0), found[6] or "",
    )  # fmt: skip


def is_readable(text: str) -> bool:
    """Whether it says anything."""
    return _VERSION.fullmatch(text) is not None
