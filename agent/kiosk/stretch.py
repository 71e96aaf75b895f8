"""The short-lived process that turns what a citizen knows into keys, seals and opens. Nothing of it runs in the daemon.

argon2id wants 32 MiB, and libsodium 1.3 MiB for good: the daemon has promised to stay small, so each conversation gets
a process of its own and takes the memory away with it. It is run as a file, not as a module, and imports nothing that
it can do without, because a citizen waits for its start. Secrets come by a pipe, never by argument or environment.

One request is one line of words with blanks between, one answer is one line; bytes are written in hex:
  stretch SECRET SALT [SECRET SALT ...]  ->  32 bytes for each
  public PRIVATE                         ->  the X25519 public half
  seal PUBLIC PLAIN                      ->  a sealed box
  open PRIVATE BOX [BOX ...]             ->  what was in each, `-` where it cannot be opened
An empty value is written as `.`. Anything else is answered with `no`. The process ends with its input, or after
`LIFE_S`.
"""

import resource
import signal
import sys
from contextlib import suppress
from pathlib import Path
from threading import Thread

MEMORY_BYTES = 32 * 1024 * 1024
PASSES = 2
"""50 ms on a core of the bench (x86, 2.x GHz), some 0.4 s on a Pi Zero 2 W; OWASP asks for 19 MiB and 2 passes."""
LIFE_S = 120
"""Longer than it may wait for its conversation and talk then (`vault`); the daemon ends it before."""
KEY_BYTES = 32
SALT_BYTES = 16
MOST_VALUES = 128


def stretched(secret: bytes, salt: bytes) -> bytes:
    """argon2id (RFC 9106), one lane."""
    from nacl import bindings

    kind = bindings.crypto_pwhash_ALG_ARGON2ID13
    made: bytes = bindings.crypto_pwhash_alg(KEY_BYTES, secret, salt, PASSES, MEMORY_BYTES, kind)
    return made


def answered(line: str) -> str:
    """The answer to one line; ValueError for what is no request."""
    from nacl import bindings

    name, *words = line.split()
    if len(words) > MOST_VALUES:
        raise ValueError("too many values")
    values = [b"" if word == "." else bytes.fromhex(word) for word in words]
    if name == "stretch" and values and len(values) % 2 == 0:
        return _shown(_side_by_side(list(zip(values[::2], values[1::2], strict=True))))
    if name == "public" and len(values) == 1:
        return _shown([bindings.crypto_scalarmult_base(values[0])])
    if name == "seal" and len(values) == 2:
        return _shown([bindings.crypto_box_seal(values[1], values[0])])
    if name == "open" and values:
        return _opened(values[0], values[1:])
    raise ValueError("no such request")


def _side_by_side(pairs: list[tuple[bytes, bytes]]) -> list[bytes]:
    """libsodium lets go of the interpreter while it works: two cores do two at once."""
    if any(len(salt) != SALT_BYTES for _, salt in pairs):
        raise ValueError("a salt has 16 bytes")
    made = [b""] * len(pairs)

    def make(place: int) -> None:
        made[place] = stretched(*pairs[place])

    others = [Thread(target=make, args=(place,)) for place in range(1, len(pairs))]
    for one in others:
        one.start()
    make(0)
    for one in others:
        one.join()
    if not all(made):
        raise ValueError("not enough memory")
    return made


def _opened(private: bytes, boxes: list[bytes]) -> str:
    from nacl import bindings
    from nacl.exceptions import CryptoError

    public = bindings.crypto_scalarmult_base(private)
    words = []
    for box in boxes:
        try:
            words.append(_shown([bindings.crypto_box_seal_open(box, public, private)]))
        except (CryptoError, ValueError, TypeError):
            words.append("-")
    return " ".join(words)


def _shown(values: list[bytes]) -> str:
    return " ".join(value.hex() or "." for value in values)


def main() -> None:
    """Answer until the input ends."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a crash must not write secrets to the disk
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("500", encoding="ascii")  # before the daemon, when memory ends
    signal.alarm(LIFE_S)
    from nacl import bindings  # noqa: F401 - most of the start, and it may have been started before it is needed

    for line in sys.stdin:
        try:
            answer = answered(line)
        except Exception:  # noqa: BLE001 - whatever it was: its text may hold what was asked, and must not come out
            answer = "no"
        sys.stdout.write(answer + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
