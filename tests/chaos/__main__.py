"""`make chaos`: real processes under random harm, and a verdict from outside. Exit code 1 when a promise was broken.

First the city under faults that arrive at random, then the storage under power cuts, kills and damage.
"""

import argparse
import json
import random
import sys
from pathlib import Path

from tests.chaos import report
from tests.chaos.disk import suite
from tests.chaos.faults.table import by_name
from tests.chaos.place import workplace
from tests.chaos.run import Options, run


def main() -> int:
    """Read the arguments, run, report."""
    wanted = _arguments()
    options = Options(
        seed=wanted.seed,
        duration_s=wanted.hours * 3600 if wanted.hours else wanted.minutes * 60,
        agents=wanted.agents,
        per_s=wanted.per_s,
        faults=tuple(wanted.faults.split(",")) if wanted.faults else (),
    )
    unknown = set(options.faults) - set(by_name())
    if unknown:
        print(f"unknown: {', '.join(sorted(unknown))}; there are: {', '.join(by_name())}", file=sys.stderr)
        return 2
    say = _say if not wanted.quiet else lambda _: None
    with workplace(keep=wanted.keep) as place:
        outcome = run(options, place.directory, say)
        place.keep |= not outcome.good
    results, good = [report.as_result(outcome)], outcome.good
    text = report.lines(outcome)
    cycles = _cycles(wanted, options.duration_s)
    if cycles:
        say("the storage: power cuts, kills, damage, bad disks")
        total = suite.run_parts(cycles, options.seed, say)
        results.append(suite.summary(total, cycles, options.seed))
        good &= suite.good(total)
        text = ["The city", "", *text, "", "The storage", "", *suite.lines(total)]
    print("\n".join(map(json.dumps, results)) if wanted.json else "\n".join(text))
    if wanted.write:
        report.write(wanted.write, results)
    return 0 if good else 1


def _cycles(wanted: argparse.Namespace, duration_s: float) -> int:
    """A hundred power cuts in the ten minutes; in a soak as many more. None where only some faults are asked for."""
    if wanted.cycles is not None:
        return int(wanted.cycles)
    return 0 if wanted.faults else max(10, round(duration_s / 6))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="how long faults rain (default 10)")
    parser.add_argument("--hours", type=float, default=0.0, help="a soak")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6), help="repeat a schedule")
    parser.add_argument("--faults", default="", metavar="A,B", help="only these, by name: " + ", ".join(by_name()))
    parser.add_argument("--agents", type=int, default=3, choices=range(1, 7), help="boxes (default 3)")
    parser.add_argument("--per-s", type=float, default=2.0, help="complaints per second and box (default 2)")
    parser.add_argument(
        "--cycles", type=int, metavar="N", help="power cuts of the storage (default: one per 6 s; 0: none)"
    )
    parser.add_argument("--json", action="store_true", help="the results, one JSON object a line")
    parser.add_argument("--quiet", action="store_true", help="no progress")
    parser.add_argument("--keep", action="store_true", help="keep the directory also when all is well")
    parser.add_argument("--write", type=Path, metavar="FILE", help="put the results into this page, between its marks")
    return parser.parse_args()


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
