"""`python -m tests.chaos.disk [--cycles N] [--seed S] [--json]`: the storage torture alone, and a table of findings."""

import argparse
import json
import sys

from tests.chaos.disk import suite


def main() -> int:
    """Run all parts one after the other; 1 when a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.disk", description=__doc__)
    parser.add_argument(
        "--cycles", type=int, default=100, help="power cuts of a working storage; the rest in proportion"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="the result as one JSON object")
    options = parser.parse_args()
    total = suite.run_parts(options.cycles, options.seed, lambda line: print(line, file=sys.stderr, flush=True))
    result = suite.summary(total, options.cycles, options.seed)
    print(json.dumps(result) if options.json else "\n".join(suite.lines(total)))
    return 0 if suite.good(total) else 1


if __name__ == "__main__":
    sys.exit(main())
