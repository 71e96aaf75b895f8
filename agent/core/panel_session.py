"""The box's side of a panel that speaks in frames. The rules, in the order in which they are asked:

1. Damaged bytes are not answered: the panel says it again. A foreign version or a payload too long is.
2. HELLO names the panel, its boot and its nonce. Before it, and when the boot is another, everything but HELLO gets
   NAK `hello`, so a box that was restarted gets to know its panel by the panel's next word.
3. EVENT goes to the intake, and its ACK out only when the intake has it on the disk. The same boot and number again is
   the same press: while it is under way it is left alone, afterwards it goes to the intake again, which knows it by its
   client_id and gives the same code and PIN. Nothing of these is kept here.
   A look-up is the exception: its answer is kept until the next number, as a repeat would count as one more wrong PIN.
4. Another EVENT while one is under way: NAK `busy`. Too many in a minute: NAK `rate`. Both ask for the same again.
5. SCAN is handed on once and acknowledged as often as it is said.
6. PING goes out every 5 s. A panel that said nothing whole for 15 s is gone, and has to say hello again.
7. What only a box says (ACK, NAK, STATUS, LED) is not answered: a line that echoes would never be quiet again.
"""

from agent.core.framing import VERSION, Frame, FrameDecoder, Rejection, encode
from agent.core.panel_codec import put, read_from_panel
from agent.core.panel_moves import (
    BUSY_MS,
    LIGHTS,
    PING_EVERY_S,
    SILENT_AFTER_S,
    STATUS_EVERY_S,
    TAKEN_LIGHT_MS,
    Allowance,
    Appeared,
    Move,
    Outcome,
    Rules,
    Scanned,
    Send,
    Silent,
    Work,
    client_id,
)
from agent.core.panel_sequence import SequenceBook
from agent.core.panel_words import (
    NONCE_BYTES,
    Answer,
    Colour,
    FromBox,
    Hello,
    Kind,
    Led,
    LookUp,
    Nak,
    Pattern,
    PayloadError,
    Ping,
    Press,
    Refusal,
    Scan,
    State,
    Status,
    Taken,
    Ticket,
    Welcome,
)
from wire.shape import Struct

_BOX_ONLY = (Kind.ACK, Kind.NAK, Kind.STATUS, Kind.LED)


class _Known(Struct, frozen=True):
    """The panel that said hello, and in which boot."""

    hello: Hello
    boot: int


