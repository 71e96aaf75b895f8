"""Changes of the registry in the database: written whole or not at all, remembered, taken back, and told on."""

import importlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from center.core.registry_csv import read_csv, write_csv
from center.core.registry_plan import plan_rows
from center.core.registry_tables import FILE_TABLES, TABLES
from tests.support import wall_city
from tests.support.center import center_database

A, B = "kel-3673011001", "opd-diskominfo"


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One city for the module: tests use sites of their own."""
    with center_database(tmp_path_factory.mktemp("registry") / "center") as directory:
        wall_city.add_sites()
        wall_city.add_node(A)
        yield directory


def test_the_first_list_hangs_every_kelurahan_on_its_kecamatan_and_invents_no_line(registry: Path) -> None:
    from center.sites.models import Link, Upstream

    assert {row.kind for row in Upstream.objects.filter(code__startswith="area-")} == {"area"}
    assert Upstream.objects.filter(code__startswith="area-").count() == 6
    assert Link.objects.filter(upstream_id="area-367301", site_id=A).exists()
    assert Link.objects.filter(upstream__kind="area").count() == 73
    assert not Upstream.objects.filter(kind__in=["line", "feeder"], note="seed").exists()


def test_seeding_again_gives_back_no_link_that_was_taken_away(registry: Path) -> None:
    from center.sites.models import Link
    from center.sites.registry import By, remove
    from center.sites.seed_data import seed

    remove("links", "kel-3673021001/area-367302", By("t", "page"))
    assert seed() == 0
    assert not Link.objects.filter(site_id="kel-3673021001").exists()


def test_a_city_that_had_its_sites_before_gets_its_areas_once(registry: Path) -> None:
    from django.apps import apps

    from center.sites.models import Link, Upstream

    migration = importlib.import_module("center.sites.migrations.0003_upload_and_areas")
    Link.objects.filter(upstream_id__in=["area-367305", "area-367306"]).delete()
    Upstream.objects.filter(code="area-367305").delete()
    migration.hang_on_areas(apps, None)
    assert Upstream.objects.get(code="area-367305").name == "Kecamatan Cipocok Jaya"
    assert Link.objects.filter(upstream_id="area-367305").count() == 9
    assert not Link.objects.filter(upstream_id="area-367306").exists(), "taken away by people"


def test_a_change_is_remembered_with_what_was_and_what_is_and_taken_back(registry: Path) -> None:
    from center.sites.models import RegistryChange, Site
    from center.sites.registry import By, put, undo

    put("sites", {"code": B, "address": "Jl. Jenderal Sudirman 5"}, By("admin", "page"))
    row = RegistryChange.objects.latest("id")
    assert (row.by, row.how, row.table, row.key) == ("admin", "page", "sites", B)
    assert (json.loads(row.before), json.loads(row.after)) == (
        {"address": ""}, {"address": "Jl. Jenderal Sudirman 5"},
    )  # fmt: skip
    undo(row.pk, "admin")
    assert Site.objects.get(pk=B).address == ""
    assert RegistryChange.objects.latest("id").how == "undo"


def test_people_are_not_in_the_history_and_so_are_not_undone(registry: Path) -> None:
    from center.sites.models import Person, RegistryChange
    from center.sites.registry import By, RegistryError, put, undo

    put("people", {"site": B, "order": 1.0, "name": "Ibu Sari", "phone": "0812 0000 0000"}, By("t", "page"))
    put("people", {"site": B, "order": 1.0, "phone": "0813 0000 0000"}, By("t", "page"))
    assert Person.objects.get(site_id=B).phone == "0813 0000 0000"
    rows = list(RegistryChange.objects.filter(table="people"))
    assert not [row for row in rows if "Sari" in row.before + row.after or "081" in row.before + row.after]
    assert json.loads(rows[-1].after)["changed"] == "phone"
    with pytest.raises(RegistryError, match="personal data"):
        undo(rows[-1].pk, "t")


def test_one_bad_row_and_nothing_of_the_whole_is_done(registry: Path) -> None:
    from center.sites.models import RegistryChange, Site
    from center.sites.registry import By, RegistryError, change

    read = read_csv(TABLES["sites"], b"code,name,agency\nopd-baru,Baru,\ncctv-baru,Kamera,opd-tiada\n")
    before = RegistryChange.objects.count()
    with pytest.raises(RegistryError) as caught:
        change(lambda registry: plan_rows(registry, "sites", read.rows), By("t", "csv"))
    assert [(one.what, one.line, one.column) for one in caught.value.problems] == [("no_reference", 3, "agency")]
    assert not Site.objects.filter(pk="opd-baru").exists() and RegistryChange.objects.count() == before


def test_what_was_previewed_is_done_or_nothing_is(registry: Path) -> None:
    from center.core.registry_plan import Row
    from center.sites.models import Site
    from center.sites.registry import By, StaleError, change, put
    from center.sites.registry_rows import load

    rows = [Row({"code": B, "note": "baru"})]
    shown = plan_rows(load(), "sites", rows)
    put("sites", {"code": B, "note": "orang lain"}, By("other", "page"))
    with pytest.raises(StaleError):
        change(lambda registry: plan_rows(registry, "sites", rows), By("t", "csv"), shown.digest)
    assert Site.objects.get(pk=B).note == "orang lain"


def test_a_link_has_its_nodes_judged_again_from_the_previous_month_on(registry: Path) -> None:
    from center.availability.models import Due
    from center.sites.registry import By, previous_month_ms, put

    put("upstreams", {"code": "ring-due", "name": "Ring", "kind": "line"}, By("t", "page"))
    Due.objects.all().delete()
    put("links", {"site": A, "upstream": "ring-due"}, By("t", "page"))
    due = Due.objects.get()
    assert (due.node, due.from_ms) == (A, previous_month_ms(due.since_ms))
    Due.objects.update(from_ms=1)
    put("upstreams", {"code": "ring-due", "kind": "feeder"}, By("t", "page"))
    assert Due.objects.get().from_ms == 1, "asked for longer ago already"


def test_the_previous_month_begins_at_midnight_in_jakarta() -> None:
    from datetime import UTC, datetime

    from center.sites.registry import previous_month_ms

    def at(*parts: int) -> int:
        return int(datetime(*parts, tzinfo=UTC).timestamp() * 1000)  # type: ignore[arg-type]

    assert previous_month_ms(at(2026, 11, 26, 12)) == at(2026, 9, 30, 17)
    assert previous_month_ms(at(2026, 12, 31, 17)) == at(2026, 11, 30, 17), "there it is January already"
    assert previous_month_ms(at(2026, 12, 31, 16, 59)) == at(2026, 10, 31, 17)


@pytest.mark.parametrize("name", FILE_TABLES)
def test_every_table_exported_and_imported_again_changes_nothing(registry: Path, name: str) -> None:
    from center.sites.registry_rows import derived, load

    snapshot = load()
    rows = [{**row, **derived(name, row)} for row in snapshot.tables[name].values()]
    read = read_csv(TABLES[name], write_csv(TABLES[name], rows).encode())
    plan = plan_rows(snapshot, name, read.rows)
    assert not read.problems and not plan.problems and not plan.changes and plan.same == len(rows)


def test_a_site_that_comes_and_goes_leaves_its_history(registry: Path) -> None:
    from center.sites.models import Boundary, RegistryChange, Site
    from center.sites.registry import By, RegistryError, put, remove

    by = By("t", "page")
    put("sites", {"code": "cctv-sementara", "name": "Sementara", "kecamatan": "Serang"}, by)
    put("boundaries", {"site": "cctv-sementara", "rings": "[[[0,0],[1,0],[1,1],[0,0]]]", "source": "t"}, by)
    remove("sites", "cctv-sementara", by)
    assert not Site.objects.filter(pk="cctv-sementara").exists()
    assert not Boundary.objects.filter(site_id="cctv-sementara").exists()
    keys = RegistryChange.objects.filter(key__startswith="cctv-sementara").values_list("table", flat=True)
    assert sorted(keys) == ["boundaries", "boundaries", "links", "links", "sites", "sites"]
    with pytest.raises(RegistryError, match="cannot be removed"):
        remove("sites", A, by)
