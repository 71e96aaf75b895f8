"""What a panel's session asks its adapter to do, and the rules of time and number both sides keep."""

import hashlib
import hmac
from typing import Final, Protocol

from agent.core.panel_words import Answer, Colour, Hello, LookUp, Nak, Press, State, Status, Taken, Ticket
from wire.shape import Struct

PING_EVERY_S: Final = 5.0
SILENT_AFTER_S: Final = 15.0
STATUS_EVERY_S: Final = 30.0
BUSY_MS: Final = 500
PRESSES_AT_ONCE: Final = 20
LIGHTS: Final = {State.ONLINE: Colour.GREEN, State.OFFLINE: Colour.AMBER, State.CLOSED: Colour.RED}
TAKEN_LIGHT_MS: Final = 3000


class Send(Struct, frozen=True):
    """Bytes for the line."""

    data: bytes

    def __repr__(self) -> str:  # an ACK carries code and PIN
        return f"Send({len(self.data)} bytes)"


class Work(Struct, frozen=True):
    """Something for the intake. Its outcome goes back through `answer`; until then the panel waits."""

    boot: int
    seq: int
    client_id: str
    message: Press | LookUp

    def __repr__(self) -> str:  # the client_id is what code and PIN hang on
        return f"Work({self.boot:08x}, {self.seq}, {self.message!r})"


class Scanned(Struct, frozen=True):
    """A panel's reader has read something."""

    text: str

    def __repr__(self) -> str:
        return f"Scanned({len(self.text)} characters)"


class Appeared(Struct, frozen=True):
    """A panel is there, and has said who it is."""

    hello: Hello


class Silent(Struct, frozen=True):
    """A panel that was there says nothing any more."""

    panel: str


Move = Send | Work | Scanned | Appeared | Silent
Outcome = Taken | Ticket | Answer | Nak


class Session(Protocol):
    """One panel on one open line. Sans I/O: `now_s` is monotonic, what has to happen comes back as moves."""

    def receive(self, data: bytes, now_s: float) -> list[Move]:
        """Bytes came in."""

    def tick(self, now_s: float) -> list[Move]:
        """Time has passed; to be called about once a second."""

    def answer(self, work: Work, outcome: Outcome, now_s: float) -> list[Move]:
        """The intake has answered."""

    def show(self, status: Status, now_s: float) -> list[Move]:
        """How the box is has changed."""


class Rules(Struct, frozen=True):
    """`presses_per_min`: what a panel may hand in before it is asked to wait. Nothing is lost by that."""

    presses_per_min: float = 60.0


class Allowance(Struct):
    """A bucket of presses that fills again with time."""

    per_min: float
    left: float = PRESSES_AT_ONCE
    at_s: float = 0.0

    def take(self, now_s: float) -> int:
        """0 when one more may come now, else after how many milliseconds."""
        most = max(float(PRESSES_AT_ONCE), self.per_min / 3)
        self.left = min(most, self.left + max(0.0, now_s - self.at_s) * self.per_min / 60)
        self.at_s = now_s
        if self.left >= 1:
            self.left -= 1
            return 0
        return round((1 - self.left) * 60_000 / self.per_min) + 1


def client_id(secret: bytes, panel: str, boot: int, place: int) -> str:
    """The intake's name for this press: the same for every repeat, and not to be guessed without the secret."""
    said = f"sandi-panel\n{panel}\n{boot}\n{place}".encode()
    return "panel-" + hmac.digest(secret, said, hashlib.sha256).hex()[:48]
