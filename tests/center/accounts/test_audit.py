"""The audit log: every write and every look at personal data or a picture is in it, and no content is."""

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.support import wall_city

NODE = "kel-3673011001"


def acts(**chosen: str) -> list[tuple[str, str, str, str]]:
    from center.accounts.models import Act

    rows = Act.objects.filter(**chosen).order_by("id")
    return [(act.who, act.what, act.subject, act.detail) for act in rows]


def test_signing_in_and_out_is_noted_with_the_name_and_a_failed_one_without(people: Path) -> None:
    from django.test import Client

    client = Client(headers={"host": "localhost"})
    client.post("/login/", {"username": "viewer", "password": "rahasia-yang-salah"})
    client.post("/login/", {"username": "viewer", "password": wall_city.PASSWORD})
    client.post("/logout/")
    assert acts() == [
        ("nobody", "login", "", "POST 200"), ("viewer", "login", "", "POST 302"), ("viewer", "logout", "", "POST 302"),
    ]  # fmt: skip


def test_every_address_that_takes_a_post_leaves_an_entry_whatever_comes_of_it(signed_in: Callable[..., Any]) -> None:
    from django.urls import get_resolver

    from center.accounts.models import Act

    client = signed_in("operator")
    client.raise_request_exception = False
    complaint = wall_city.add_complaint(NODE)
    names = {"request_id": complaint, "node_id": NODE, "picture_id": 1, "lang": "id"}
    paths = [f"/complaints/{complaint}/open", f"/complaints/{complaint}/reply", "/account/password", "/nodes/",
             "/api/v1/nodes", "/nowhere", f"/nodes/{NODE}/now"]  # fmt: skip
    Act.objects.all().delete()
    for path in paths:
        client.post(path, {"text": "isi yang rahasia", "status": "answered"})
    assert len(acts(who="operator", detail__startswith="POST")) == len(paths)
    assert ("operator", "complaint-reply", complaint) in {entry[:3] for entry in acts()}
    assert "rahasia" not in str(acts())
    assert get_resolver() and names


def test_what_nobody_known_sends_shows_in_the_log_and_cannot_fill_it(
    people: Path, signed_in: Callable[..., Any]
) -> None:
    from django.test import Client

    from center.accounts import audit
    from center.accounts.models import Act

    nobody = Client(headers={"host": "localhost"})
    for number in range(audit.MOST_OF_NOBODY[0] + 10):
        assert nobody.post(f"/nowhere-{number}", {"text": "isi"}).status_code == 404
    assert len(acts(who="nobody", what="nowhere")) == audit.MOST_OF_NOBODY[0]
    nobody.post("/wall/enter", {"token": "x"})
    assert len(acts(who="nobody", what="wall-enter")) == 1  # another door is heard
    Act.objects.bulk_create(
        Act(at_ms=wall_city.now_ms(), who="nobody", address=f"192.0.2.{number % 250}", what=f"{number}")
        for number in range(audit.MOST_OF_NOBODY[1])
    )
    nobody.post("/wall/enter", {"token": "x"}, REMOTE_ADDR="198.51.100.1")
    assert len(acts(who="nobody", what="wall-enter")) == 1
    signed_in("viewer").post("/logout/")
    assert acts(who="viewer", what="logout")  # whoever has a name is always heard
    Act.objects.update(at_ms=wall_city.now_ms() - audit.LOOK_MS - 1)
    nobody.post("/wall/enter", {"token": "x"})
    assert len(acts(who="nobody", what="wall-enter")) == 2


def test_opening_a_complaint_is_noted_with_what_came_of_it(signed_in: Callable[..., Any]) -> None:
    complaint = wall_city.add_complaint(NODE)
    signed_in("operator").post(f"/complaints/{complaint}/open", {"why": "verify"})
    assert ("operator", "complaint-text", complaint, "sealed") in acts()


def test_a_picture_looked_at_again_and_again_is_one_entry_each_ten_minutes(
    people: Path, signed_in: Callable[..., Any]
) -> None:
    from center.accounts.audit import LOOK_MS
    from center.accounts.models import Act

    wall_city.add_node(NODE)
    keys = [wall_city.add_picture(people, NODE, age_s=age) for age in (60, 30)]
    client = signed_in("viewer")
    for key in keys:
        assert client.get(f"/pictures/{key}.jpg").status_code == 200
    looks = acts(what="picture")
    assert looks == [("viewer", "picture", f"{NODE}/depan", "")]
    assert signed_in("operator").get(f"/pictures/{keys[0]}.jpg").status_code == 200
    assert len(acts(what="picture")) == 2
    Act.objects.filter(what="picture").update(at_ms=wall_city.now_ms() - LOOK_MS - 1)
    client.get(f"/pictures/{keys[0]}.jpg")
    assert len(acts(what="picture")) == 3
    assert client.get("/pictures/999.jpg").status_code == 404
    assert len(acts(what="picture")) == 3


def test_the_page_shows_and_filters_and_its_table_can_be_taken_along(signed_in: Callable[..., Any]) -> None:
    from center.accounts.audit import note

    for number in range(120):
        note("cli:root", "user-add", f"orang-{number}", "=1+1")
    client = signed_in("admin")
    page = client.get("/audit/").content.decode()
    assert "orang-119" in page and "orang-1<" not in page
    assert "orang-1<" in client.get("/audit/?page=2").content.decode()
    only = client.get("/audit/?who=admin").content.decode()
    assert "orang-" not in only and "login" in only
    assert "orang-" not in client.get("/audit/?last=2001-01-01").content.decode()
    for day in ("first=yesterday", "last=9999-12-31", "first=0001-01-01"):
        assert client.get(f"/audit/?{day}").status_code == 422
    table = client.get("/audit/table.csv?subject=orang-7").content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(table)))
    assert len(rows) == 11 and {row["who"] for row in rows} == {"cli:root"}
    assert rows[0]["detail"] == "'=1+1"
    assert ("admin", "audit-export", "subject=orang-7", "") in acts()


def test_no_page_changes_or_deletes_an_entry(signed_in: Callable[..., Any]) -> None:
    client = signed_in("admin")
    before = acts()
    for path in ("/audit/", "/audit/table.csv", "/admin/accounts/act/", "/admin/accounts/act/1/delete/"):
        assert client.post(path, {"post": "yes"}).status_code in {403, 404, 405}
    assert acts()[: len(before)] == before
