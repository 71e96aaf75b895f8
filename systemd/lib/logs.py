#!/usr/bin/python3 -IS
"""Prints the newest lines of one of Sandi's own units: the one reader of the journal that the agent may ask.

Standard input and output are one connection of sandi-logs.socket. The question is one line, `UNIT LINES`, with a unit
of UNITS and 1 to 500 lines; the answer is the journal's text, its newest `MOST_BYTES` at most. A question that is not
one is answered by nothing, exit code 2. Whoever asks is the agent, who is spoken to from a network: it sees these units
and nothing else of the machine's journal.
"""

import os
import re
import select
import subprocess
import sys
import time

JOURNALCTL = "/usr/bin/journalctl"
# The browser is not among them: what Chromium prints is not in our hands.
UNITS = {
    "agent": ("sandi-agent.service", "sandi-want.service"),
    "camera": ("sandi-camera.service",),
    "kiosk": ("sandi-kiosk.service", "sandi-kiosk-serial.service"),
    "enrol": ("sandi-enrol.service", "sandi-renew.service", "sandi-keys.service"),
    "update": ("sandi-update.service",),
}
MOST_LINES = 500
MOST_BYTES = 60 * 1024
ASKED_WITHIN_S = 5.0
ANSWERED_WITHIN_S = 30.0
QUESTION = re.compile(rb"([a-z]{1,16}) ([1-9][0-9]{0,2})\n")


def question(handle: int) -> bytes:
    """The line that was sent, or as much of it as came in time."""
    line, end_s = b"", time.monotonic() + ASKED_WITHIN_S
    while not line.endswith(b"\n") and len(line) < 32:
        ready, _, _ = select.select([handle], [], [], max(0.0, end_s - time.monotonic()))
        piece = os.read(handle, 32 - len(line)) if ready else b""
        if not piece:
            break
        line += piece
    return line


def command(line: bytes) -> tuple[str, ...] | None:
    """What to run; None for what is no question."""
    asked = QUESTION.fullmatch(line)
    if asked is None:
        return None
    units, lines = UNITS.get(asked[1].decode()), int(asked[2])
    if units is None or lines > MOST_LINES:
        return None
    shown = ("--no-pager", "--quiet", "--output=short-iso", "--no-hostname")
    return (JOURNALCTL, *shown, f"--lines={lines}", *(f"--unit={unit}" for unit in units))


def newest(words: tuple[str, ...]) -> bytes:
    """The end of what it prints, from the beginning of a line. TimeoutError."""
    kept, end_s = b"", time.monotonic() + ANSWERED_WITHIN_S
    process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdout is not None
    try:
        while True:
            ready, _, _ = select.select([process.stdout], [], [], max(0.0, end_s - time.monotonic()))
            if not ready:
                raise TimeoutError(f"the journal takes longer than {ANSWERED_WITHIN_S:g} s")
            piece = os.read(process.stdout.fileno(), 65_536)
            if not piece:
                return kept
            kept += piece
            if len(kept) > MOST_BYTES:
                kept = kept[-MOST_BYTES:].partition(b"\n")[2]
    finally:
        process.kill()
        process.wait()


def main() -> int:
    words = command(question(0))
    if words is None:
        return 2
    answer = memoryview(newest(words))
    while answer:
        answer = answer[os.write(1, answer) :]
    return 0


if __name__ == "__main__":
    sys.exit(main())
