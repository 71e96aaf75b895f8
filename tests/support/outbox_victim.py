"""A process that appends, acknowledges and maintains until it is killed; its journal is a pipe to the test.

A line `promise STREAM SEQ N` is written only after the outbox has accepted (for health: flushed).
"""

import json
import os
import random
import sys
from pathlib import Path

from agent.clock import Clock
from agent.outbox import OutboxConfig, open_outbox


def main() -> None:
    directory, seed = Path(sys.argv[1]), int(sys.argv[2])
    chance, clock = random.Random(seed), Clock()
    outbox = open_outbox(directory, "board", clock.stamp(), OutboxConfig(ack_commit_count=5, commit_records=30))
    number = seed * 1_000_000
    unflushed: list[tuple[int, int]] = []
    say("ready")
    while True:
        number += 1
        body = json.dumps({"n": number, "filler": "x" * chance.randrange(1500)}).encode()
        action = chance.random()
        if action < 0.4:
            unflushed.append((outbox.append("health", "report", body, clock.stamp()), number))
        elif action < 0.6:
            stream = chance.choice(("complaint", "event"))
            say(f"promise {stream} {outbox.append(stream, 'x', body, clock.stamp())} {number}")
        elif action < 0.65:
            seq = outbox.append_file("snapshot", "snapshot", lambda seq, epoch, content=body: content, clock.stamp())
            say(f"promise snapshot {seq} {number}")
        elif action < 0.8:
            stream = chance.choice(("complaint", "event", "health", "snapshot"))
            page = outbox.page(stream, 0, 20_000)
            if page:
                first, last = page[0].record.seq, page[-1].record.seq
                say(f"ack {stream} {first} {last}")
                outbox.acknowledge(outbox.epoch, stream, [(first, last)])
                outbox.maintain(clock.stamp())
        else:
            outbox.flush()
            for seq, n in unflushed:
                say(f"promise health {seq} {n}")
            unflushed.clear()


def say(line: str) -> None:
    os.write(1, line.encode() + b"\n")


if __name__ == "__main__":
    main()
