"""A deeper look for the daemon, in a process of its own: `python -m agent.diagnose.look --config FILE PROBE ...`.

The daemon must stay small, and these probes are needed seldom: what they load goes with the process. The answer is
one JSON document on standard output: a list of evidence as `agent.core.evidence.to_plain` writes it.
"""

import argparse
import asyncio
import sys
from pathlib import Path

import msgspec

from agent.clock import Clock
from agent.config import ConfigError, load
from agent.core.evidence import Evidence, to_plain
from agent.core.questions import refusal_distance
from agent.diagnose.memory import Memory
from agent.diagnose.plan import Plan
from agent.probes.context import Center, Context, Target
from agent.probes.execute import observe
from agent.probes.lastaddress import recall
from agent.probes.pinger import Pinger
from agent.probes.resolve import Resolver
from agent.probes.targets import CENTER

_SINGLE_SHOTS = frozenset({"internet", "ipv6"})
"""A radio line that stands still for two seconds is no internet that is down: these are asked twice."""


async def look(config_path: Path, names: list[str], *, connected: bool, refusal: str) -> list[Evidence]:
    """One run of each named probe, all at once; then what these answers ask for. Raises ConfigError."""
    config = load(config_path)
    uplink = config.uplink
    center = Center(uplink.host, uplink.port, uplink.credentials)
    metered = config.probes.metered or config.uplink.profile == "metered"
    plan = Plan(config.probes, center, metered=metered)
    targets = [target for name in names for target in _targets(plan, name)]
    pinger, memory = Pinger(), Memory()
    context = Context(
        Clock(),
        pinger,
        Resolver(center=center.host, recalled=recall(config.node.data_dir, center.host)),
        center,
        lambda: connected,
        lambda: refusal,
        may_connect=False,
        data_dir=config.node.data_dir,
    )
    try:
        for seen in await asyncio.gather(*(observe(target, context) for target in targets)):
            memory.take(seen)
        for seen in await asyncio.gather(*(observe(target, context) for target in _then(plan, names, targets, memory))):
            memory.take(seen)
    finally:
        pinger.close()
    return memory.evidence()


def _targets(plan: Plan, name: str) -> list[Target]:
    if name == "beside":
        found = plan.again("icmp", "beside")
    elif name == "refusal":
        return []  # when the trace has told the distance
    elif name == "trace":
        found = plan.again("trace", "center")
    else:
        return [target for target in plan.first() if target.probe == name]
    return [found] if found is not None else []


def _then(plan: Plan, names: list[str], targets: list[Target], memory: Memory) -> list[Target]:
    """What is asked once the first answers are in: where a refusal comes from, and single shots in silence again."""
    found = [one for one in targets if one.probe in _SINGLE_SHOTS and memory.failed(f"{one.probe}:{one.name}")]
    distance = refusal_distance(memory.detail("trace:center", "hops"), memory.detail("trace:center", "reached"))
    if "refusal" in names and distance and (refusal := plan.again("refusal", CENTER, distance=distance)) is not None:
        found.append(refusal)
    return found


def main(arguments: list[str]) -> int:
    """Exit 0 with the document, 2 when the configuration cannot be read."""
    parser = argparse.ArgumentParser(prog="python -m agent.diagnose.look")
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--connected", action="store_true")
    parser.add_argument("--refusal", default="")
    parser.add_argument("probe", nargs="+")
    asked = parser.parse_args(arguments)
    try:
        found = asyncio.run(look(asked.config, asked.probe, connected=asked.connected, refusal=asked.refusal))
    except ConfigError as error:
        print("\n".join(error.lines("en")), file=sys.stderr)  # noqa: T201
        return 2
    sys.stdout.buffer.write(msgspec.json.encode([to_plain(item) for item in found]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
