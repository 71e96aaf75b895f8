"""Judge the centre's arithmetic: python -m tests.city_month [--seed N] [--days D] [--nodes K] [--misses M] [--at HOURS]

A month of the city is made from the seed, which is printed; what the real parts would have stored of it goes through
the arithmetic, and what comes out is held against what really happened. Exit 0 when nothing is wrong.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from random import SystemRandom

from tests.city_month.judge import judge
from tests.city_month.make import Month, month
from tests.city_month.published import Published
from tests.city_month.score import Score
from tests.city_month.timeline import clock, timeline
from tests.city_month.worked_out import published

RIGHT_PERCENT = 95.0


def main(arguments: Sequence[str]) -> int:
    """Run and print; the exit code."""
    chosen = _options().parse_args(arguments)
    seed = chosen.seed if chosen.seed is not None else SystemRandom().randrange(10**6)
    print(f"seed {seed}, {chosen.days} days, {chosen.nodes} nodes", flush=True)
    made = month(seed, chosen.days, chosen.nodes, lies=chosen.lies)
    began = time.monotonic()
    now = None if chosen.at is None else made.truth.start_ms + int(chosen.at * 3_600_000)
    said = published(made, now)
    print(f"worked out in {time.monotonic() - began:.1f} s")
    score = judge(made.truth, chosen.days, said, now)
    print(table(score))
    _show(made, said, score, chosen.misses, chosen.kind, chosen.around)
    return 1 if score.misses or score.right_pct < RIGHT_PERCENT else 0


def table(score: Score) -> str:
    """The score in lines."""
    rows = [
        ("node-days", f"{score.node_days}, to be exact on {score.exact_days}"),
        ("unknown", f"{100 * score.unknown_s / max(1, score.seconds):.3f} % of all seconds"),
        ("outages", f"{score.outages}, longer than a minute {score.long}"),
        ("named rightly", f"{score.right} = {score.right_pct:.2f} % (of them {score.shared} mostly something else)"),
        ("not named", f"{score.unnamed}"),
        ("misses", ", ".join(f"{kind} {count}" for kind, count in sorted(score.kinds().items())) or "none"),
    ]
    return "\n".join(f"{word:<15}{text}" for word, text in rows)


def _show(made: Month, said: Published, score: Score, most: int, kind: str, around: int) -> None:
    for miss in [miss for miss in score.misses if kind in ("", miss.kind)][:most]:
        print(f"\n{miss.kind}: {miss.node} at {clock(miss.at_ms)}\n  {miss.text}")
        whole = miss.kind.startswith("false") or miss.kind in ("inexact", "sum")
        at, span = (miss.at_ms + 43_200_000, 43_200_000) if whole else (miss.at_ms, around * 60_000)
        print(timeline(made, said, miss.node, at, span))


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.city_month", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seed", type=int)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--nodes", type=int, default=110)
    parser.add_argument("--misses", type=int, default=5, help="how many are shown with their time line")
    parser.add_argument("--kind", default="", help="show only misses of this kind")
    parser.add_argument("--around", type=int, default=20, help="minutes of the time line on each side")
    parser.add_argument("--lies", type=float, default=0.0, help="share of anchors that are wrong by far")
    parser.add_argument("--at", type=float, help="judge what was known so many hours after the first midnight")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
