"""The registry's pages: what each shows, whose rows, and forms that say what to do."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import wall_city
from tests.support.torture import often

NODE, BARE = "kel-3673011001", "opd-dinkes"
Sign = Callable[[str], Any]


@pytest.fixture(scope="module")
def town(shared_data: Path) -> Iterator[Path]:
    """One city with a line, for tests that each touch rows of their own."""
    from center.sites.registry import By, put

    wall_city.add_people()
    wall_city.add_sites()
    wall_city.add_node(NODE, "DOWN")
    wall_city.add_person(NODE)
    for role in ("agency", "lurah"):
        wall_city.give_sites(role, NODE)
    by = By("test", "page")
    put("providers", {"code": "isp-a", "name": "ISP A", "phone": "147"}, by)
    put("upstreams", {"code": "ring", "name": "Ring A", "kind": "line", "provider": "isp-a"}, by)
    put("links", {"site": NODE, "upstream": "ring", "circuit": "SRG-0412"}, by)
    yield shared_data


@pytest.fixture
def sign(town: Path) -> Sign:
    from django.test import Client

    from center.accounts.models import User

    def as_role(role: str) -> Any:
        client = Client(headers={"host": "localhost", "accept-language": "en"})
        client.force_login(User.objects.get(username=role), backend="django.contrib.auth.backends.ModelBackend")
        client.get("/sites/?lang=en")
        return client

    return as_role


def text(answer: Any, status: int = 200) -> str:
    assert answer.status_code == status, answer.content[:2000]
    return str(answer.content.decode())


def test_the_list_says_state_line_and_what_is_missing_and_narrows_down(sign: Sign) -> None:
    client = sign("viewer")
    everything = text(client.get("/sites/"))
    assert everything.count("<tr data-site=") == 100 and "SRG-0412" in everything
    down = text(client.get("/sites/?state=DOWN"))
    assert down.count("<tr data-site=") == 1 and NODE in down
    assert text(client.get("/sites/?q=srg-0412")).count("<tr data-site=") == 1
    assert text(client.get("/sites/?kind=opd&lacks=position")).count("<tr data-site=") == 27
    assert "No site fits this choice." in text(client.get("/sites/?q=nowhere"))
    assert client.get("/sites/?q=%00&kecamatan=%00").status_code == 400


def test_an_agency_sees_its_own_sites_alone_and_none_of_what_belongs_to_all(sign: Sign) -> None:
    client = sign("agency")
    assert text(client.get("/sites/")).count("<tr data-site=") == 1
    assert client.get(f"/sites/{BARE}/").status_code == 404
    features = json.loads(text(client.get("/registry/sites.geojson")))["features"]
    assert [feature["properties"]["code"] for feature in features] == [NODE]
    for path in ("/upstreams/", "/providers/", "/registry/sites.csv", "/registry/history"):
        assert client.get(path).status_code == 403, path


def test_the_page_of_a_site_says_what_to_tell_the_provider_and_names_nobody(sign: Sign) -> None:
    for role in ("viewer", "operator"):
        page = text(sign(role).get(f"/sites/{NODE}/"))
        assert "SRG-0412" in page and "147" in page and "ISP A" in page
        assert "Ibu Sari" not in page
    assert "1 contact" in text(sign("operator").get(f"/sites/{NODE}/"))
    assert "contact" not in text(sign("viewer").get(f"/sites/{NODE}/")).lower().replace("contacts</option>", "")


def test_a_provider_s_promise_is_said_in_words(sign: Sign) -> None:
    from center.sites.registry import By, put

    put("providers", {"code": "isp-b", "name": "ISP B", "credits": "[[99.5, 5.0], [98.0, 10.0]]"}, By("t", "page"))
    page = text(sign("viewer").get("/providers/"))
    assert "below 99.5 %: 5 %" in page and "below 98 %: 10 %" in page
    assert "di bawah 99,5 %: 5 %" in text(sign("viewer").get("/providers/?lang=id"))


def test_each_look_at_contacts_is_in_the_audit_log_and_viewers_get_none(sign: Sign) -> None:
    from center.accounts.models import Act

    assert sign("viewer").get(f"/sites/{NODE}/people").status_code == 403
    before = Act.objects.count()
    client = sign("operator")
    assert "Ibu Sari" in text(client.get(f"/sites/{NODE}/people"))
    assert "Ibu Sari" in text(client.get("/registry/people.csv"))
    acts = list(Act.objects.order_by("id")[before:])
    assert [(act.who, act.what, act.subject) for act in acts] == [
        ("operator", "view_person", NODE), ("operator", "export_person", "people"),
    ]  # fmt: skip
    assert not any("Sari" in act.detail for act in acts)


def test_a_form_saves_remembers_and_can_be_undone(sign: Sign) -> None:
    from center.sites.models import RegistryChange, Site

    client = sign("technician")
    form = text(client.get(f"/registry/sites/edit/{BARE}"))
    seen = form.partition('name="seen" value="')[2].partition('"')[0]
    answer = client.post(f"/registry/sites/edit/{BARE}", {"seen": seen, "name": "Disnaker", "address": "Jl. A 1"})
    assert answer.status_code == 302 and answer.headers["Location"] == f"/sites/{BARE}/?saved=1"
    assert Site.objects.get(pk=BARE).address == "Jl. A 1"
    change = RegistryChange.objects.latest("id")
    assert change.by == "technician" and "Jl. A 1" in text(client.get(f"/sites/{BARE}/"))
    assert client.post(f"/registry/undo/{change.pk}").status_code == 302
    assert Site.objects.get(pk=BARE).address == ""
    assert "undo the newer change first" in text(client.post(f"/registry/undo/{change.pk}"), 409)


def test_two_people_in_one_form_do_not_overwrite_each_other_unawares(sign: Sign) -> None:
    from center.sites.models import Site
    from center.sites.registry import By, put

    client = sign("technician")
    path = "/registry/sites/edit/opd-dinsos"
    seen = text(client.get(path)).partition('name="seen" value="')[2].partition('"')[0]
    put("sites", {"code": "opd-dinsos", "note": "somebody else's"}, By("other", "page"))
    answer = text(client.post(path, {"seen": seen, "name": "Dinsos", "note": "mine"}), 409)
    assert "Somebody changed this" in answer and "mine" in answer
    assert Site.objects.get(pk="opd-dinsos").note == "somebody else's"


@pytest.mark.parametrize(
    ("table", "form", "says"),
    [
        ("sites", {"code": "toko-1", "name": "x"}, "This is not a site code"),
        ("sites", {"code": NODE, "name": "x"}, "There is one with this code already"),
        ("sites", {"code": "opd-y", "name": "", "office_hours": "soon"}, "“soon” fits no weekly hours"),
        ("upstreams", {"code": "x", "name": "X", "kind": "feeder", "provider": "isp-a"}, "Only an ISP link"),
        ("links", {"site": NODE, "upstream": "ring2", "needs": "any"}, "There is no such entry"),
        ("providers", {"code": "y", "name": "Y", "promised_pct": "101", "credits": "much"}, "Not a credit table"),
        ("sites", {}, "This must not be empty"),
        ("links", {}, "This must not be empty"),
        ("people", {"name": "B\0"}, "There are invisible characters"),
        ("people", {"site": NODE, "order": "2", "name": "B", "phone": "call me"}, "Not a telephone number"),
    ],
)
def test_a_wrong_form_says_what_would_be_right_and_keeps_what_was_typed(
    sign: Sign, table: str, form: dict[str, str], says: str
) -> None:
    from center.sites.models import RegistryChange

    before = RegistryChange.objects.count()
    page = text(sign("technician").post(f"/registry/{table}/new", form), 422)
    assert says in page and 'role="alert"' in page
    assert all(f'value="{value}"' in page for name, value in form.items() if name in {"name", "phone"} and value)
    assert RegistryChange.objects.count() == before


def test_removing_names_what_goes_along_and_refuses_what_is_needed(sign: Sign) -> None:
    from center.sites.models import Link, Site
    from center.sites.registry import By, put

    put("sites", {"code": "cctv-lama", "name": "Kamera lama"}, By("t", "page"))  # the city keeps its hundred sites
    technician, admin = sign("technician"), sign("admin")
    assert technician.get("/registry/sites/remove/cctv-lama").status_code == 403
    assert "cannot be removed" in text(admin.get(f"/registry/sites/remove/{NODE}"))
    assert "cannot be removed" in text(admin.post(f"/registry/sites/remove/{NODE}"), 409)
    assert "Others still need it" in text(admin.get("/registry/providers/remove/isp-a"))
    assert "kel-3673041001/area-367304" in text(admin.get("/registry/sites/remove/kel-3673041001"))
    assert admin.post("/registry/sites/remove/cctv-lama").status_code == 302
    assert not Site.objects.filter(pk="cctv-lama").exists()
    assert technician.post("/registry/links/remove/kel-3673041002/area-367304").status_code == 302
    assert not Link.objects.filter(site_id="kel-3673041002").exists()
    assert technician.get("/registry/links/remove/kel-3673041002/area-367304").status_code == 404


def test_undoing_an_addition_is_a_removal_and_needs_its_permission(sign: Sign) -> None:
    from center.sites.models import RegistryChange, Site

    technician = sign("technician")
    assert technician.post("/registry/sites/new", {"code": "cctv-tugu", "name": "Tugu"}).status_code == 302
    change = RegistryChange.objects.get(table="sites", key="cctv-tugu")
    assert technician.post(f"/registry/undo/{change.pk}").status_code == 403
    assert Site.objects.filter(pk="cctv-tugu").exists()
    assert sign("admin").post(f"/registry/undo/{change.pk}").status_code == 302
    assert not Site.objects.filter(pk="cctv-tugu").exists()


NOWHERE = (
    "boundaries/new", "x/new", "sites/edit/opd-none", "people/edit/x/y", "x/remove/y", "boundaries.csv", "import/99",
)  # fmt: skip


@pytest.mark.parametrize("path", NOWHERE)
def test_addresses_of_nothing_are_not_found(sign: Sign, path: str) -> None:
    assert sign("admin").get(f"/registry/{path}").status_code == 404


@pytest.mark.full
def test_whatever_is_typed_into_a_form_is_saved_or_refused_and_never_a_fault(sign: Sign) -> None:
    from hypothesis import given, settings
    from hypothesis import strategies as st

    from center.core.registry_tables import TABLES

    client = sign("technician")
    client.raise_request_exception = True
    codes = st.sampled_from([NODE, "opd-baru", "ring", "isp-a", "", "a/b", "\0", "9"])
    values = (
        codes | st.text(st.sampled_from("ab09.:;,-+=' \n\0é"), max_size=12) | st.sampled_from(["line", "any", "ya"])
    )

    @given(st.sampled_from(["sites", "providers", "upstreams", "links", "people"]), st.data())
    @settings(max_examples=often(60, 300), deadline=None)
    def post(table: str, data: st.DataObject) -> None:
        form = data.draw(st.dictionaries(st.sampled_from(TABLES[table].names), values))
        answer = client.post(f"/registry/{table}/new", form)
        assert answer.status_code in {302, 422}
        assert answer.status_code == 302 or 'role="alert"' in answer.content.decode()

    post()


def test_a_change_of_a_line_can_be_dated_on_its_form_and_a_wrong_date_says_how(sign: Sign) -> None:
    from center.sites.models import Link, RegistryChange
    from center.sites.terms import terms_of_sites

    client, site = sign("admin"), "kel-3673051001"
    form = {"site": site, "upstream": "ring", "circuit": "SRG-7", "needs": "any", "primary": "ya"}
    client.post("/registry/links/new", form)
    assert Link.objects.get(site_id=site, upstream_id="ring").circuit == "SRG-7" and site not in terms_of_sites()
    address = f"/registry/links/edit/{site}/ring"
    page = text(client.get(address))
    assert 'name="since"' in page and 'name="since"' not in text(client.get(f"/registry/sites/edit/{site}"))
    seen = page.partition('name="seen" value="')[2].partition('"')[0]
    wrong = text(client.post(address, {**form, "circuit": "SRG-8", "seen": seen, "since": "besok"}), 422)
    assert "Not a moment" in wrong and 'value="besok"' in wrong
    assert client.post(address, {**form, "circuit": "SRG-8", "seen": seen, "since": "2999-01-01"}).status_code == 422
    assert Link.objects.get(site_id=site, upstream_id="ring").circuit == "SRG-7", "nothing was done"
    assert client.post(address, {**form, "circuit": "SRG-8", "seen": seen, "since": "always"}).status_code == 302
    assert site not in terms_of_sites(), "it always was the other circuit"
    seen = text(client.get(address)).partition('name="seen" value="')[2].partition('"')[0]
    assert client.post(address, {**form, "circuit": "SRG-9", "seen": seen}).status_code == 302
    assert [term.line.circuit for term in terms_of_sites()[site]] == ["SRG-8", "SRG-9"]
    row = RegistryChange.objects.filter(table="terms", key=site).latest("id")
    history = text(client.get(f"/sites/{site}/"))
    assert "line of the site" in history and "isp-a SRG-8 →" in history and row.by == "admin"
    assert client.post(f"/registry/undo/{row.pk}").status_code == 409
    assert client.post(f"/registry/links/remove/{site}/ring", {"since": "besok"}).status_code == 409
    assert client.post(f"/registry/links/remove/{site}/ring", {"since": ""}).status_code == 302
    assert [term.line.provider for term in terms_of_sites()[site]][-1] == ""
