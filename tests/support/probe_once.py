"""Run one probe once and print its observation as JSON: what the laboratory starts inside a namespace."""

import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from agent.clock import Clock
from agent.core.observation import Observation
from agent.probes.config import ProbesConfig
from agent.probes.context import Center, Context, Target
from agent.probes.execute import observe
from agent.probes.pinger import Pinger
from agent.probes.resolve import Resolver

T = TypeVar("T")


def context_for(
    center: Center | None = None,
    root: Path = Path("/"),
    *,
    may_connect: bool = False,
    refusal: str = "",
    data_dir: Path | None = None,
) -> Context:
    """What the runner gives its probes; `refusal`: why the uplink was refused."""
    resolver = Resolver(root, center.host if center else "")
    return Context(
        Clock(),
        Pinger(),
        resolver,
        center,
        uplink_refusal=lambda: refusal,
        may_connect=may_connect,
        data_dir=data_dir,
        root=root,
    )


def target_for(probe: str, config: dict[str, Any], target: dict[str, Any]) -> Target:
    """A target with the probe's default config, changed by what is given (the interval makes room)."""
    own: Any = getattr(ProbesConfig(), probe)
    return Target(probe, "it", msgspec.structs.replace(own, **{"interval_s": 3600.0, **config}), **target)


def as_json(seen: Observation) -> dict[str, Any]:
    """The observation as plain values."""
    return {
        **msgspec.structs.asdict(seen),
        "reason": str(seen.reason),
        "sent": seen.sent,
        "lost": seen.lost,
        "phases_ms": dict(seen.phases_ms),
        "detail": dict(seen.detail),
    }


async def observe_here(
    probe: str,
    config: dict[str, Any] | None = None,
    *,
    center: Center | None = None,
    root: Path = Path("/"),
    may_connect: bool = False,
    refusal: str = "",
    data_dir: Path | None = None,
    **target: Any,
) -> Observation:
    """One run in this process, from a running event loop."""
    context = context_for(center, root, may_connect=may_connect, refusal=refusal, data_dir=data_dir)
    try:
        return await observe(target_for(probe, config or {}, target), context)
    finally:
        context.pinger.close()


def looked_again(look: Callable[[], T], wanted: Callable[[T], bool], times: int = 5) -> T:
    """What `look` sees, when a machine that stands still in the middle of it can show something else than was made: it
    is looked again then. A probe that is wrong is wrong each time."""
    for _ in range(times):
        seen = look()
        if wanted(seen):
            break
    return seen


def with_time(look: Callable[[float], T], timeout_s: float, wanted: Callable[[T], bool]) -> T:
    """What `look` sees within a time limit that runs out, or that is short because something is to run out beside it.

    A busy machine may spend such a limit before that which is meant. Then it is looked again with a longer one: what a
    probe takes for something else, it takes for something else again.
    """
    for longer in (1, 5, 25):
        seen = look(min(25.0, timeout_s * longer))
        if wanted(seen):
            break
    return seen


async def once(asked: dict[str, Any]) -> Observation:
    given = asked["center"]
    center, may_connect = None, False
    if given:
        folder = given.get("credentials")
        center = Center(given["host"], given["port"], Path(folder) if folder else None)
        may_connect = bool(given.get("may_connect"))
    data_dir = Path(asked["data_dir"]) if asked.get("data_dir") else None
    context = context_for(center, Path(asked["root"]), may_connect=may_connect, data_dir=data_dir)
    try:
        return await observe(target_for(asked["probe"], asked["config"], asked["target"]), context)
    finally:
        context.pinger.close()


if __name__ == "__main__":
    print(json.dumps(as_json(asyncio.run(once(json.loads(sys.argv[1]))))))
