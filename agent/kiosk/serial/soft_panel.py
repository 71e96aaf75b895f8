"""A panel in software: what firmware has to do, in Python. For technicians, tests, and whoever writes the firmware.

Stop and wait: one thing is said until it is answered, then the next. After 1.5 s without an answer it is said again,
then after twice as long each time up to 30 s, then every 60 s, and never given up. No I/O; `now_s` is monotonic.
"""

import os
import random
from collections import deque
from typing import Final

from agent.core.framing import VERSION, Frame, FrameDecoder, encode
from agent.core.panel_codec import put, read_from_box
from agent.core.panel_words import (
    NONCE_BYTES,
    Answer,
    Feature,
    FromBox,
    FromPanel,
    Hello,
    LookUp,
    Nak,
    PayloadError,
    Ping,
    Press,
    Refusal,
    Scan,
    Taken,
    Ticket,
    Welcome,
)
from wire.shape import Struct

FIRST_WAIT_S: Final = 1.5
LONGEST_DOUBLED_S: Final = 30.0
FOR_EVER_S: Final = 60.0
_WAITING: Final = (Refusal.BUSY, Refusal.STORAGE_FULL, Refusal.RATE)

Said = Press | LookUp | Scan


class Faults(Struct, frozen=True):
    """What goes wrong on purpose, each a share of 0..1. `reboot_every`: after so many answers; 0 never."""

    lost_answers: float = 0.0
    damaged: float = 0.0
    reboot_every: int = 0


class Outcome(Struct, frozen=True):
    """What came of one thing said, after how many tries."""

    said: Said
    answer: Ticket | Answer | Taken | Nak
    tries: int


class Under(Struct):
    """What is being said now."""

    said: Said
    seq: int
    again_s: float
    tries: int = 0


def wait_s(tries: int) -> float:
    """How long to wait for an answer after so many tries (1 after the first)."""
    doubled = FIRST_WAIT_S * 2.0 ** min(tries - 1, 10)
    return doubled if doubled < LONGEST_DOUBLED_S else (LONGEST_DOUBLED_S if tries == 6 else FOR_EVER_S)


class SoftPanel:
    """One panel. `say` queues, `due` gives bytes for the line, `receive` takes what came from it."""

    def __init__(
        self, name: str = "sim-1", *, seq: int = 0, faults: Faults | None = None, chance: random.Random | None = None
    ) -> None:
        self.name = name
        self.seq = seq
        self.boot = 0
        self.nonce = bytes(NONCE_BYTES)
        self.outcomes: list[Outcome] = []
        self.shown: list[FromBox] = []
        self.welcome: Welcome | None = None
        self.damaged = 0
        self._faults = faults or Faults()
        self._chance = chance or random.Random()
        self._decoder = FrameDecoder()
        self._queue: deque[Said] = deque()
        self._under: Under | None = None
        self._hello_again_s = 0.0
        self._hellos = 0
        self._extra = bytearray()
        self._draw()

    @property
    def idle(self) -> bool:
        """Nothing waits for an answer."""
        return self._under is None and not self._queue

    @property
    def waiting(self) -> int:
        """How much was said and not answered."""
        return len(self._queue) + (self._under is not None)

    def say(self, said: Said) -> None:
        """Somebody pressed, typed or scanned."""
        self._queue.append(said)

    def reboot(self, *, keep_what_waits: bool = True) -> None:
        """A new boot, a new nonce, numbers from the start. A press that was not answered is said anew in the new boot
        where the panel keeps it (`keep_what_waits`)."""
        if self._under is not None and keep_what_waits:
            self._queue.appendleft(self._under.said)
        self._under = None
        self.seq = 0
        self._decoder = FrameDecoder()
        self._draw()

    def _draw(self) -> None:
        self.boot = int.from_bytes(os.urandom(4), "big")
        self.nonce = os.urandom(NONCE_BYTES)
        self.welcome = None
        self._hellos, self._hello_again_s = 0, 0.0

    def due(self, now_s: float) -> bytes:
        """What has to go out now; empty when nothing has."""
        out = bytes(self._extra)
        self._extra.clear()
        if self.welcome is None:
            if now_s < self._hello_again_s:
                return out
            self._hellos += 1
            self._hello_again_s = now_s + wait_s(self._hellos)
            return out + self._frame(self._hello(), 0)
        if self._under is None and self._queue:
            self._under = Under(self._queue.popleft(), self.seq, now_s)
            self.seq = (self.seq + 1) & 0xFFFF
        if self._under is not None and now_s >= self._under.again_s:
            self._under.tries += 1
            self._under.again_s = now_s + wait_s(self._under.tries)
            out += self._frame(self._under.said, self._under.seq)
        return out

    def receive(self, data: bytes, now_s: float) -> list[FromBox]:
        """What the box said, in order; what had to be repeated or answered shows in `due`."""
        heard: list[FromBox] = []
        for frame in self._decoder.feed(data, now_s):
            if not isinstance(frame, Frame):
                self.damaged += 1
                continue
            try:
                message = read_from_box(frame.type, frame.flags, frame.payload)
            except PayloadError:
                message = None
            if message is None or self._is_lost(message):
                continue
            heard.append(message)
            self._take(frame, message, now_s)
        return heard

    # -- inside --------------------------------------------------------------------------------------------------------

    def _take(self, frame: Frame, message: FromBox, now_s: float) -> None:
        if isinstance(message, Welcome):
            if frame.boot == self.boot:
                self.welcome = message
        elif isinstance(message, Ping):
            if not message.answer:
                self._extra += self._frame(Ping(answer=True), frame.seq)
        elif isinstance(message, Ticket | Answer | Taken | Nak):
            self._answered(frame, message, now_s)
        else:
            self.shown.append(message)

    def _answered(self, frame: Frame, message: Ticket | Answer | Taken | Nak, now_s: float) -> None:
        if isinstance(message, Nak) and message.code == Refusal.HELLO:
            self.welcome, self._hello_again_s = None, now_s
            if self._under is not None:
                self._under.again_s = now_s
            return
        under = self._under
        if under is None or (frame.boot, frame.seq) != (self.boot, under.seq):
            return
        if isinstance(message, Nak) and message.code in _WAITING:
            under.again_s = now_s + message.wait_ms / 1000
            return
        self.outcomes.append(Outcome(under.said, message, under.tries))
        self._under = None
        every = self._faults.reboot_every
        if every and len(self.outcomes) % every == 0:
            self.reboot()

    def _hello(self) -> Hello:
        features = Feature.LED | Feature.DISPLAY | Feature.KEYPAD | Feature.SCANNER
        return Hello(VERSION, VERSION, self.name, self.nonce, features, "panel-sim", "1")

    def _frame(self, message: FromPanel, seq: int) -> bytes:
        kind, flags, payload = put(message)
        raw = encode(Frame(kind, flags, self.boot, seq, payload))
        if self._faults.damaged and self._chance.random() < self._faults.damaged:
            place = self._chance.randrange(len(raw) * 8)
            harmed = bytearray(raw)
            harmed[place // 8] ^= 1 << place % 8
            return bytes(harmed)
        return raw

    def _is_lost(self, message: FromBox) -> bool:
        answers = isinstance(message, Ticket | Answer | Taken)
        return answers and self._chance.random() < self._faults.lost_answers
