"""The one error of the outbox. `permanent` decides whether trying the same thing again can help."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

OutboxCode = Literal[
    "full",  # the disk reserve is reached: complaints and attachments are refused at the door
    "disk_full",  # the file system has no room left
    "read_only",  # the file system or the file may not be written
    "io",  # the disk failed underneath
    "locked",  # another process holds the outbox
    "unavailable",  # the folder or file cannot be opened
    "corrupt",  # the file is damaged; inside the outbox this leads to quarantine and a new epoch
    "newer",  # written by a newer version of Sandi
    "busy",  # too much waits for the disk already
    "invalid",  # not a record: empty kind, body that is no JSON
    "too_large",  # a body or file over the limit of the wire
    "closed",
    "database",  # anything else SQLite said
]


class OutboxError(Exception):
    """Nothing was accepted. The message says what to do; `code` is for programs."""

    def __init__(self, code: OutboxCode, detail: str, *, permanent: bool = False) -> None:
        super().__init__(f"{code}: {detail}")
        self.code: OutboxCode = code
        self.detail = detail
        self.permanent = permanent

    @property
    def of_disk(self) -> bool:
        """Whether it is the disk that does not take what is written: that may pass, and reading may work meanwhile."""
        return self.code in ("disk_full", "read_only", "io", "unavailable")


class OutboxFull(OutboxError):  # noqa: N818 - it says what is so
    """The disk reserve is reached. Nothing was accepted; it may work again when space is freed."""

    def __init__(self, detail: str) -> None:
        super().__init__("full", detail)


@contextmanager
def suppress_of_disk() -> Iterator[None]:
    """Go on without what was to be written when the disk does not take it."""
    try:
        yield
    except OutboxError as error:
        if not error.of_disk:
            raise
