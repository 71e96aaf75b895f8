"""Who may see what: every address against every role."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import concluded, configs, operations, wall_city

NODE = "kel-3673011001"
# address as the URL configuration has it -> status of GET for:
# nobody, viewer, operator, technician, admin, agency, lurah (both reach NODE's site alone), leadership
RULES: dict[str, tuple[int, int, int, int, int, int, int, int]] = {
    "": (302, 302, 302, 302, 302, 302, 302, 302),
    "healthz": (200, 200, 200, 200, 200, 200, 200, 200),
    "metrics": (404, 200, 200, 200, 200, 404, 404, 404),
    "login/": (200, 302, 302, 302, 302, 302, 302, 302),
    "logout/": (405, 405, 405, 405, 405, 405, 405, 405),
    "login/second/": (302, 302, 302, 302, 302, 302, 302, 302),
    "account/": (302, 200, 200, 200, 200, 200, 200, 200),
    "account/password": (405, 405, 405, 405, 405, 405, 405, 405),
    "account/sessions/end": (405, 405, 405, 405, 405, 405, 405, 405),
    "account/second/": (302, 200, 200, 200, 200, 200, 200, 200),
    "account/second/codes": (405, 405, 405, 405, 405, 405, 405, 405),
    "account/second/remove": (405, 405, 405, 405, 405, 405, 405, 405),
    "audit/": (302, 403, 403, 403, 200, 403, 403, 403),
    "audit/table.csv": (302, 403, 403, 403, 200, 403, 403, 403),
    "city/": (302, 200, 200, 200, 200, 403, 403, 200),
    "wall/": (302, 200, 200, 200, 200, 403, 403, 403),
    "wall/enter": (200, 200, 200, 200, 200, 200, 200, 200),
    "wall/session": (401, 401, 401, 401, 401, 401, 401, 401),
    "wall/pictures/<int:picture_id>.jpg": (302, 200, 200, 200, 200, 403, 403, 403),
    "wall/videotron/": (302, 200, 200, 200, 200, 403, 403, 403),
    "wall/videotron/now": (302, 200, 200, 200, 200, 403, 403, 403),
    "displays/": (302, 403, 403, 403, 200, 403, 403, 403),
    "displays/revoke": (405, 405, 405, 405, 405, 405, 405, 405),
    "notices/": (302, 403, 200, 403, 200, 403, 403, 403),
    "notices/withdraw": (405, 405, 405, 405, 405, 405, 405, 405),
    "nodes/": (302, 200, 200, 200, 200, 200, 200, 403),
    "nodes/<slug:node_id>/": (302, 200, 200, 200, 200, 200, 200, 403),
    "nodes/<slug:node_id>/now": (302, 200, 200, 200, 200, 200, 200, 403),
    "nodes/<slug:node_id>/ask/<slug:press>": (405, 405, 405, 405, 405, 405, 405, 405),
    "nodes/<slug:node_id>/witness": (405, 405, 405, 405, 405, 405, 405, 405),
    "operations/": (302, 403, 200, 200, 200, 403, 403, 403),
    "operations/table.csv": (302, 403, 200, 200, 200, 403, 403, 403),
    "operations/now": (302, 403, 200, 200, 200, 403, 403, 403),
    "operations/new/": (302, 403, 200, 200, 200, 403, 403, 403),
    "operations/<slug:operation_id>/": (302, 403, 200, 200, 200, 403, 403, 403),
    "operations/<slug:operation_id>/now": (302, 403, 200, 200, 200, 403, 403, 403),
    "operations/<slug:operation_id>/table.csv": (302, 403, 200, 200, 200, 403, 403, 403),
    "operations/<slug:operation_id>/index.json": (302, 403, 200, 200, 200, 403, 403, 403),
    "operations/<slug:operation_id>/do/<slug:act>": (405, 405, 405, 405, 405, 405, 405, 405),
    "fleet/": (302, 403, 200, 200, 200, 403, 403, 403),
    "fleet/table.csv": (302, 403, 200, 200, 200, 403, 403, 403),
    "fleet/config/": (302, 403, 200, 200, 200, 403, 403, 403),
    "fleet/config/new/": (302, 403, 403, 200, 200, 403, 403, 403),
    "fleet/config/<int:revision>/": (302, 403, 200, 200, 200, 403, 403, 403),
    "fleet/releases/": (302, 403, 200, 200, 200, 403, 403, 403),
    "pictures/<int:picture_id>.jpg": (302, 200, 200, 200, 200, 200, 200, 403),
    "cameras/": (302, 200, 200, 200, 200, 200, 200, 403),
    "cameras/storage/": (302, 200, 200, 200, 200, 403, 403, 403),
    "cameras/evidence": (405, 405, 405, 405, 405, 405, 405, 405),
    "cameras/<slug:node_id>/<path:camera>/": (302, 200, 200, 200, 200, 200, 200, 403),
    "public-sites/": (302, 200, 200, 200, 200, 200, 200, 403),
    "public-sites/table.csv": (302, 200, 200, 200, 200, 200, 200, 403),
    "complaints/": (302, 200, 200, 200, 200, 200, 200, 200),
    "complaints/find": (405, 405, 405, 405, 405, 405, 405, 405),
    "complaints/table.csv": (302, 403, 200, 403, 200, 200, 200, 403),
    "complaints/new": (302, 403, 200, 403, 200, 403, 403, 403),
    "complaints/classes/": (302, 403, 200, 403, 200, 403, 403, 403),
    "complaints/looks/": (302, 403, 403, 403, 200, 403, 403, 403),
    "complaints/bulk": (405, 405, 405, 405, 405, 405, 405, 405),
    "complaints/bulk/do": (405, 405, 405, 405, 405, 405, 405, 405),
    "complaints/bulk/undo": (405, 405, 405, 405, 405, 405, 405, 405),
    "complaints/<uuid:request_id>/": (302, 403, 200, 403, 200, 200, 200, 403),
    "complaints/<uuid:request_id>/open": (405, 405, 405, 405, 405, 405, 405, 405),
    "complaints/<uuid:request_id>/photos": (405, 405, 405, 405, 405, 405, 405, 405),
    "complaints/<uuid:request_id>/copy": (405, 405, 405, 405, 405, 405, 405, 405),
    "complaints/<uuid:request_id>/erase": (302, 403, 403, 403, 200, 403, 403, 403),
    "complaints/<uuid:request_id>/reply": (405, 405, 405, 405, 405, 405, 405, 405),
    "complaints/<uuid:request_id>/do/<slug:act>": (405, 405, 405, 405, 405, 405, 405, 405),
    "status/": (200, 200, 200, 200, 200, 200, 200, 200),
    "status/add": (405, 405, 405, 405, 405, 405, 405, 405),
    "pelayanan/": (200, 200, 200, 200, 200, 200, 200, 200),
    "pelayanan/data.json": (200, 200, 200, 200, 200, 200, 200, 200),
    "survey/": (302, 302, 302, 302, 302, 302, 302, 302),
    "survey/<slug:period>/": (302, 200, 200, 200, 200, 200, 200, 200),
    "survey/<slug:period>/table.csv": (302, 200, 200, 200, 200, 200, 200, 200),
    "survey/<slug:period>/index.json": (302, 200, 200, 200, 200, 200, 200, 200),
    "reports/": (302, 200, 200, 200, 200, 200, 200, 200),
    "reports/<int:month>/": (302, 200, 200, 200, 200, 200, 200, 200),
    "reports/<int:month>/publish": (405, 405, 405, 405, 405, 405, 405, 405),
    "reports/<int:month>/file.<slug:form>": (302, 200, 200, 200, 200, 200, 200, 200),
    "reports/<int:month>/<slug:table>.csv": (302, 200, 200, 200, 200, 200, 200, 200),
    "reports/<int:month>/evidence/<slug:provider>.zip": (302, 404, 404, 404, 404, 403, 403, 404),
    "reports/day/<int:day>/": (302, 200, 200, 200, 200, 200, 200, 200),
    "reports/day/<int:day>/file.<slug:form>": (302, 200, 200, 200, 200, 200, 200, 200),
    "sites/": (302, 200, 200, 200, 200, 200, 200, 403),
    "sites/<slug:code>/": (302, 200, 200, 200, 200, 200, 200, 403),
    "sites/<slug:code>/people": (302, 403, 200, 200, 200, 403, 403, 403),
    "upstreams/": (302, 200, 200, 200, 200, 403, 403, 403),
    "upstreams/<slug:code>/": (302, 200, 200, 200, 200, 403, 403, 403),
    "providers/": (302, 200, 200, 200, 200, 403, 403, 403),
    "registry/history": (302, 200, 200, 200, 200, 403, 403, 403),
    "registry/import": (302, 403, 403, 200, 200, 403, 403, 403),
    "registry/import/<int:number>": (302, 403, 403, 404, 404, 403, 403, 403),
    "registry/sites.geojson": (302, 200, 200, 200, 200, 200, 200, 403),
    "registry/<slug:table>.csv": (302, 403, 200, 200, 200, 403, 403, 403),  # of contacts
    "registry/<slug:table>/new": (302, 403, 403, 200, 200, 403, 403, 403),
    "registry/<slug:table>/edit/<path:key>": (302, 403, 403, 200, 200, 403, 403, 403),
    "registry/<slug:table>/remove/<path:key>": (302, 403, 403, 200, 200, 403, 403, 403),
    "registry/undo/<int:change_id>": (405, 405, 405, 405, 405, 405, 405, 405),
    "enrolment/": (302, 403, 200, 200, 200, 403, 403, 403),
    "enrolment/certificates/": (302, 403, 200, 200, 200, 403, 403, 403),
    "enrolment/certificates/table.csv": (302, 403, 200, 200, 200, 403, 403, 403),
    "enrolment/requests/<int:request_id>/<slug:act>": (405, 405, 405, 405, 405, 405, 405, 405),
    "alerts/": (302, 403, 200, 200, 200, 403, 403, 403),
    "alerts/channels/new": (302, 403, 403, 403, 200, 403, 403, 403),
    "alerts/channels/<slug:channel>/": (302, 403, 403, 403, 200, 403, 403, 403),
    "alerts/channels/<slug:channel>/delete": (405, 405, 405, 405, 405, 405, 405, 405),
    "alerts/channels/<slug:channel>/test": (405, 405, 405, 405, 405, 405, 405, 405),
    "alerts/routes/new": (302, 403, 403, 403, 200, 403, 403, 403),
    "alerts/routes/<int:route_id>/": (302, 403, 403, 403, 200, 403, 403, 403),
    "alerts/routes/<int:route_id>/delete": (405, 405, 405, 405, 405, 405, 405, 405),
    "api/v1/": (404, 404, 404, 404, 404, 404, 404, 404),
    "api/v1/openapi.json": (401, 200, 200, 200, 200, 200, 200, 200),
    "api/v1/session": (401, 200, 200, 200, 200, 200, 200, 200),
    "api/v1/nodes": (401, 200, 200, 200, 200, 200, 200, 403),
    "api/v1/nodes/<node_id>": (401, 200, 200, 200, 200, 200, 200, 403),
    "api/v1/nodes/<node_id>/outages": (401, 200, 200, 200, 200, 200, 200, 403),
    "api/v1/nodes/<node_id>/series": (401, 200, 200, 200, 200, 200, 200, 403),
    "api/v1/state": (401, 200, 200, 200, 200, 200, 200, 403),
    "api/v1/outages": (401, 200, 200, 200, 200, 200, 200, 200),
    "api/v1/outages/<int:outage_id>": (401, 200, 200, 200, 200, 200, 200, 200),
    "api/v1/availability": (401, 200, 200, 200, 200, 200, 200, 200),
    "api/v1/incidents": (401, 200, 200, 200, 200, 200, 200, 403),
    "api/v1/incidents/<int:incident_id>": (401, 200, 200, 200, 200, 200, 200, 403),
    "api/v1/operations": (401, 403, 200, 200, 200, 403, 403, 403),
    "api/v1/operations/<operation_id>": (401, 403, 200, 200, 200, 403, 403, 403),
    "api/v1/operations/<operation_id>/<node>/output": (401, 403, 200, 200, 200, 403, 403, 403),
    "api/v1/sites": (401, 200, 200, 200, 200, 200, 200, 403),
    "api/v1/sites/<code>": (401, 200, 200, 200, 200, 200, 200, 403),
    "api/v1/upstreams": (401, 200, 200, 200, 200, 200, 200, 403),
    "api/v1/reports": (401, 200, 200, 200, 200, 403, 403, 200),
    "api/v1/reports/<int:month>": (401, 200, 200, 200, 200, 403, 403, 200),
    "api/v1/integrity": (401, 200, 200, 200, 200, 200, 200, 403),
    "api/v1/public-sites": (401, 200, 200, 200, 200, 200, 200, 403),
    "api/v1/complaints/summary": (401, 200, 200, 200, 200, 200, 200, 403),
    "api/v1/live": (401, 200, 200, 200, 200, 200, 200, 403),
    "open311/discovery.<form:form>": (200, 200, 200, 200, 200, 200, 200, 200),
    "open311/discovery": (200, 200, 200, 200, 200, 200, 200, 200),
    "open311/v2/services.<form:form>": (200, 200, 200, 200, 200, 200, 200, 200),
    "open311/v2/services": (200, 200, 200, 200, 200, 200, 200, 200),
    "open311/v2/services/<slug:service_code>.<form:form>": (200, 200, 200, 200, 200, 200, 200, 200),
    "open311/v2/services/<slug:service_code>": (200, 200, 200, 200, 200, 200, 200, 200),
    # a key opens these, and no account
    "open311/v2/requests.<form:form>": (403, 403, 403, 403, 403, 403, 403, 403),
    "open311/v2/requests": (403, 403, 403, 403, 403, 403, 403, 403),
    "open311/v2/requests/<slug:request_id>.<form:form>": (403, 403, 403, 403, 403, 403, 403, 403),
    "open311/v2/requests/<slug:request_id>": (403, 403, 403, 403, 403, 403, 403, 403),
    "open311/v2/tokens/<slug:token>.<form:form>": (404, 404, 404, 404, 404, 404, 404, 404),
    "open311/v2/tokens/<slug:token>": (404, 404, 404, 404, 404, 404, 404, 404),
    "incidents/": (302, 200, 200, 200, 200, 200, 200, 403),
    "incidents/<int:incident_id>/": (302, 200, 200, 200, 200, 200, 200, 403),
    "incidents/<int:incident_id>/<slug:act>": (405, 405, 405, 405, 405, 405, 405, 405),
    "works/": (302, 403, 200, 200, 200, 403, 403, 403),
    "works/<int:work_id>/cancel": (405, 405, 405, 405, 405, 405, 405, 405),
    "handover/": (302, 403, 200, 200, 200, 403, 403, 403),
    "nodes/<slug:node_id>/stay/end": (405, 405, 405, 405, 405, 405, 405, 405),
    "outages/<int:outage_id>/ticket": (405, 405, 405, 405, 405, 405, 405, 405),
    "events": (401, 200, 200, 200, 200, 200, 200, 403),
}
ADMIN, ADMIN_OPEN = "admin/", ("admin/login/", "admin/logout/")
ROLES = ("", "viewer", "operator", "technician", "admin", "agency", "lurah", "leadership")


def addresses() -> list[str]:
    """Every address Django knows, as written in the URL configuration."""
    from django.urls import URLResolver, get_resolver

    def below(resolver: URLResolver, before: str) -> Iterator[str]:
        for one in resolver.url_patterns:
            address = before + str(one.pattern)
            if isinstance(one, URLResolver):
                yield from below(one, address)
            else:
                yield address

    return list(below(get_resolver(), ""))


@pytest.fixture
def names(city: Path) -> dict[str, Any]:
    wall_city.add_node(NODE)
    wall_city.add_reports(NODE, 3)
    for role in ("agency", "lurah"):
        wall_city.give_sites(role, NODE)
    wall_city.add_person(NODE)
    return {
        "node_id": NODE,
        "code": NODE,
        "picture": wall_city.add_picture(city, NODE),
        "camera": "depan",
        "complaint": wall_city.add_complaint(NODE),
        "outage_id": concluded.add_outage(NODE),
        "incident_id": concluded.add_incident("node", NODE, (NODE,)),
        "month": concluded.publish(202610),
        "channel": wall_city.add_channel(),
        "route_id": wall_city.add_route(),
        "operation_id": operations.add_operation("ping", {NODE: "running"}),
        "press": "ping",
        "revision": configs.add_push({NODE: "done"}),
    }


def visit(client: Any, address: str, names: dict[str, Any]) -> int:
    values = {**names, "picture_id": names["picture"], "request_id": names["complaint"]}
    values |= {"day": 20261005, "form": "json", "table": "city", "provider": "nobody", "node": NODE}
    if address.startswith("registry/"):
        values |= {"table": "people", "key": f"{NODE}/1", "number": 1, "change_id": 1}
    if address.startswith("enrolment/"):
        values["request_id"] = 1
    if address.startswith("upstreams/"):
        values["code"] = "area-367301"
    values |= {"act": "acknowledge", "work_id": 1, "service_code": "jalan", "token": "1", "period": "2026-q4"}
    path = "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda match: str(values[match[1]]), address)
    from center.asgi import EVENTS_PATHS
    from center.web.stream_rights import admit

    if path in EVENTS_PATHS:  # served beside Django
        cookie = "; ".join(f"{name}={one.value}" for name, one in client.cookies.items())
        headers = [(b"host", b"localhost"), (b"cookie", cookie.encode())]
        return admit({"type": "http", "method": "GET", "path": path, "headers": headers}).refusal or 200
    return int(client.get(path).status_code)


@pytest.mark.parametrize("index", range(len(ROLES)), ids=[role or "nobody" for role in ROLES])
def test_each_role_sees_exactly_its_own(index: int, names: dict[str, Any], client_as: Callable[[str], Any]) -> None:
    client = client_as(ROLES[index])
    found = {address: visit(client, address, names) for address in addresses() if not address.startswith(ADMIN)}
    assert found == {address: statuses[index] for address, statuses in RULES.items()}


def test_the_administration_is_for_administrators_alone(names: dict[str, Any], client_as: Callable[[str], Any]) -> None:
    closed = [one for one in addresses() if one.startswith(ADMIN) and one not in ADMIN_OPEN]
    assert len(closed) > 20
    for role in ROLES:
        client = client_as(role)
        for address in closed:
            path = "/" + re.sub(r"<[^>]*>|\(\?P<.*", "1", address.removesuffix("$"))
            answer = client.get(path)
            if role == "admin":
                assert "/login/" not in answer.headers.get("Location", ""), path
            else:
                assert answer.status_code == 302 and "/login/" in answer.headers["Location"], (role, path)


@pytest.mark.parametrize("role", ["", "viewer", "technician", "leadership"])
def test_whoever_sees_no_complaints_does_nothing_to_one(
    role: str, names: dict[str, Any], client_as: Callable[[str], Any]
) -> None:
    from center.complaints.models import Disclosure, Event

    client = client_as(role)
    for step in ("open", "photos", "copy", "erase", "reply", "do/note", "do/route"):
        answer = client.post(f"/complaints/{names['complaint']}/{step}", {"status": "answered", "text": "x"})
        assert answer.status_code == (403 if role else 302), step
    for path in ("bulk", "bulk/do", "bulk/undo", "new"):
        assert client.post(f"/complaints/{path}").status_code == (403 if role else 302), path
    assert not Event.objects.exists() and not Disclosure.objects.exists()


def test_forms_without_their_token_are_refused(names: dict[str, Any], client_as: Callable[[str], Any]) -> None:
    from django.test import Client

    strict = Client(enforce_csrf_checks=True, headers={"host": "localhost"})
    strict.cookies = client_as("operator").cookies
    assert strict.post(f"/complaints/{names['complaint']}/open").status_code == 403


def test_viewers_see_counts_and_neither_codes_nor_places(
    names: dict[str, Any], client_as: Callable[[str], Any]
) -> None:
    from center.complaints.models import Complaint

    page = client_as("viewer").get("/complaints/").content.decode()
    assert "Peran Anda hanya melihat jumlah" in page
    assert Complaint.objects.get().code not in page


def test_every_page_forbids_other_origins_inline_scripts_and_eval(
    names: dict[str, Any], client_as: Callable[[str], Any]
) -> None:
    client = client_as("operator")
    for path in ("/wall/", "/nodes/", "/public-sites/", f"/nodes/{NODE}/", "/complaints/", "/nowhere"):
        policy = client.get(path).headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "http" not in policy


def test_pictures_are_kept_by_no_cache_and_only_from_the_data_directory(
    city: Path, names: dict[str, Any], client_as: Callable[[str], Any]
) -> None:
    from center.cctv.models import Snapshot

    client = client_as("viewer")
    answer = client.get(f"/pictures/{names['picture']}.jpg")
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.content[:2] == b"\xff\xd8"
    (city.parent / "outside.jpg").write_bytes(answer.content)
    for path in ("../outside.jpg", "/etc/hostname", "snapshots/gone.jpg"):
        Snapshot.objects.filter(pk=names["picture"]).update(path=path)
        assert client.get(f"/pictures/{names['picture']}.jpg").status_code == 404


def test_whoever_can_only_look_stays_signed_in_for_a_month_others_for_a_shift(city: Path) -> None:
    from django.conf import settings
    from django.test import Client

    def age(role: str) -> int:
        client = Client(headers={"host": "localhost"})
        answer = client.post("/login/", {"username": role, "password": wall_city.PASSWORD})
        assert answer.status_code == 302
        return int(client.session.get_expiry_age())

    assert age("viewer") == 30 * 24 * 3600
    assert age("technician") == 12 * 3600  # who reads contacts and changes sites does more than look
    assert age("operator") == settings.SESSION_COOKIE_AGE == 12 * 3600


def test_guessing_passwords_is_stopped_with_a_page_that_says_for_how_long(city: Path) -> None:
    from django.test import Client

    client = Client(headers={"host": "localhost"})
    for _ in range(5):
        answer = client.post("/login/", {"username": "viewer", "password": "wrong"})
    assert answer.status_code == 429
    assert "15 menit" in answer.content.decode()
    right = client.post("/login/", {"username": "viewer", "password": wall_city.PASSWORD})
    assert right.status_code == 429
