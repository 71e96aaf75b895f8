"""`python -m tests.chaos.disk [--cycles N] [--seed S] [--json]`: the storage torture alone, and a table of findings.

`--cycles` scales everything: so many power cuts of a working storage, and as many kills of whole agents.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.chaos.disk.bad_disks import break_disk, fill_disk
from tests.chaos.disk.cities import cut_agents, kill_agents
from tests.chaos.disk.cuts import cut_power
from tests.chaos.disk.damage import damage_files
from tests.chaos.disk.kills import kill_storage
from tests.chaos.disk.quarantines import cut_quarantines
from tests.chaos.disk.result import Result
from tests.chaos.disk.running_damage import damage_running
from tests.support.loop_disk import why_not

Part = Callable[[Path, int, int], Result]
PARTS: dict[str, tuple[Part, float, bool]] = {
    "power cuts, storage at work": (cut_power, 1.0, True),
    "power cuts while a damaged outbox is put aside": (cut_quarantines, 0.4, True),
    "power cuts, whole agent": (cut_agents, 0.2, True),
    "kill -9, storage at work": (kill_storage, 1.0, False),
    "kill -9, whole agents": (kill_agents, 1.0, False),
    "damaged files, agent down": (damage_files, 2.0, False),
    "damaged files, agent running": (damage_running, 0.1, False),
    "disk full": (fill_disk, 0.1, True),
    "disk read-only, failing, hanging": (break_disk, 0.1, True),
}
"""What is called, how often per cycle, and whether it mounts something."""


def main() -> int:
    """Run all parts one after the other; 1 when a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.disk", description=__doc__)
    parser.add_argument("--cycles", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    total = Result()
    rows: list[tuple[str, Result, float]] = []
    for name, (part, share, mounts) in PARTS.items():
        if mounts and why_not():
            print(f"skipped: {name}: {why_not()}", file=sys.stderr)
            continue
        began = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            result = part(Path(folder), max(1, round(options.cycles * share)), options.seed)
        rows.append((name, result, time.monotonic() - began))
        total.add(result)
        if not options.json:
            _tell(*rows[-1])
    if options.json:
        print(json.dumps(summary(total, options.seed)))
    else:
        print(f"\naccepted {total.accepted}, lost {total.lost}, rows twice {total.twice}, refused {total.refused}")
        print(f"faults: {', '.join(f'{count} {name}' for name, count in sorted(total.faults.items()))}")
    for sentence in total.broken:
        print(f"BROKEN {sentence}", file=sys.stderr)
    return 1 if total.broken or total.lost else 0


def summary(total: Result, seed: int) -> dict[str, object]:
    """For whoever adds up the parts of the torture suite."""
    return {
        "part": "disk",
        "seed": seed,
        "accepted": total.accepted,
        "lost": total.lost,
        "twice": total.twice,
        "refused": total.refused,
        "damaged": total.damaged,
        "broken": len(total.broken),
        "faults": dict(sorted(total.faults.items())),
    }


def _tell(name: str, result: Result, took_s: float) -> None:
    verdict = "kept" if not result.broken and not result.lost else "BROKEN"
    faults = result.faults.total()
    print(f"{verdict:7} {name:48} {faults:6} faults {result.accepted:8} accepted {result.lost:4} lost {took_s:7.1f} s")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
