"""What can end an attempt other than an answer: trouble of this box, or somebody who is not believed."""

from agent.core.enrolment import Seen, State


class EnrolError(Exception):
    """`seen` is what the attempt ended in."""

    def __init__(self, state: State, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.seen = Seen(state, code, detail[:300])


class OwnTroubleError(EnrolError):
    """This box cannot do its own part: `code` disk, openssl, place or sodium."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__("refused", code, detail)


def disk_trouble(error: OSError) -> OwnTroubleError:
    """A file could not be written or read: full, read-only, or not ours."""
    place = f" {error.filename}" if error.filename else ""
    return OwnTroubleError("disk", f"{error.strerror or error}{place}")
