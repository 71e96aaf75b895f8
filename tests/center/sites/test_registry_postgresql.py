"""The registry on PostgreSQL: the same changes, the same readings."""

import importlib
from pathlib import Path

import pytest

from tests.center.sites import test_line_terms as line_terms
from tests.center.test_postgresql import center_data, url  # noqa: F401 - fixtures
from tests.support import wall_city

pytestmark = pytest.mark.full
SITE = "kel-3673011001"


def test_the_registry_is_written_read_undone_and_told_on(center_data: Path) -> None:  # noqa: F811
    from center.availability.models import Due
    from center.core.facts import LinkFact
    from center.core.registry_csv import read_csv, write_csv
    from center.core.registry_plan import plan_rows
    from center.core.registry_tables import FILE_TABLES, TABLES
    from center.sites.models import RegistryChange
    from center.sites.registry import By, put, remove, undo
    from center.sites.registry_rows import derived, load
    from center.sites.upstreams import links_of_nodes, provider_of

    by = By("t", "page")
    Due.objects.all().delete()
    wall_city.add_sites()
    wall_city.add_node(SITE)
    put("providers", {"code": "isp-a", "name": "ISP A", "holidays_count": False}, by)
    put("upstreams", {"code": "ring", "name": "Ring", "kind": "line", "provider": "isp-a"}, by)
    put("upstreams", {"code": "sto", "name": "STO", "kind": "line", "provider": "isp-a", "above": "ring"}, by)
    put("links", {"site": SITE, "upstream": "sto", "circuit": "SRG-1"}, by)
    put("people", {"site": SITE, "order": 1.0, "name": "Sari"}, by)
    assert LinkFact("ring", "line", "all") in links_of_nodes(above=True)[SITE]
    provider = provider_of(SITE)
    assert provider is not None and (provider.code, provider.holidays_count) == ("isp-a", False)
    assert Due.objects.get().node == SITE
    put("providers", {"code": "isp-a", "contract_hours": "Mon-Fri 07:30-16:00"}, by)
    assert Due.objects.count() == 1, "asked for again"
    remove("links", f"{SITE}/sto", by)
    undo(RegistryChange.objects.latest("id").pk, "t")
    snapshot = load()
    assert snapshot.tables["links"][f"{SITE}/sto"]["circuit"] == "SRG-1"
    for name in FILE_TABLES:
        rows = [{**row, **derived(name, row)} for row in snapshot.tables[name].values()]
        plan = plan_rows(snapshot, name, read_csv(TABLES[name], write_csv(TABLES[name], rows).encode()).rows)
        assert not plan.problems and not plan.changes and plan.same == len(rows), name


def test_since_when_a_line_is_so_is_kept_dated_and_taken_back_here_too(center_data: Path) -> None:  # noqa: F811
    from django.apps import apps

    from center.core.terms import ALWAYS, Term
    from center.sites.models import LineTerm, RegistryChange
    from center.sites.registry import undo

    wall_city.add_sites()
    wall_city.add_node(SITE)
    line_terms.fill()
    found = line_terms.move(SITE)
    assert [term.line for term in found] == [line_terms.A, line_terms.B]
    changed = RegistryChange.objects.filter(table="links").latest("id")
    LineTerm.objects.all().delete()
    importlib.import_module("center.sites.migrations.0004_line_terms").read_back(apps, None)
    assert line_terms.terms(SITE) == found
    undo(changed.pk, "t")
    assert line_terms.terms(SITE) == ()
    moment_ms = line_terms.now_ms() // 1000 * 1000 - 86_400_000
    line_terms.hang(SITE, line_terms.B, moment_ms, primary=True)
    assert line_terms.terms(SITE) == (Term(ALWAYS, line_terms.A), Term(moment_ms, line_terms.B))
