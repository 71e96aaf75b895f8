"""What nodes hang on and whose line it is, read from the registry's tables."""

from pathlib import Path

import pytest

from tests.support import wall_city

FIRST, SECOND = "kel-3673011001", "kel-3673011002"


@pytest.fixture
def lines(center_data: Path) -> Path:
    from center.sites.models import Link, Provider, Upstream, UpstreamKind

    wall_city.add_sites()
    for node in (FIRST, SECOND):
        wall_city.add_node(node)
    Link.objects.all().delete()
    one = Provider.objects.create(code="isp-a", name="ISP A", contract_hours="Mon-Fri 07:00-17:00", promised_pct=99.0)
    two = Provider.objects.create(code="isp-b", name="ISP B")
    ring = Upstream.objects.create(code="ring", name="Ring", kind=UpstreamKind.LINE, provider=one)
    spare = Upstream.objects.create(code="a-spare", name="Spare", kind=UpstreamKind.LINE, provider=two)
    feeder = Upstream.objects.create(code="pln-3", name="PLN 3", kind=UpstreamKind.FEEDER)
    Link.objects.create(site_id=FIRST, upstream=spare, primary=False)
    Link.objects.create(site_id=FIRST, upstream=ring, circuit="SRG-0412")
    Link.objects.create(site_id=FIRST, upstream=feeder)
    return center_data


def test_a_node_has_the_links_of_its_site_and_one_without_links_is_absent(lines: Path) -> None:
    from center.core.facts import LinkFact
    from center.sites.upstreams import links_of_nodes

    assert links_of_nodes() == {
        FIRST: (LinkFact("a-spare", "line"), LinkFact("pln-3", "feeder"), LinkFact("ring", "line"))
    }


def test_what_is_above_is_told_to_who_asks_for_it(lines: Path) -> None:
    from center.core.facts import LinkFact
    from center.sites.models import Upstream
    from center.sites.upstreams import links_of_nodes

    core = Upstream.objects.create(code="core", name="Core", kind="core")
    Upstream.objects.filter(code__in=["ring", "a-spare"]).update(above=core)
    assert LinkFact("core", "core", "all") not in links_of_nodes()[FIRST]
    assert LinkFact("core", "core", "all") in links_of_nodes(above=True)[FIRST]


def test_the_primary_line_says_whose_promise_counts(lines: Path) -> None:
    from center.sites.upstreams import provider_of

    found = provider_of(FIRST)
    assert found is not None
    assert (found.code, found.circuit, found.promised_pct) == ("isp-a", "SRG-0412", 99.0)
    assert found.contract_hours == "Mon-Fri 07:00-17:00" and found.holidays_count is True
    assert provider_of(SECOND) is None
