"""The box's side of a panel that speaks in lines, for micro-controllers that can do no more (docs/protocol.md, 12.6).

The same promises as with frames where the panel says HELLO with a boot and numbers its lines. A line without a number
is a new press each time it comes; numbers without HELLO hold as long as the line stays open.
"""

import re
from typing import Final

from agent.core.panel_lines import BadLine, Line, LineDecoder, write_line
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
    CATEGORIES,
    MOST_SCAN_BYTES,
    MOST_TEXT_BYTES,
    NONCE_BYTES,
    Answer,
    Colour,
    Hello,
    LookUp,
    Nak,
    Pattern,
    Press,
    Refusal,
    State,
    Status,
    Ticket,
    clipped,
)

_HELLO: Final = re.compile(r"([A-Za-z0-9_-]{1,16})(?: ([0-9a-fA-F]{8})(?: ([0-9a-fA-F]{32}))?)?")
_SUBJECT: Final = re.compile(r"[a-z0-9_]{0,32}")
_LOOK_UP: Final = re.compile(r"([0-9A-Za-z-]{1,40}) ([0-9]{1,8})")
_WORDS: Final = {category.upper(): category for category in CATEGORIES}


class TextSession:
    """`name` and `boot` stand for a panel that does not say its own."""

    def __init__(
        self,
        boot: int,
        place: str,
        book: SequenceBook,
        spare: bytes,
        rules: Rules | None = None,
        *,
        name: str = "text",
        checked: bool = False,
        lang: str = "id",
    ) -> None:
        self._place = place
        self._book = book
        self._spare = spare
        self._allowance = Allowance((rules or Rules()).presses_per_min)
        self._checked = checked
        self._lang = lang
        self._decoder = LineDecoder(checked=checked)
        self._hello = Hello(1, 1, name, bytes(NONCE_BYTES))
        self._boot = boot
        self._line_boot = boot
        self._is_there = False
        self._under_way: tuple[Work, int | None] | None = None
        self._unnumbered = 0
        self._scanned: int | None = None
        self._looked: tuple[int, Answer] | None = None
        self._status = Status(State.CLOSED, "")
        self._heard_s = 0.0
        self._pinged_s = float("-inf")
        self._shown_s = float("-inf")
        self.damaged = 0
        self.refused = 0

    def receive(self, data: bytes, now_s: float) -> list[Move]:
        moves: list[Move] = []
        for found in self._decoder.feed(data, now_s):
            if isinstance(found, Line):
                moves += self._take(found, now_s)
            elif found.reason == "long":
                moves += self._refuse(None, Refusal.TOO_LONG)
            elif found.reason == "form":
                moves += self._refuse(None, Refusal.PAYLOAD)
            else:
                self.damaged += 1
        return moves

    def tick(self, now_s: float) -> list[Move]:
        self.damaged += len([bad for bad in self._decoder.expire(now_s) if isinstance(bad, BadLine)])
        moves: list[Move] = []
        if now_s - self._heard_s >= SILENT_AFTER_S:
            self._looked = None
            if self._is_there:
                self._is_there = False
                moves.append(Silent(self._hello.panel))
        if now_s - self._pinged_s >= PING_EVERY_S:
            self._pinged_s = now_s
            moves.append(self._say("PING"))
        if self._is_there and now_s - self._shown_s >= STATUS_EVERY_S:
            moves += self._show(now_s)
        return moves

    def answer(self, work: Work, outcome: Outcome, now_s: float) -> list[Move]:
        number: int | None = work.seq
        if self._under_way is not None and self._under_way[0] is work:
            number, self._under_way = self._under_way[1], None
        if work.boot != self._boot:  # a line names no boot: it would be taken for the answer to another press
            return []
        if isinstance(outcome, Answer):
            if number is not None:
                self._looked = (number, outcome)
            return [self._say("INFO", f"{int(outcome.found)} {outcome.status or '-'} {outcome.text}", number)]
        if isinstance(outcome, Ticket):
            where = "OFFLINE" if outcome.offline else "ONLINE"
            urgent = " URGENT" if outcome.urgent else ""
            light = Colour.AMBER if outcome.offline else Colour.GREEN
            return [
                self._say("OK", f"{outcome.code} {outcome.pin} {where}{urgent}", number),
                self._say("LED", f"{light.name} FAST {TAKEN_LIGHT_MS}"),
            ]
        return self._refuse(number, Refusal(outcome.code), outcome.wait_ms) if isinstance(outcome, Nak) else []

    def show(self, status: Status, now_s: float) -> list[Move]:
        self._status = status
        return self._show(now_s) if self._is_there else []

    # -- inside --------------------------------------------------------------------------------------------------------

    def _take(self, line: Line, now_s: float) -> list[Move]:
        moves: list[Move] = []
        self._heard_s = now_s
        if line.word == "HELLO":
            return self._greet(line, now_s)
        if not self._is_there:
            self._is_there = True
            moves += [Appeared(self._hello), *self._show(now_s)]
        if line.word == "PING":
            return [*moves, self._say("PONG")]
        if line.word == "PONG":
            return moves
        if line.word == "SCAN":
            return moves + self._scan(line)
        message = self._message(line)
        if message is None:
            known = line.word in _WORDS or line.word == "CEK"
            return moves + self._refuse(line.number, Refusal.PAYLOAD if known else Refusal.TYPE)
        return moves + self._event(line.number, message, now_s)

    def _greet(self, line: Line, now_s: float) -> list[Move]:
        said = _HELLO.fullmatch(line.rest)
        if said is None:
            return self._refuse(line.number, Refusal.PAYLOAD)
        boot = int(said[2], 16) if said[2] else self._line_boot
        hello = Hello(1, 1, said[1], bytes.fromhex(said[3]) if said[3] else bytes(NONCE_BYTES))
        moves: list[Move] = [self._say("READY", f"1 {self._place}", line.number)]
        if not self._is_there or (boot, hello) != (self._boot, self._hello):
            self._boot, self._hello, self._is_there, self._looked, self._scanned = boot, hello, True, None, None
            moves.append(Appeared(hello))
        return moves + self._show(now_s)

    def _message(self, line: Line) -> Press | LookUp | None:
        if line.word in _WORDS:
            subject, _, text = line.rest.partition(" ")
            if _SUBJECT.fullmatch(subject.lower()) is None or len(text.encode()) > MOST_TEXT_BYTES:
                return None
            return Press(_WORDS[line.word], subject.lower(), text.strip(), self._lang)
        if line.word == "CEK":
            asked = _LOOK_UP.fullmatch(line.rest)
            return LookUp(asked[1], asked[2], self._lang) if asked is not None else None
        return None

    def _event(self, number: int | None, message: Press | LookUp, now_s: float) -> list[Move]:
        if self._under_way is not None:
            work, asked_as = self._under_way
            if number is not None and (work.boot, asked_as) == (self._boot, number):
                return []
            return self._refuse(number, Refusal.BUSY, BUSY_MS)
        if self._looked is not None and isinstance(message, LookUp) and self._looked[0] == number:
            answer = self._looked[1]
            return [self._say("INFO", f"{int(answer.found)} {answer.status or '-'} {answer.text}", number)]
        wait_ms = self._allowance.take(now_s)
        if wait_ms:
            return self._refuse(number, Refusal.RATE, wait_ms)
        self._looked = None
        panel = self._hello.panel
        secret = self._hello.nonce if self._hello.nonce != bytes(NONCE_BYTES) else self._spare
        if number is None:  # nobody will repeat it under a name: it needs one that no other line has
            self._unnumbered += 1
            name = client_id(secret, f"{panel} unnumbered", self._line_boot, self._unnumbered)
        else:
            name = client_id(secret, panel, self._boot, self._book.place(panel, self._boot, number))
        work = Work(self._boot, number or 0, name, message)
        self._under_way = (work, number)
        return [work]

    def _scan(self, line: Line) -> list[Move]:
        again = line.number is not None and line.number == self._scanned
        self._scanned = line.number
        moves: list[Move] = [self._say("OK", "", line.number)]
        return moves if again else [*moves, Scanned(clipped(line.rest, MOST_SCAN_BYTES))]

    def _show(self, now_s: float) -> list[Move]:
        self._shown_s = now_s
        state = State(self._status.state)
        return [
            self._say("STATUS", f"{state.name} {self._status.text}"),
            self._say("LED", f"{LIGHTS[state].name} {Pattern.STEADY.name} 0"),
        ]

    def _refuse(self, number: int | None, code: Refusal, wait_ms: int = 0) -> list[Move]:
        self.refused += 1
        return [self._say("ERR", f"{code.name} {wait_ms}", number)]

    def _say(self, word: str, rest: str = "", number: int | None = None) -> Send:
        return Send(write_line(Line(number, word, rest), checked=self._checked))
