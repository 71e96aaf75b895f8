"""The one error of the outbox. `permanent` decides whether trying the same thing again can help."""

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


class OutboxFull(OutboxError):  # noqa: N818 - it says what is so
    """The disk reserve is reached. Nothing was accepted; it may work again when space is freed."""

    def __init__(self, detail: str) -> None:
        super().__init__("full", detail)
