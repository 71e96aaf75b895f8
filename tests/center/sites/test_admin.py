"""The administration's form of a site goes through the registry: its rules, its history."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support import wall_city
from tests.support.center import center_database

SITE = "opd-diskominfo"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with center_database(tmp_path_factory.mktemp("admin") / "center"):
        from django.test import Client

        from center.accounts.models import User

        wall_city.add_people()
        wall_city.add_sites()
        client = Client(headers={"host": "localhost"})
        client.force_login(User.objects.get(username="admin"), backend="django.contrib.auth.backends.ModelBackend")
        yield client


def test_a_site_saved_there_is_in_the_history(client: Any) -> None:
    from center.sites.models import RegistryChange, Site

    form: dict[str, Any] = {"name": "Dinas Komunikasi", "short_name": "Kominfo", "office_hours": "Mon-Fri 07:30-16:00"}
    answer = client.post(f"/admin/sites/site/{SITE}/change/", {**form, "verified": "on"})
    assert answer.status_code == 302
    assert Site.objects.get(pk=SITE).office_hours == "Mon-Fri 07:30-16:00"
    row = RegistryChange.objects.latest("id")
    assert (row.by, row.how, row.key) == ("admin", "admin", SITE)


def test_what_breaks_a_rule_is_refused_beside_its_field(client: Any) -> None:
    from center.sites.models import RegistryChange, Site

    before = RegistryChange.objects.count()
    form = {"name": "Dinas", "agency": SITE, "office_hours": "whenever"}
    answer = client.post(f"/admin/sites/site/{SITE}/change/?lang=en", form)
    assert answer.status_code == 200
    assert "“whenever” fits no weekly hours" in answer.content.decode()
    assert RegistryChange.objects.count() == before and Site.objects.get(pk=SITE).name != "Dinas"


def test_a_site_is_added_with_the_kind_its_code_says(client: Any) -> None:
    from center.sites.models import Site

    assert client.post("/admin/sites/site/add/", {"code": "cctv-royal", "name": "Royal"}).status_code == 302
    assert Site.objects.get(pk="cctv-royal").kind == "cctv"
    assert client.post("/admin/sites/site/add/", {"code": "toko-1", "name": "Toko"}).status_code == 200
    assert client.post("/admin/sites/site/cctv-royal/delete/", {"post": "yes"}).status_code == 403
