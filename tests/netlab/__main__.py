"""Judge the diagnosis: python -m tests.netlab [--seed N] [--only NAME ...] [--rounds R] [--workers W] [--json]

Needs root. Every fault of the table is made in a town of network namespaces, in shuffled order, and the judged process
is started in the node, blind to what was done. The seed decides addresses and parameters and is printed: the same seed
makes the same faults. Exit 0 when nothing was wrong, missed or a false alarm, and at least 95 % were named exactly.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from random import Random, SystemRandom

from tests.netlab import rounds
from tests.netlab.fault import Fault
from tests.netlab.judged import DIAGNOSE, command_from
from tests.netlab.table import ALL
from tests.support.lab import ROOT

EXACT_PERCENT = 95.0
HEADING = "judgement   fault                          expected   got  also             ms  parameters"


def main(arguments: Sequence[str]) -> int:
    """Run and print; the exit code."""
    chosen = _options().parse_args(arguments)
    if chosen.list:
        print("\n".join(f"{name:<30} {(fault.apply.__doc__ or '').splitlines()[0]}" for name, fault in ALL.items()))
        return 0
    if os.geteuid() != 0 or shutil.which("nft") is None or shutil.which("ethtool") is None:
        print("the laboratory needs root, and nft and ethtool: run it with sudo, after apt install nftables ethtool")
        return 2
    seed = chosen.seed if chosen.seed is not None else SystemRandom().randrange(10**6)
    if not chosen.json:
        print(f"seed {seed}\n{HEADING}", flush=True)
    results: list[rounds.Result] = []
    for result in _results(chosen, seed):
        results.append(result)
        print(rounds.as_json(result) if chosen.json else result.line(), flush=True)
        if chosen.verbose and result.judgement != "exact":
            print(json.dumps(result.said, indent=1), flush=True)
    sums = rounds.totals(results)
    if not chosen.json:
        print(sums.text())
    bad = sums.wrong + sums.misses + sums.broken + sums.false_alarms
    return 0 if not bad and sums.exact_percent >= EXACT_PERCENT else 1


def _options() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(prog="tests.netlab", description=__doc__)
    options.add_argument("--seed", type=int, help="for addresses and parameters (default: drawn, and printed)")
    options.add_argument("--only", action="append", choices=sorted(ALL), help="one fault; may be repeated")
    options.add_argument("--rounds", type=int, default=1, help="how often, each with a seed of its own")
    options.add_argument("--workers", type=int, default=1, help="towns side by side (times suffer)")
    options.add_argument("--share", default="0/1", help=argparse.SUPPRESS)
    options.add_argument("--named", action="store_true", help="the node knows its centre by name, not by address")
    options.add_argument("--unmet", action="store_true", help="with --named: no agent has ever met the centre")
    options.add_argument("--command", help="what to judge; {config} is the configuration's path")
    options.add_argument("--json", action="store_true", help="one JSON object a line")
    options.add_argument("--verbose", action="store_true", help="print all that was said, where it was not exact")
    options.add_argument("--list", action="store_true", help="name the faults and end")
    return options


def _results(chosen: argparse.Namespace, seed: int) -> Iterator[rounds.Result]:
    if chosen.workers > 1:
        yield from _side_by_side(chosen, seed)
        return
    command = command_from(chosen.command) if chosen.command else DIAGNOSE
    number, of = (int(part) for part in chosen.share.split("/"))
    for turn in range(chosen.rounds):
        faults = _shuffled(chosen.only, seed + turn)[number::of]
        yield from rounds.run(faults, seed + turn, command=command, named=chosen.named, unmet=chosen.unmet)


def _shuffled(only: Sequence[str] | None, seed: int) -> list[Fault]:
    faults = [ALL[name] for name in only] if only else list(ALL.values())
    Random(f"order {seed}").shuffle(faults)
    return faults


def _side_by_side(chosen: argparse.Namespace, seed: int) -> Iterator[rounds.Result]:
    """Several of these processes, each with its share of the faults and a town of its own."""
    words = ["--seed", str(seed), "--rounds", str(chosen.rounds), "--json"]
    words += [word for name in chosen.only or () for word in ("--only", name)]
    words += ["--named"] if chosen.named else []
    words += ["--unmet"] if chosen.unmet else []
    words += ["--command", chosen.command] if chosen.command else []
    started = [
        subprocess.Popen(
            (sys.executable, "-m", "tests.netlab", *words, "--share", f"{number}/{chosen.workers}"),
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        for number in range(chosen.workers)
    ]
    try:
        for process in started:
            output, _ = process.communicate()
            for line in output.splitlines():
                yield rounds.Result(**json.loads(line))
    finally:
        for process in started:
            process.terminate()  # each takes its own town down
            process.wait(30)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # towns are taken down on the way out
    sys.exit(main(sys.argv[1:]))
