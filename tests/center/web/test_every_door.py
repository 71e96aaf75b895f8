"""Every door that takes a POST: what comes through it from whoever may not, or without its token, changes nothing."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.support.reach_rows import FOREIGN, OWN, Rows, addresses, filled, two_sites
from tests.support.wall_city import PASSWORD

NOTED = {"Act", "AccessAttempt", "AccessFailureLog", "AccessLog", "Session", "LogEntry"}
"""What asking leaves behind, whatever comes of it."""
OWN_ACCOUNT = ("account/", "login/", "logout/", "status/")
"""And the page where every citizen asks, who has no account and no token but code and PIN."""
LOOKING = "complaints/find"
"""A post that changes nothing: a code must stand in no address. `changed` still watches it."""
A_COMPLAINT, OF_OWN_COMPLAINTS = "complaints/<uuid:request_id>/", {"agency", "lurah"}
"""They answer their own; what they may do with them is asked in `test_complaint_reach`."""


@pytest.fixture(scope="module")
def rows(shared_data: Path) -> Rows:
    return two_sites(shared_data)


@pytest.fixture
def sign_in(rows: Rows) -> Callable[..., Any]:
    from django.test import Client

    from center.accounts.models import User

    def client_of(role: str, **more: Any) -> Client:
        client = Client(headers={"host": "localhost"}, **more)
        client.force_login(User.objects.get(username=role), backend="django.contrib.auth.backends.ModelBackend")
        return client

    return client_of


@pytest.fixture
def of_one_kecamatan(rows: Rows) -> Any:
    from center.accounts.models import Reach, User
    from center.sites.models import Site

    kecamatan = Site.objects.get(pk=OWN).kecamatan
    working = User.objects.filter(username__in=("operator", "technician"))
    working.update(reach=Reach.KECAMATAN, kecamatan=kecamatan)
    yield
    working.update(reach=Reach.CITY, kecamatan="")


def whole_database() -> dict[str, list[Any]]:
    from django.apps import apps

    models = [model for model in apps.get_models() if model.__name__ not in NOTED]
    return {
        model._meta.label: sorted(map(repr, model._default_manager.exclude(pk=None).values_list())) for model in models
    }


def changed(before: dict[str, list[Any]]) -> set[str]:
    after = whole_database()
    return {name for name in before if before[name] != after[name] and name != "accounts.User"}


def fields() -> dict[str, Any]:
    """Values that every form of the centre takes, about the foreign site."""
    now = datetime.now(ZoneInfo("Asia/Jakarta"))
    begins, ends = ((now + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M") for hours in (1, 3))
    return {
        "status": "answered", "text": "dari orang lain", "ticket": "T-1", "reported": "", "to": "operator",
        "scope": "node", "subject": FOREIGN, "start": begins, "end": ends, "reason": "x", "name": "baru",
        "title": "Judul", "begins": "", "ends": ends, "step": "publish", "networks": "10.0.0.0/8", "kind": "wall",
        "scene_s": "30", "site": FOREIGN, "order": "9", "phone": "0812", "notice": "1", "token": "0" * 28,
    }  # fmt: skip


@pytest.mark.parametrize(
    "role", ["agency", *(pytest.param(role, marks=pytest.mark.full) for role in ("lurah", "leadership", "viewer"))]
)
def test_who_only_looks_changes_nothing_by_any_post(role: str, rows: Rows, sign_in: Callable[..., Any]) -> None:
    client, before = sign_in(role), whole_database()
    opened = []
    for address in addresses():
        for values in (rows.own, rows.foreign) if "<" in address else (rows.own,):
            path = filled(address, values)
            works = role in OF_OWN_COMPLAINTS and address.startswith(A_COMPLAINT) and values is rows.own
            if address.startswith(OWN_ACCOUNT) or works:
                continue
            status = client.post(path, fields()).status_code
            if status not in {401, 403, 404, 405, 501} and address != LOOKING:
                opened.append((path, status))
    assert opened == []
    assert changed(before) == set()


@pytest.mark.parametrize("role", ["operator", pytest.param("technician", marks=pytest.mark.full)])
def test_who_works_for_one_kecamatan_changes_nothing_of_another(
    role: str, rows: Rows, of_one_kecamatan: None, sign_in: Callable[..., Any]
) -> None:
    client, before = sign_in(role), whole_database()
    opened = []
    for address in addresses():
        if not address.startswith(OWN_ACCOUNT):
            path = filled(address, rows.foreign)
            status = client.post(path, fields()).status_code
            opened += [(path, status)] if status not in {400, 401, 403, 404, 405, 501} and address != LOOKING else []
    assert opened == []
    assert changed(before) == set()


@pytest.mark.full
def test_no_form_is_taken_without_its_token(rows: Rows, sign_in: Callable[..., Any]) -> None:
    client, before = sign_in("admin", enforce_csrf_checks=True), whole_database()
    taken = {}
    for address in (*addresses(), "admin/accounts/user/add/", "admin/logout/", "admin/sites/site/add/"):
        path = filled(address, rows.own)
        status = client.post(path, fields()).status_code
        if not address.startswith("status/"):
            taken |= {path: status} if status not in {403, 405, 404, 501} else {}
    assert taken == {}
    assert changed(before) == set()


def test_every_answer_forbids_other_origins_inline_scripts_and_frames(rows: Rows, sign_in: Callable[..., Any]) -> None:
    from django.test import Client, override_settings

    from center.headers import POLICY

    client = sign_in("admin")
    paths = [filled(address, rows.own) for address in addresses()]
    strange = [
        "/nowhere",
        "/static/web/pages.css",
        "/static/nothing.css",
        "/admin/",
        "/api/v1/nowhere",
        "/%00",
        "/wall",
    ]
    answers = [(path, client.get(path)) for path in (*paths, *strange)]
    answers.append(("host", Client(headers={"host": "evil.example"}).get("/")))
    with override_settings(SECURE_SSL_REDIRECT=True):
        answers.append(("https", Client(headers={"host": "localhost"}).get("/")))
        answers.append(("https, host", Client(headers={"host": "evil.example"}).get("/")))
    assert [path for path, answer in answers if answer.headers.get("Content-Security-Policy") != POLICY] == []
    assert [path for path, answer in answers if answer.headers.get("X-Content-Type-Options") != "nosniff"] == []


def test_no_question_holds_a_nul(rows: Rows, sign_in: Callable[..., Any]) -> None:
    client = sign_in("admin")
    for path in (
        "/nodes/?site=%00",
        "/api/v1/nodes/%00",
        "/api/v1/nodes?site=a%00b",
        "/audit/?who=%00",
        "/incidents/?page=%00",
    ):
        assert client.get(path).status_code == 400, path
    assert client.get("/api/v1/nodes/%00").headers["Content-Type"] == "application/problem+json"
    assert client.get("/nodes/?site=%2500").status_code == 200


@pytest.mark.full
def test_signing_in_leads_to_no_other_place(rows: Rows) -> None:
    from django.test import Client

    for aim in (
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
        "http:///evil.example",
    ):
        client = Client(headers={"host": "localhost"})
        answer = client.post(f"/login/?next={aim}", {"username": "viewer", "password": PASSWORD, "next": aim})
        assert answer.status_code == 302 and answer.headers["Location"] == "/", aim


def test_the_same_posts_by_who_may_do_change_the_city(rows: Rows, sign_in: Callable[..., Any]) -> None:
    """Or the walks above would prove nothing."""
    client, before = sign_in("operator"), whole_database()
    for address in addresses():
        if not address.startswith(OWN_ACCOUNT):
            client.post(filled(address, rows.foreign), fields())
    client.post("/notices/", fields() | {"notice": ""})  # with a number the form changes that notice: there is none yet
    assert {
        "availability.Outage", "complaints.Complaint", "complaints.Event", "operations.Incident", "operations.Work",
        "operations.Downlink", "operations.Handover", "wall.PublicNotice",
    } <= changed(before)  # fmt: skip