class FrameSession:
    """`boot` marks this side's own frames; `spare` is a secret for panels that cannot draw a nonce."""

    def __init__(self, boot: int, place: str, book: SequenceBook, spare: bytes, rules: Rules | None = None) -> None:
        self._boot = boot
        self._place = place
        self._book = book
        self._spare = spare
        self._allowance = Allowance((rules or Rules()).presses_per_min)
        self._decoder = FrameDecoder()
        self._known: _Known | None = None
        self._under_way: Work | None = None
        self._scanned: tuple[int, int] | None = None
        self._looked: tuple[int, int, Answer] | None = None
        self._status = Status(State.CLOSED, "")
        self._seq = 0
        self._heard_s = 0.0
        self._pinged_s = float("-inf")
        self._shown_s = float("-inf")
        self.damaged = 0
        self.refused = 0

    def receive(self, data: bytes, now_s: float) -> list[Move]:
        moves: list[Move] = []
        for found in self._decoder.feed(data, now_s):
            if isinstance(found, Frame):
                moves += self._take(found, now_s)
            elif found.reason == "version":
                moves += self._refuse(found, Refusal.VERSION)
            elif found.reason == "too_long":
                moves += self._refuse(found, Refusal.TOO_LONG)
            else:
                self.damaged += 1
        return moves

    def tick(self, now_s: float) -> list[Move]:
        self.damaged += len(self._decoder.expire(now_s))
        moves: list[Move] = []
        if self._known is not None and now_s - self._heard_s >= SILENT_AFTER_S:
            moves.append(Silent(self._known.hello.panel))
            self._known = self._looked = None
        if self._looked is not None and now_s - self._heard_s >= SILENT_AFTER_S:
            self._looked = None
        if now_s - self._pinged_s >= PING_EVERY_S:
            self._pinged_s = now_s
            moves.append(self._say(Ping()))
        if self._known is not None and now_s - self._shown_s >= STATUS_EVERY_S:
            moves += self._show(now_s)
        return moves

    def answer(self, work: Work, outcome: Outcome, now_s: float) -> list[Move]:
        if self._under_way is work:
            self._under_way = None
        if isinstance(outcome, Answer):
            self._looked = (work.boot, work.seq, outcome)
        moves: list[Move] = [self._about(work.boot, work.seq, outcome)]
        if isinstance(outcome, Ticket):
            colour = Colour.AMBER if outcome.offline else Colour.GREEN
            moves.append(self._say(Led(colour, Pattern.FAST, TAKEN_LIGHT_MS)))
        if isinstance(outcome, Nak):
            self.refused += 1
        return moves

    def show(self, status: Status, now_s: float) -> list[Move]:
        self._status = status
        return self._show(now_s) if self._known is not None else []

    # -- inside --------------------------------------------------------------------------------------------------------

    def _take(self, frame: Frame, now_s: float) -> list[Move]:
        if frame.type in _BOX_ONLY:
            return []
        try:
            message = read_from_panel(frame.type, frame.flags, frame.payload)
        except PayloadError:
            return self._refuse(frame, Refusal.PAYLOAD)
        if message is None:
            return self._refuse(frame, Refusal.TYPE)
        self._heard_s = now_s
        if isinstance(message, Hello):
            return self._hello(frame, message, now_s)
        moves: list[Move] = []
        if isinstance(message, Ping) and not message.answer:
            moves.append(self._about(frame.boot, frame.seq, Ping(answer=True)))
        if self._known is None or (self._known.boot != frame.boot and not isinstance(message, Ping)):
            return moves + self._refuse(frame, Refusal.HELLO)
        if isinstance(message, Ping):
            return moves
        if isinstance(message, Scan):
            return self._scan(frame, message)
        return self._event(frame, message, self._known, now_s)

    def _hello(self, frame: Frame, hello: Hello, now_s: float) -> list[Move]:
        if not hello.lowest <= VERSION <= hello.highest:
            return self._refuse(frame, Refusal.VERSION)
        known = _Known(hello, frame.boot)
        moves: list[Move] = [self._about(frame.boot, frame.seq, Welcome(VERSION, self._place))]
        if known != self._known:
            self._known = known
            self._looked = None
            moves.append(Appeared(hello))
        return moves + self._show(now_s)

    def _event(self, frame: Frame, message: Press | LookUp, known: _Known, now_s: float) -> list[Move]:
        under_way = self._under_way
        if under_way is not None:
            if (under_way.boot, under_way.seq) == (frame.boot, frame.seq):
                return []
            return self._refuse(frame, Refusal.BUSY, BUSY_MS)
        if isinstance(message, LookUp) and self._looked is not None:
            boot, seq, answer = self._looked
            if (boot, seq) == (frame.boot, frame.seq):
                return [self._about(boot, seq, answer)]
        wait_ms = self._allowance.take(now_s)
        if wait_ms:
            return self._refuse(frame, Refusal.RATE, wait_ms)
        self._looked = None
        panel = known.hello.panel
        place = self._book.place(panel, frame.boot, frame.seq)
        secret = known.hello.nonce if known.hello.nonce != bytes(NONCE_BYTES) else self._spare
        self._under_way = Work(frame.boot, frame.seq, client_id(secret, panel, frame.boot, place), message)
        return [self._under_way]

    def _scan(self, frame: Frame, scan: Scan) -> list[Move]:
        moves: list[Move] = [self._about(frame.boot, frame.seq, Taken())]
        if self._scanned != (frame.boot, frame.seq):
            self._scanned = (frame.boot, frame.seq)
            moves.append(Scanned(scan.text))
        return moves

    def _show(self, now_s: float) -> list[Move]:
        self._shown_s = now_s
        light = Led(LIGHTS[State(self._status.state)], Pattern.STEADY)
        return [self._say(self._status), self._say(light)]

    def _refuse(self, about: Frame | Rejection, code: Refusal, wait_ms: int = 0) -> list[Move]:
        self.refused += 1
        return [self._about(about.boot, about.seq, Nak(code, wait_ms))]

    def _about(self, boot: int, seq: int, message: FromBox) -> Send:
        kind, flags, payload = put(message)
        return Send(encode(Frame(kind, flags, boot, seq, payload)))

    def _say(self, message: FromBox) -> Send:
        self._seq = (self._seq + 1) & 0xFFFF
        return self._about(self._boot, self._seq, message)
