"""A brisk look ends when all is well and only a gateway's own doors are still silent; a full one waits for them."""

import asyncio
from typing import cast

import pytest

from agent.core.observation import Observation, Reason
from agent.diagnose.examination import Examination
from agent.diagnose.plan import BRISK_TIMES_S, TIMES_S, Plan
from agent.probes.config import ProbesConfig
from agent.probes.context import Center, Context, Target
from wire.shape import Struct


class Nothing(Struct):
    """A context without a network: what is looked at is scripted."""

    proven: object = None


async def scripted(target: Target, _context: Context) -> Observation:
    """All is well; the gateway keeps its own doors shut, which takes longer than all the rest."""
    key = (target.probe, target.name)
    if key == ("gateway", "gateway"):
        await asyncio.sleep(0.5)
        return Observation(*key, 1, False, Reason.TIMEOUT)
    count = getattr(target.config, "count", 1) if target.probe == "icmp" else 1
    return Observation(*key, 1, True, rtts_ms=(1.0,) * count)


def looked(monkeypatch: pytest.MonkeyPatch, *, brisk: bool) -> tuple[str, set[str]]:
    """Verdict, and which looks were waited for."""
    monkeypatch.setattr("agent.diagnose.examination.observe", scripted)
    plan = Plan(ProbesConfig(), Center("203.0.113.1", 8883, None), brisk=brisk)
    look = Examination(plan, cast(Context, Nothing()))
    verdict = asyncio.run(look.run())
    return verdict.code, {f"{one.seen.probe}:{one.seen.target}" for one in look.evidence()}


def test_a_brisk_look_does_not_wait_for_what_could_only_say_again_that_all_is_well(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    code, seen = looked(monkeypatch, brisk=False)
    assert (code, seen >= {"icmp:center", "gateway:gateway"}) == ("OK", True)
    code, seen = looked(monkeypatch, brisk=True)
    assert (code, "icmp:center" in seen, "gateway:gateway" in seen) == ("OK", True, False)


def test_a_brisk_look_gives_a_time_server_less_time() -> None:
    assert {name for name in TIMES_S if BRISK_TIMES_S[name] < TIMES_S[name]} == {"ntp"}
