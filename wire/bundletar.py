"""The tar of a release bundle, read and written strictly: plain files, no folders, no links, no extensions.

The same file stands in `wire/` (for who makes and keeps bundles) and in `systemd/slotguard/` (for the guard of slots,
which uses nothing of a slot). Pure: bytes in, names and sizes out. Only the standard library.
"""

import re
from typing import Final, NamedTuple

BLOCK: Final = 512
END: Final = bytes(2 * BLOCK)
MAX_FILE_BYTES: Final = 512 * 1024 * 1024
_NAME: Final = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._+!-]{0,99}")
_OCTAL: Final = re.compile(rb"[0-7]+")
_MAGIC: Final = b"ustar\x0000"
_CHECKSUM: Final = slice(148, 156)


class BundleTarError(ValueError):
    """These bytes are no header of a bundle; the text says why."""


class Head(NamedTuple):
    """Of one file: its name and size; `padded` is what it takes in the tar."""

    name: str
    size_bytes: int

    @property
    def padded(self) -> int:
        return -(-self.size_bytes // BLOCK) * BLOCK


def read_head(block: bytes) -> Head | None:
    """One header of 512 bytes; None for a block of zeros, which is the end. Raises BundleTarError."""
    if len(block) != BLOCK:
        raise BundleTarError("cut off in a header")
    if block == bytes(BLOCK):
        return None
    name = block[:100].rstrip(b"\0")
    if not _NAME.fullmatch(name):
        raise BundleTarError(f"a name that is not allowed: {name[:40]!r}")
    size = block[124:136].rstrip(b"\0 ")
    if not _OCTAL.fullmatch(size) or int(size, 8) > MAX_FILE_BYTES:
        raise BundleTarError(f"{name.decode()}: a size that is not allowed")
    head = Head(name.decode(), int(size, 8))
    if write_head(head.name, head.size_bytes) != block:
        raise BundleTarError(f"{head.name}: a header that is not as a bundle's are")
    return head


def write_head(name: str, size_bytes: int) -> bytes:
    """The one way a file of this name and size is announced."""
    block = bytearray(BLOCK)
    fields = (
        (0, name.encode()), (100, b"0000644\0"), (108, b"0000000\0"), (116, b"0000000\0"),
        (124, b"%011o\0" % size_bytes), (136, b"%011o\0" % 0), (148, b" " * 8), (156, b"0"), (257, _MAGIC),
    )  # fmt: skip
    for at, content in fields:
        block[at : at + len(content)] = content
    block[_CHECKSUM] = b"%06o\0 " % sum(block)
    return bytes(block)


def padding(size_bytes: int) -> bytes:
    """What stands behind a file of this size."""
    return bytes(-size_bytes % BLOCK)
