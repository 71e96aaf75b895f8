"""Run the probes' scheduler and print what happens as JSON lines: what the laboratory starts inside a namespace.

One line per reach event, one whenever the verdict changes ("verdict") and one whenever its evidence does ("still"):
the first silent probe may give the verdict, and the others agree a moment later.
Argument: {"center": host or null, "port", "fast"}.
"""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import msgspec

from agent.clock import Clock
from agent.probes.config import ProbesConfig
from agent.probes.context import Center
from agent.probes.dns import DnsConfig
from agent.probes.icmp import IcmpConfig
from agent.probes.runner import ProbeRunner
from agent.probes.tcp import TcpConfig
from wire.bodies import Reach

FAST = ProbesConfig(
    recheck_s=1.0,
    icmp=IcmpConfig(interval_s=4.0, count=3, gap_s=0.05, timeout_s=0.5, late_s=0.0),
    tcp=TcpConfig(interval_s=4.0, timeout_s=0.5),
    dns=DnsConfig(interval_s=4.0, timeout_s=0.5, tries=1),
)
"""The same probes, faster than a real box would run them."""


def say(line: dict[str, Any]) -> None:
    print(json.dumps(line), flush=True)


async def report(body: Reach) -> None:
    say({"reach": msgspec.to_builtins(body)})


async def main(asked: dict[str, Any]) -> None:
    # A folder that is there and holds no keys: the broker, which no outage here is about, gives no evidence.
    keys = Path(__file__).parent
    center = Center(asked["center"], asked["port"], keys) if asked["center"] else None
    runner = ProbeRunner(FAST, "kel-3673011001", Clock(), center=center, root=Path(asked["root"]))
    running = asyncio.create_task(runner.run(report))
    verdict, evidence = "", None
    while not running.done():
        snapshot = runner.known.snapshot()
        if runner.known.verdict() != verdict:
            verdict, evidence = runner.known.verdict(), snapshot["evidence"]
            say({"verdict": verdict, "snapshot": snapshot})
        elif snapshot["evidence"] != evidence:
            evidence = snapshot["evidence"]
            say({"still": verdict, "snapshot": snapshot})
        await asyncio.sleep(0.05)
    await running


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
