"""Damaged and invented frames by the hundred thousand: python -m tests.agent.kiosk_serial.fuzz N [SEED]

A stream is made of valid frames and of the same ones damaged in the ways a line damages them. The judge knows nothing
of the codec's inside: a frame that comes out must be one that was put on the line whole. Whatever else comes out was
wrongly accepted.
"""

import random
import sys
import time
from dataclasses import dataclass

from agent.core.framing import LONGEST_BYTES, Frame, FrameDecoder, encode, stuffed

KEPT_FRAMES = 64
EVERY = 16
"""One frame in so many is left whole: the decoder has to find it again after any damage."""


@dataclass(slots=True)
class Tally:
    """What came of a run."""

    damaged: int = 0
    whole: int = 0
    accepted: int = 0
    wrong: int = 0
    lost: int = 0
    most_held_bytes: int = 0


def frames(chance: random.Random) -> list[Frame]:
    """Frames of all lengths, with many zeros, with none, and with what looks like structure."""
    made = []
    for number in range(KEPT_FRAMES):
        size = chance.choice((0, 0, 3, 8, 20, 60, 253, 254, 255, 512))
        payload = chance.choice((chance.randbytes(size), bytes(size), b"\xff" * size, b"\x01" * size))
        made.append(Frame(chance.randint(1, 8), chance.randint(0, 1), chance.getrandbits(32), number, payload))
    return made


def damaged(line: bytes, other: bytes, chance: random.Random) -> bytes:
    """The bytes of a frame after one of the things that happen to them."""
    harmed = bytearray(line)
    kind = chance.randrange(10)
    at = chance.randrange(len(harmed))
    if kind < 3:  # one to four bits
        for _ in range(kind + 1 + (kind == 2)):
            place = chance.randrange(len(harmed) * 8)
            harmed[place >> 3] ^= 1 << (place & 7)
    elif kind == 3:
        del harmed[at : at + chance.randint(1, 4)]
    elif kind == 4:
        harmed[at:at] = chance.randbytes(chance.randint(1, 4))
    elif kind == 5:
        del harmed[at:]
    elif kind == 6:  # a burst
        end = min(len(harmed), at + chance.randint(2, 12))
        harmed[at:end] = chance.randbytes(end - at)
    elif kind == 7:  # the beginning of one and the end of another
        harmed = bytearray(line[:at] + other[chance.randrange(len(other)) :])
    elif kind == 8:  # nothing of a frame at all
        harmed = bytearray(chance.randbytes(len(line)))
    else:  # stuffed as it should be, and wrong inside
        raw = chance.randbytes(chance.randint(15, 60))
        harmed = bytearray(b"\0" + stuffed(b"\x01" + raw) + b"\0")
    return bytes(harmed)


def run(count: int, seed: int = 1) -> Tally:
    """Put `count` damaged frames on a line and judge what comes out."""
    chance = random.Random(seed)
    made = frames(chance)
    lines = [encode(frame) for frame in made]
    known = set(made)
    decoder = FrameDecoder()
    tally = Tally()
    whole_after_noise = bytes(1)
    for number in range(count):
        pick = chance.randrange(KEPT_FRAMES)
        harmed = damaged(lines[pick], lines[chance.randrange(KEPT_FRAMES)], chance)
        tally.damaged += 1
        _judge(decoder.feed(harmed, 0.0), known, tally)
        tally.most_held_bytes = max(tally.most_held_bytes, decoder.held_bytes)
        if number % EVERY == 0:
            tally.whole += 1
            found = decoder.feed(whole_after_noise + lines[pick], 0.0)
            _judge(found, known, tally)
            tally.lost += not (found and found[-1] == made[pick])
    return tally


def _judge(found: list[object], known: set[Frame], tally: Tally) -> None:
    for one in found:
        if isinstance(one, Frame):
            tally.accepted += 1
            tally.wrong += one not in known


def main() -> None:
    count, seed = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1
    began_s = time.perf_counter()
    tally = run(count, seed)
    print(f"{tally} seed {seed}, {time.perf_counter() - began_s:.1f} s, at most {LONGEST_BYTES} bytes may be held")
    sys.exit(1 if tally.wrong or tally.lost or tally.most_held_bytes > LONGEST_BYTES else 0)


if __name__ == "__main__":
    main()
