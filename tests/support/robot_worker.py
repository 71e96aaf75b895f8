"""A camera worker that does what a file tells it: `python robot_worker.py FOLDER`. It speaks the real lines.

FOLDER/mood holds one JSON object, read at every grab: {"do": "picture" | "fail" | "hang" | "die" | "garbage" | "grow"}
and what that needs. FOLDER/setups and FOLDER/grabs get each line it was sent.
"""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from agent.cameras.lines import Failed, Measures, Spooled, read_grab, read_setup, write_line

STOPPER_MIB = 512
"""Where what grows stops, so that a supervisor that is kept waiting takes no machine along."""


def main(folder: Path) -> None:
    """Until its input ends."""
    line = sys.stdin.buffer.readline()
    (folder / "setups").open("ab").write(line)
    setup = read_setup(line)
    held: list[bytearray] = []
    for count, request in enumerate(iter(sys.stdin.buffer.readline, b""), 1):
        (folder / "grabs").open("ab").write(request)
        grab = read_grab(request)
        mood: dict[str, Any] = json.loads((folder / "mood").read_text())
        match mood["do"]:
            case "fail":
                say(Failed(grab.id, mood["code"], mood.get("message", "x"), mood.get("permanent", False)))
            case "hang":
                time.sleep(300)
            case "die":
                os._exit(3)
            case "garbage":
                sys.stdout.write("{}\n" * 1000)
                sys.stdout.flush()
            case "grow":
                while len(held) < STOPPER_MIB:
                    held.append(bytearray(os.urandom(1024 * 1024)))
                time.sleep(300)
            case "picture":
                time.sleep(mood.get("takes_s", 0))
                name = f"{setup.camera}.{os.getpid()}.{count}.jpg"
                content = b"\xff\xd8" + bytes(mood.get("size", 1000))
                (Path(setup.spool) / name).write_bytes(content)
                say(
                    Spooled(
                        grab.id,
                        name,
                        len(content),
                        64,
                        48,
                        mood.get("age_ms", 0),
                        measures=Measures(**mood["measures"]) if "measures" in mood else None,
                        mask_version=mood.get("mask_version", ""),
                        warmth=mood.get("warmth", ""),
                    )
                )


def say(answer: Spooled | Failed) -> None:
    sys.stdout.buffer.write(write_line(answer))
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
