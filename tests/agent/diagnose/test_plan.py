"""The quick plan asks the same of the same, and its pings are over within a second."""

from agent.diagnose.plan import Plan
from agent.probes.config import ProbesConfig
from agent.probes.context import Center, Target
from agent.probes.icmp import IcmpConfig


def pings_s(targets: tuple[Target, ...]) -> list[float]:
    """How long the pings of each target leave for."""
    return [one.config.count * one.config.gap_s for one in targets if isinstance(one.config, IcmpConfig)]


def test_a_quick_diagnosis_leaves_nothing_out_and_takes_half_the_time() -> None:
    for metered in (False, True):
        center = Center("centre.example", 8883, None)
        whole = Plan(ProbesConfig(), center, metered=metered).first()
        quick = Plan(ProbesConfig(), center, metered=metered, quick=True).first()
        assert [(one.probe, one.name, one.host) for one in quick] == [(one.probe, one.name, one.host) for one in whole]
        assert max(pings_s(quick)) <= 1.0 < max(pings_s(whole))
