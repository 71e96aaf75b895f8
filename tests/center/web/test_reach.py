"""Nobody sees a foreign row: every address is walked by an account that reaches one site alone."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support import wall_city
from tests.support.reach_rows import FOREIGN, OWN, Rows, addresses, filled, two_sites

FOREIGN_NAME = "Dinas Kesehatan"
# Names no page of an account of its own site may say: the foreign site's, its node's, what hangs on it alone.
NEVER = (
    FOREIGN,
    FOREIGN_NAME,
    "Dinkes",
    "line-foreign",
    "FOREIGN-TICKET",
    "SRG-nkes",
    "Ibu line",
    "Cipare",
    "kel-3673011002",
)
QUERIES = ("", "?lang=en", f"?site={FOREIGN}", f"?node={FOREIGN}", "?state=DOWN&absent=1&status=all")
WIDE = {"viewer", "operator", "technician", "admin", "leadership"}


@pytest.fixture(scope="module")
def rows(shared_data: Path) -> Rows:
    return two_sites(shared_data)


@pytest.fixture
def walker(rows: Rows) -> Callable[[str], Any]:
    from django.test import Client

    from center.accounts.models import User

    def sign_in(role: str) -> Client:
        client = Client(headers={"host": "localhost"})
        client.force_login(User.objects.get(username=role), backend="django.contrib.auth.backends.ModelBackend")
        return client

    return sign_in


def said(answer: Any) -> str:
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return str(body.decode("utf-8", "replace"))


@pytest.mark.parametrize("role", ["agency", "lurah"])
def test_no_answer_to_an_account_of_one_site_names_another(role: str, rows: Rows, walker: Callable[[str], Any]) -> None:
    client = walker(role)
    leaks: list[str] = []
    answered = 0
    for address in addresses():
        for values in (rows.own, rows.foreign):
            path = filled(address, values)
            for query in QUERIES if role == "agency" else QUERIES[:1]:
                answer = client.get(path + query)
                answered += answer.status_code == 200
                # An address of somebody else's row is no secret: only what comes beside it.
                text, asked = said(answer).replace(path, ""), query.partition("=")[2]
                leaks += [f"{path}{query}: {name}" for name in NEVER if name in text and name != asked]
                if answer.status_code != 200:
                    break  # a closed door stays closed whatever is asked for behind it
    assert leaks == []
    assert answered > 25


@pytest.mark.parametrize("role", ["agency", "lurah"])
def test_an_address_of_a_foreign_row_answers_as_if_there_were_none(
    role: str, rows: Rows, walker: Callable[[str], Any]
) -> None:
    client = walker(role)
    opened = []
    for address in addresses():
        own, foreign = filled(address, rows.own), filled(address, rows.foreign)
        if own == foreign:
            continue
        status = client.get(foreign).status_code
        if status not in {403, 404, 405, 401, 302}:
            opened.append(f"{foreign}: {status}")
    assert opened == []
    for path in (f"/nodes/{FOREIGN}/", f"/pictures/{rows.foreign['picture_id']}.jpg", f"/api/v1/nodes/{FOREIGN}/series",
                 f"/api/v1/sites/{FOREIGN}", f"/api/v1/outages/{rows.foreign['outage_id']}"):  # fmt: skip
        assert client.get(path).status_code == 404, path
        own = path.replace(FOREIGN, OWN)
        for name in ("picture_id", "outage_id"):
            own = own.replace(str(rows.foreign[name]), str(rows.own[name])) if str(rows.foreign[name]) in own else own
        assert client.get(own).status_code == 200, own


def test_an_account_of_a_kecamatan_sees_its_rows_whatever_its_role(rows: Rows, walker: Callable[[str], Any]) -> None:
    from center.accounts.models import Reach, User
    from center.sites.models import Site

    kecamatan = Site.objects.get(pk=OWN).kecamatan
    User.objects.filter(username="operator").update(reach=Reach.KECAMATAN, kecamatan=kecamatan)
    try:
        client = walker("operator")
        nodes = {node["id"] for node in client.get("/api/v1/nodes").json()["items"]}
        assert nodes == {OWN}
        assert client.get(f"/complaints/{rows.own['request_id']}/").status_code == 200
        assert client.get(f"/complaints/{rows.foreign['request_id']}/").status_code == 404
        assert client.post(f"/complaints/{rows.foreign['request_id']}/open").status_code == 404
        Site.objects.filter(pk=FOREIGN).update(agency_id=OWN)
        assert FOREIGN in said(walker("viewer").get(f"/sites/{OWN}/"))
        assert FOREIGN not in said(client.get(f"/sites/{OWN}/"))
        assert client.get("/").headers["Location"] == "/nodes/"
        assert client.get("/wall/").status_code == 403
        assert client.get("/metrics").status_code == 404
    finally:
        Site.objects.filter(pk=FOREIGN).update(agency_id=None)
        User.objects.filter(username="operator").update(reach=Reach.CITY, kecamatan="")


def test_an_account_of_single_sites_that_was_given_none_sees_nothing(rows: Rows, walker: Callable[[str], Any]) -> None:
    wall_city.give_sites("lurah")
    try:
        client = walker("lurah")
        for path in ("nodes", "sites", "outages", "incidents", "upstreams", "integrity", "public-sites"):
            assert client.get(f"/api/v1/{path}").json()["items"] == [], path
        assert client.get("/api/v1/complaints/summary").json()["total"] == 0
        assert OWN not in said(client.get("/nodes/"))
    finally:
        wall_city.give_sites("lurah", OWN)


def test_an_agency_sees_its_places_too(rows: Rows, walker: Callable[[str], Any]) -> None:
    from center.sites.models import Site

    Site.objects.filter(pk=OWN).update(agency_id="opd-setda")
    wall_city.give_sites("agency", "opd-setda")
    try:
        assert [node["id"] for node in walker("agency").get("/api/v1/nodes").json()["items"]] == [OWN]
    finally:
        Site.objects.filter(pk=OWN).update(agency_id=None)
        wall_city.give_sites("agency", OWN)


def test_the_walk_knows_every_role_that_sees_the_whole_city(rows: Rows, walker: Callable[[str], Any]) -> None:
    from center.accounts.roles import ROLES

    assert set(ROLES) - WIDE == {"agency", "lurah"}
    assert "Dinkes" in said(walker("viewer").get("/nodes/"))  # or the walk would prove nothing
    assert FOREIGN in said(walker("viewer").get("/api/v1/nodes"))


def test_of_the_live_stream_an_account_of_one_site_gets_its_own_cells_alone(rows: Rows) -> None:
    from center.web.live import frame
    from center.web.live_reach import narrow

    state = {
        "now": 5, "sites": {OWN: ["down", 1, 2, 3, OWN], FOREIGN: ["up", 1, 2, 3, FOREIGN]},
        "problems": [{"where": {"id": FOREIGN_NAME}}], "picture": {"site": FOREIGN_NAME}, "complaints": {"open": 3},
        "center": {"ingest": True, "since": 1, "commit": 2, "alarms": 9, "new": FOREIGN}, "incidents": [FOREIGN],
    }  # fmt: skip
    own = narrow(frame("state", state, "token-7"), frozenset({OWN}))
    assert own is not None
    head, _, data = own.decode().partition("data: ")
    assert head == "id: token-7\nevent: state\n"
    assert own.endswith(b"\n\n")
    assert json.loads(data) == {
        "now": 5, "sites": {OWN: ["down", 1, 2, 3, OWN]}, "center": {"ingest": True, "since": 1, "commit": 2},
    }  # fmt: skip
    assert narrow(frame("change", {"sites": {FOREIGN: []}, "problems": []}, "token-8"), frozenset({OWN})) is None
    beat = frame("beat", {"now": 1, "read": 2})
    assert narrow(beat, frozenset()) == beat
    assert b"sites" not in (narrow(frame("state", state, "t-1"), frozenset()) or b"")
