"""Voices under fire for as long as wished: python -m tests.chaos.voices [--minutes N] [--seed N] [--json]

Callers with books of their own at kiosk boxes whose agents, disks, lines, broker, ingest and worker die at random. In
the end what callers were told is compared by content with what the centre can open, and answers come back to code and
PIN. As root the boxes live on disks whose power is cut; without, those cuts are left out. Exit code 0 only when every
promise held.
"""

import argparse
import json
import random
import sys

from tests.chaos.place import workplace
from tests.chaos.voices.run import NODES, Least, Options, Outcome, run
from tests.support.voice_kinds import KINDS


def main() -> int:
    """Read the arguments, run, report."""
    wanted = _arguments()
    options = Options(
        seed=wanted.seed,
        duration_s=wanted.minutes * 60,
        real=not wanted.small,
        boxes=wanted.boxes,
        callers=wanted.callers,
        per_s=wanted.per_s,
        kinds=wanted.kinds,
        least=Least(told=1),
    )
    if unknown := set(filter(None, wanted.kinds.split(","))) - set(KINDS):
        print(f"unknown: {', '.join(sorted(unknown))}; there are: {', '.join(KINDS)}", file=sys.stderr)
        return 2
    with workplace(keep=wanted.keep) as place:
        outcome = run(options, place.directory, lambda line: print(line, file=sys.stderr, flush=True))
        place.keep |= not outcome.good
    print(json.dumps(outcome.line()) if wanted.json else "\n".join(lines(outcome)))
    return 0 if outcome.good else 1


def lines(outcome: Outcome) -> list[str]:
    """For people."""
    verdict = outcome.verdict
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(verdict.kinds.items()))
    text = [f"{count:6d}  {name}" for name, count in sorted(outcome.faults.items())]
    text += [
        f"{outcome.faults.total():6d}  faults injected (seed {outcome.options.seed})",
        "",
        f"told accepted   {verdict.accepted}   ({kinds}; {verdict.photos} photographs)",
        f"lost            {verdict.lost}",
        f"altered         {verdict.altered}",
        f"doubled         {verdict.doubled}   (repeats that got the same ticket: {verdict.repeats})",
        f"nobody said     {verdict.invented}",
        f"answers read    {verdict.answers}   (with code and PIN, at the box)",
        f"agents fallen   {outcome.fell}",
    ]
    text += [f"PROBLEM {problem}" for problem in verdict.problems]
    text.append("good" if outcome.good else f"BROKEN; repeat with --seed {outcome.options.seed}")
    return text


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.voices", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="how long faults rain (default 10)")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6), help="repeat a schedule")
    parser.add_argument("--boxes", type=int, default=2, choices=range(1, len(NODES) + 1), help="boxes (default 2)")
    parser.add_argument("--callers", type=int, default=3, help="callers at each box (default 3)")
    parser.add_argument("--per-s", type=float, default=1.5, help="voices per second and caller (default 1.5)")
    parser.add_argument("--kinds", default="", help="only these, with commas: " + ", ".join(KINDS))
    parser.add_argument("--small", action="store_true", help="a small centre instead of the real one")
    parser.add_argument("--json", action="store_true", help="the result as one JSON object")
    parser.add_argument("--keep", action="store_true", help="keep the directory also when all is well")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
