"""How true our ping is: beside fping and icmplib on the same bad line, against what the line really dropped.

python -m bench.accuracy [--json]

Needs root (namespaces and a packet relay, see tests/netlab) and fping. All three ping at the same time; the line's own
count of what it dropped is the truth.
"""

import argparse

from bench import table
from tests.netlab.accuracy import CONDITIONS, Measured, bad_line, compare

COUNT = 500
MEDIAN_WITHIN_MS = 0.5
"""Beside fping, which is C and does nothing else."""


def run(count: int = COUNT) -> list[table.Row]:
    """Rows: loss against the truth, the median beside fping's, and CPU per ping."""
    rows: list[table.Row] = []
    ours_ms: list[float] = []
    theirs_ms: list[float] = []
    with bad_line() as (near, line):
        for seed, condition in enumerate(CONDITIONS):
            found = compare(near, line, condition, count, seed)
            ours, fping, icmplib = found["ours"], found["fping"], found["icmplib"]
            rows += _loss(condition.name, found)
            apart_ms = abs(ours.median_ms - fping.median_ms)
            rows.append(table.figure(f"{condition.name}: median, ours", ours.median_ms, "ms"))
            rows.append(table.below(f"{condition.name}: median apart from fping's", apart_ms, "ms", MEDIAN_WITHIN_MS))
            ours_ms.append(ours.cpu_ms)
            theirs_ms.append(icmplib.cpu_ms)
    mean = sum(theirs_ms) / len(theirs_ms) * 1000
    rows.append(table.below("CPU per ping, ours", sum(ours_ms) / len(ours_ms) * 1000, "us", round(mean, 1)))
    rows.append(table.figure("CPU per ping, icmplib", mean, "us"))
    return rows


def _loss(name: str, found: dict[str, Measured]) -> list[table.Row]:
    ours = found["ours"]
    low, high = ours.truth
    goal = f"{100 * low:.1f}..{100 * high:.1f}"
    rows = [table.Row(f"{name}: lost, ours", round(100 * ours.loss, 2), "%", goal, ours.is_true)]
    if found["fping"].dropped:
        rows += [table.figure(f"{name}: lost, {tool}", 100 * found[tool].loss, "%") for tool in ("fping", "icmplib")]
    return rows


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--json", action="store_true")
    table.show("accuracy of the ping", run(), options.parse_args().json)


if __name__ == "__main__":
    main()
