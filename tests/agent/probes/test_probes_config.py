"""What a site can say about its probes, and what it gets when it says nothing."""

from pathlib import Path

import pytest

from agent.probes import table, targets
from agent.probes.config import ProbesConfig, TargetConfig
from agent.probes.context import Center
from agent.probes.dns import DnsConfig
from agent.probes.gateway import GatewayConfig
from agent.probes.http import HttpConfig
from agent.probes.icmp import IcmpConfig
from agent.probes.mtu import MtuConfig
from agent.probes.power import PowerConfig
from agent.probes.tcp import TcpConfig
from agent.probes.trace import TraceConfig

CENTER = Center("198.51.100.7", 8883, Path("/etc/sandi/credentials"))


def test_without_a_word_the_whole_way_to_the_centre_is_watched() -> None:
    found = [(target.probe, target.name) for target in targets.build(ProbesConfig(), CENTER)]
    assert found == [
        ("link", "local"),
        ("address", "local"),
        ("route", "local"),
        ("icmp", "center"),
        ("icmp", "gateway"),
        ("tcp", "center"),
        ("broker", "center"),
        ("dns", "resolver-1"),
        ("dns", "resolver-2"),
        ("dns", "resolver-3"),
    ]


def test_targets_are_added_to_the_defaults_or_stand_alone() -> None:
    site = TargetConfig("http", url="https://serangkota.go.id/", expect="Serang", interval_s=600.0)
    assert targets.build(ProbesConfig(target=(site,)), CENTER)[-1].config == HttpConfig(interval_s=600.0)
    alone = targets.build(ProbesConfig(defaults=False, target=(site,)), CENTER)
    assert [target.name for target in alone] == ["https://serangkota.go.id/"]
    assert alone[0].expect == "Serang"


def test_every_probe_of_the_table_can_be_loaded() -> None:
    for name in table.PROBES:
        assert callable(table.load(name))


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: IcmpConfig(count=0), "1 to 500"),
        (lambda: IcmpConfig(gap_s=0), "gap_s"),
        (lambda: IcmpConfig(interval_s=5), "takes that long"),
        (lambda: IcmpConfig(payload_bytes=4), "token"),
        (lambda: TcpConfig(timeout_s=0), "above 0"),
        (lambda: TcpConfig(interval_s=3), "that long"),
        (lambda: DnsConfig(tries=0), "tries"),
        (lambda: DnsConfig(query="a..b"), "not a name"),
        (lambda: HttpConfig(max_body_bytes=0), "max_body_bytes"),
        (lambda: PowerConfig(interval_s=0), "at least 1"),
        (lambda: GatewayConfig(timeout_s=0), "above 0"),
        (lambda: GatewayConfig(interval_s=3), "that long"),
        (lambda: TraceConfig(timeout_s=11), "at most 10"),
        (lambda: TraceConfig(max_hops=65), "1 to 64"),
        (lambda: TraceConfig(interval_s=1), "that long"),
        (lambda: MtuConfig(timeout_s=0), "above 0"),
        (lambda: MtuConfig(normal_mtu=100), "576"),
        (lambda: MtuConfig(interval_s=1), "that long"),
        (lambda: TargetConfig("link", host="x"), "takes no target"),
        (lambda: TargetConfig("icmp"), "needs a host"),
        (lambda: TargetConfig("tcp", host="x"), "needs a port"),
        (lambda: TargetConfig("tcp", host="x", port=70_000), "65535"),
        (lambda: TargetConfig("http", url="x"), "http://"),
        (lambda: ProbesConfig(recheck_s=0), "recheck_s"),
        (lambda: ProbesConfig(target=(TargetConfig(host="x"), TargetConfig(host="x"))), "two icmp targets"),
        (lambda: ProbesConfig(target=tuple(TargetConfig(host=f"h{n}") for n in range(51))), "at most 50"),
        (lambda: ProbesConfig(target=(TargetConfig(host="x", interval_s=3.0),)), "takes that long"),
    ],
)
def test_an_impossible_value_is_refused_with_a_sentence(make, says: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match=says):
        make()
