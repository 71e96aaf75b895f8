"""Since when a site hangs on its line: what each door of the registry makes of it, and what the history gives back."""

import importlib
import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from center.core.since import EARLIEST_MS
from center.core.terms import ALWAYS, Line, Term, Terms
from tests.support import wall_city
from tests.support.center import center_database

A, B = Line("isp-a", "A-1"), Line("isp-b", "B-1")
HOUR_MS = 3_600_000


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Two providers with a line each; tests use sites of their own."""
    with center_database(tmp_path_factory.mktemp("terms") / "center") as directory:
        wall_city.add_sites()
        fill()
        yield directory


def fill() -> None:
    from center.sites.registry import By, put

    for code in ("isp-a", "isp-b"):
        put("providers", {"code": code, "name": code.upper()}, By("t", "page"))
        put("upstreams", {"code": f"line-{code}", "name": code, "kind": "line", "provider": code}, By("t", "page"))


def hang(site: str, line: Line, since_ms: int | None = None, **values: str | bool) -> None:
    """The site's link, as the page writes it."""
    from center.core.registry_plan import Row, plan_rows
    from center.sites.registry import By, change
    from center.sites.terms import Since

    wished = {"site": site, "upstream": f"line-{line.provider}", "circuit": line.circuit, **values}
    since = None if since_ms is None else Since(since_ms, site)
    change(lambda now: plan_rows(now, "links", [Row(wished)]), By("t", "page"), since=since)


def unhang(site: str, line: Line) -> None:
    from center.sites.registry import By, remove

    remove("links", f"{site}/line-{line.provider}", By("t", "page"))


def move(site: str) -> Terms:
    """From A to B, as on the pages: B comes as a spare, A gives up the mark, B gets it."""
    hang(site, A)
    hang(site, B, primary=False)
    hang(site, A, primary=False)
    before = terms(site)
    hang(site, B, primary=True)
    assert before == ()
    return terms(site)


def terms(site: str) -> Terms:
    from center.sites.terms import terms_of_sites

    return terms_of_sites().get(site, ())


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def test_a_line_entered_first_was_always_there_and_a_change_holds_from_now(registry: Path) -> None:
    from center.sites.models import RegistryChange

    began_ms = now_ms()
    found = move("kel-3673011001")
    assert [term.line for term in found] == [A, B] and found[0].from_ms == ALWAYS
    assert began_ms - 1000 <= found[1].from_ms <= now_ms() and found[1].from_ms % 1000 == 0
    row = RegistryChange.objects.get(table="terms", key="kel-3673011001")
    assert (row.by, json.loads(row.before)) == ("t", {"terms": []})
    assert json.loads(row.after) == {
        "terms": [[0, "isp-a", "A-1", "line-isp-a"], [found[1].from_ms, "isp-b", "B-1", "line-isp-b"]]
    }


def test_a_change_can_be_dated_and_dated_anew_and_always_means_it_was_entered_wrongly(registry: Path) -> None:
    from center.availability.models import Due

    site = "kel-3673011002"
    wall_city.add_node(site)
    move(site)
    Due.objects.all().delete()
    moment_ms = now_ms() - 100 * 24 * HOUR_MS
    hang(site, B, moment_ms)
    assert terms(site) == (Term(ALWAYS, A), Term(moment_ms - moment_ms % 1000, B))
    assert Due.objects.get().from_ms == moment_ms - moment_ms % 1000, "the days since then are worked out again"
    hang(site, B, ALWAYS)
    assert terms(site) == ()
    assert Due.objects.get().from_ms >= now_ms() - EARLIEST_MS - 60_000, "further back nothing is worked out again"


def test_undoing_gives_the_terms_back_as_they_were(registry: Path) -> None:
    from center.sites.models import RegistryChange
    from center.sites.registry import undo

    site = "kel-3673011003"
    found = move(site)
    change = RegistryChange.objects.filter(table="links", key=f"{site}/line-isp-b").latest("id")
    undo(change.pk, "t")
    assert terms(site) == ()
    hang(site, B, found[1].from_ms - HOUR_MS, primary=True)
    before = terms(site)
    unhang(site, B)
    assert terms(site)[-1].line == A, "the spare is what the site hangs on then"
    undo(RegistryChange.objects.filter(table="links", key=f"{site}/line-isp-b").latest("id").pk, "t")
    assert terms(site) == before != ()


def test_a_line_that_becomes_another_providers_takes_all_its_sites_along(registry: Path) -> None:
    from center.sites.registry import By, put

    put("upstreams", {"code": "ring", "name": "ring", "kind": "line", "provider": "isp-a"}, By("t", "page"))
    sites = ("kel-3673021001", "kel-3673021002")
    for site in sites:
        put("links", {"site": site, "upstream": "ring", "circuit": "R"}, By("t", "csv"))
    put("links", {"site": "kel-3673021003", "upstream": "line-isp-a", "circuit": "A-1"}, By("t", "csv"))
    put("links", {"site": "kel-3673021003", "upstream": "ring", "circuit": "R", "primary": False}, By("t", "csv"))
    put("upstreams", {"code": "ring", "provider": "isp-b"}, By("t", "page"))
    assert all([term.line.provider for term in terms(site)] == ["isp-a", "isp-b"] for site in sites)
    assert terms("kel-3673021003") == (), "its primary line is the other one"


def test_a_provider_in_the_terms_is_needed_for_the_sheets_of_then(registry: Path) -> None:
    from center.sites.registry import By, RegistryError, put, remove

    site = "opd-dinkes"
    put("providers", {"code": "isp-old", "name": "Old"}, By("t", "page"))
    put("upstreams", {"code": "line-isp-old", "name": "old", "kind": "line", "provider": "isp-old"}, By("t", "page"))
    hang(site, Line("isp-old", "1"))
    unhang(site, Line("isp-old"))
    remove("upstreams", "line-isp-old", By("t", "page"))
    with pytest.raises(RegistryError, match="reports of earlier months"):
        remove("providers", "isp-old", By("t", "page"))
    assert [term.line.provider for term in terms(site)] == ["isp-old", ""]


def test_the_history_before_there_were_terms_is_read_back(registry: Path) -> None:
    from django.apps import apps

    from center.availability.models import Due
    from center.sites.models import LineTerm, RegistryChange
    from center.sites.registry import undo

    site, fixed = "kel-3673031001", "kel-3673031002"
    wall_city.add_node(site)
    found = move(site)
    move(fixed)
    undo(RegistryChange.objects.filter(table="links").latest("id").pk, "t")
    every = dict.fromkeys((site, fixed), ())
    wanted = {**every, site: found}
    assert {one: terms(one) for one in wanted} == wanted
    RegistryChange.objects.filter(table="terms").delete()
    LineTerm.objects.all().delete()
    Due.objects.all().delete()
    importlib.import_module("center.sites.migrations.0004_line_terms").read_back(apps, None)
    assert {one: terms(one) for one in wanted} == wanted
    assert Due.objects.get(node=site).from_ms == found[1].from_ms
