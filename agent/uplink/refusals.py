"""Payloads the centre cannot read: when that is the record's fault, and when the centre's own."""

MOST_LONE_REFUSALS = 20
"""A bad record among good ones is buried. So many after each other, nothing taken in between, are not all bad."""


class Refusals:
    """Per stream, since the centre last took something of it. Belongs to the uplink: a line that breaks in between must
    not make it bury twenty more."""

    def __init__(self) -> None:
        self._alone: dict[str, int] = {}
        self._standing: dict[str, str] = {}

    def alone(self, stream: str, code: str) -> bool:
        """A record that stood alone was refused; whether it is to be given up."""
        self._alone[stream] = self._alone.get(stream, 0) + 1
        if self._alone[stream] <= MOST_LONE_REFUSALS:
            return True
        self._standing[stream] = code
        return False

    def all_alike(self, stream: str, code: str) -> None:
        """A refusal that has nothing to do with what is in the records."""
        self._standing[stream] = code

    def taken(self, stream: str) -> None:
        """The centre has committed something of this stream."""
        self._alone.pop(stream, None)
        self._standing.pop(stream, None)

    def words(self) -> str:
        """Which streams the centre takes nothing of, and why; empty when there is none."""
        return ", ".join(f"{stream}: {code}" for stream, code in self._standing.items())
