"""The real agent over a kernel whose answers a test gives: agent_with_clock.py FACTS run --config FILE.

FACTS is a JSON file {"boot": boot id, "maxerror_us": ...}. The bound of the error is read anew at each question, as
the kernel is asked; everything that is made of the answers is the product's own.
"""

import json
import sys
from pathlib import Path

from agent.clock import Clock
from agent.core.clock import Timex
from agent.service import run


def main(facts: Path, config: Path) -> int:
    """Run the agent until it is told to stop; its exit code."""

    def timex() -> Timex:
        return Timex(int(json.loads(facts.read_text())["maxerror_us"]))

    return run(config, Clock(boot=str(json.loads(facts.read_text())["boot"]), timex=timex))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[-1])))
