"""Screens that enter with a token: what they may see, from where, until when; and the page that makes them."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support import wall_city, wall_screens

if TYPE_CHECKING:
    from django.test import Client

NODE = "kel-3673011001"


def browser(address: str = "127.0.0.1") -> "Client":
    from django.test import Client

    return Client(headers={"host": "localhost"}, REMOTE_ADDR=address)


def entered(token: str, address: str = "127.0.0.1") -> "Client":
    client = browser(address)
    assert client.post("/wall/enter", {"token": token}).status_code == 302
    return client


def test_a_token_opens_the_wall_and_its_cookie_is_out_of_reach_of_scripts_and_other_sites(city: Path) -> None:
    client = browser()
    assert client.get("/wall/").status_code == 302
    answer = client.post("/wall/enter", {"token": wall_screens.add_screen().lower().replace("-", " ")})
    assert answer.headers["Location"] == "/wall/"
    cookie = client.cookies["sandi_display"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Strict"
    assert client.get("/wall/").status_code == 200
    assert client.get("/wall/session").status_code == 204


def test_a_screen_sees_the_wall_and_nothing_else(city: Path) -> None:
    wall_city.add_node(NODE)
    picture = wall_city.add_picture(city, NODE)
    client = entered(wall_screens.add_screen())
    assert client.get(f"/wall/pictures/{picture}.jpg").content[:2] == b"\xff\xd8"
    closed = ("/nodes/", f"/nodes/{NODE}/", f"/pictures/{picture}.jpg", "/complaints/", "/public-sites/", "/displays/")
    for path in (*closed, "/notices/"):
        answer = client.get(path)
        assert answer.status_code == 302, path
        assert "/login/" in answer.headers["Location"], path
    assert client.get("/api/v1/nodes").status_code == 401


def test_a_screen_cannot_browse_old_pictures_nor_unsigned_ones(city: Path) -> None:
    wall_city.add_node(NODE)
    keys = [wall_city.add_picture(city, NODE, age_s=age) for age in (400, 300, 200, 100)]
    unsigned = wall_city.add_picture(city, NODE, age_s=1, signature_ok=False)
    client = entered(wall_screens.add_screen())
    found = [client.get(f"/wall/pictures/{key}.jpg").status_code for key in (*keys, unsigned)]
    assert found == [404, 200, 200, 200, 404]


def test_looking_at_the_walls_pictures_is_on_record_once_in_ten_minutes(
    city: Path, client_as: Callable[[str], Any]
) -> None:
    from center.accounts.models import Act

    wall_city.add_node(NODE)
    key = wall_city.add_picture(city, NODE)
    for client in (entered(wall_screens.add_screen()), client_as("viewer")):
        for _ in range(3):
            assert client.get(f"/wall/pictures/{key}.jpg").status_code == 200
    looks = Act.objects.filter(what="wall-pictures")
    assert list(looks.values_list("who", flat=True)) == ["display:lobi", "viewer"]
    looks.update(at_ms=wall_city.now_ms() - 601_000)
    client.get(f"/wall/pictures/{key}.jpg")
    assert looks.count() == 3


def test_a_token_and_its_cookie_are_worth_nothing_from_elsewhere(city: Path) -> None:
    token = wall_screens.add_screen(networks="10.20.3.0/24 fd00:12::/32")
    inside = entered(token, "fd00:12::7")
    for address in ("10.9.0.1", "fd00:13::1", "", "127.0.0.1"):
        refused = browser(address).post("/wall/enter", {"token": token})
        assert refused.status_code == 403
        assert "rentangnya" in refused.content.decode()
        moved = browser(address)
        moved.cookies = inside.cookies
        assert moved.get("/wall/").headers["Location"] == "/wall/enter"
        assert moved.get("/wall/session").status_code == 401


def test_a_second_entry_ends_the_first_and_revoking_ends_both(city: Path) -> None:
    from center.wall.displays import revoke_display

    token = wall_screens.add_screen()
    first = entered(token)
    second = entered(token)
    assert first.get("/wall/session").status_code == 401
    assert second.get("/wall/session").status_code == 204
    revoke_display("lobi")
    assert second.get("/wall/").headers["Location"] == "/wall/enter"
    assert browser().post("/wall/enter", {"token": token}).status_code == 403
    assert "dicabut" in second.get("/wall/enter").content.decode()


def test_a_made_up_cookie_is_no_screen(city: Path) -> None:
    wall_screens.add_screen()
    for value in ("", "x", "a:b:c", "W10:1x:y", "x" * 5000, "[1,2,3]"):
        client = browser()
        client.cookies["sandi_display"] = value
        assert client.get("/wall/session").status_code == 401
        assert client.get("/wall/").status_code == 302


def test_each_kind_of_screen_is_sent_to_its_own_page(city: Path) -> None:
    public = entered(wall_screens.add_screen("alun-alun", "videotron"))
    assert public.get("/wall/").headers["Location"] == "/wall/videotron/"
    assert public.get("/wall/videotron/now").status_code == 200
    assert public.get("/wall/pictures/1.jpg").headers["Location"] == "/wall/videotron/"
    inside = entered(wall_screens.add_screen("ruang", scenes=("incidents", "map"), scene_s=45))
    page = inside.get("/wall/").content.decode()
    assert 'data-order="incidents map"' in page
    assert 'data-scene-s="45"' in page


def test_entering_is_on_record_as_the_screen_and_the_token_is_nowhere(city: Path) -> None:
    from center.accounts.models import Act
    from center.wall.models import Display

    token = wall_screens.add_screen()
    entered(token, "127.0.0.9")
    act = Act.objects.get(what="display-entered")
    assert (act.who, act.subject, act.detail) == ("display:lobi", "display:lobi", "from 127.0.0.9")
    row = str(Display.objects.values().get())
    assert token not in row
    assert token.replace("-", "") not in row


def test_the_page_shows_a_token_once_and_the_list_says_who_is_open(city: Path, client_as: Callable[[str], Any]) -> None:
    from center.accounts.models import Act

    client = client_as("admin")
    fields = {"name": "Ruang kendali", "kind": "wall", "networks": "127.0.0.1", "scene_s": "30", "scenes": ["map"]}
    page = client.post("/displays/", fields).content.decode()
    token = re.search(r"[0-9A-Z]{4}(?:-[0-9A-Z]{4}){6}", page)
    assert token
    assert token[0] not in client.get("/displays/").content.decode()
    entered(token[0])
    assert "<b>terbuka</b>" in client.get("/displays/").content.decode()
    assert client.post("/displays/revoke", {"name": "Ruang kendali"}).status_code == 302
    assert "dicabut" in client.get("/displays/").content.decode()
    made = Act.objects.filter(subject="display:Ruang kendali").order_by("id").values_list("who", "what")
    assert list(made) == [
        ("admin", "display-added"), ("display:Ruang kendali", "display-entered"), ("admin", "display-revoked"),
    ]  # fmt: skip


WRONG_SCREENS: tuple[tuple[dict[str, Any], str], ...] = (
    ({"name": ""}, "nama layar"),
    ({"name": "x" * 41}, "nama layar"),
    ({"networks": "10.0.0.1/8"}, "10.0.0.1/8"),
    ({"networks": ""}, "rentang alamat"),
    ({"kind": "radio"}, "jenis layar"),
    ({"scene_s": "19"}, "20 sampai 600"),
    ({"scene_s": "-1"}, "20 sampai 600"),
    ({"scenes": ["opera"]}, "opera"),
    ({"name": "lobi"}, "sudah ada"),
)


def test_what_cannot_be_a_screen_is_said_and_nothing_is_made(city: Path, client_as: Callable[[str], Any]) -> None:
    from center.wall.models import Display

    wall_screens.add_screen()
    client = client_as("admin")
    right = {"name": "baru", "kind": "wall", "networks": "127.0.0.1", "scene_s": "30", "scenes": ["map"]}
    for changed, said in WRONG_SCREENS:
        answer = client.post("/displays/", {**right, **changed})
        assert answer.status_code == 400, changed
        assert said in answer.content.decode()
    assert Display.objects.count() == 1


def test_only_administrators_make_and_revoke_screens(city: Path, client_as: Callable[[str], Any]) -> None:
    from center.wall.models import Display

    wall_screens.add_screen()
    for role in ("", "viewer", "operator", "technician", "agency", "lurah", "leadership"):
        client = client_as(role)
        for path in ("/displays/", "/displays/revoke"):
            assert client.post(path, {"name": "lobi"}).status_code == (403 if role else 302)
    assert Display.objects.get().revoked_ms is None


def test_the_command_line_makes_lists_and_revokes_a_screen(city: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from center.accounts.models import Act
    from center.cli import main

    assert main(["display", "--data", str(city), "add", "lobi", "--network", "127.0.0.1", "--kind", "videotron"]) == 0
    token = capsys.readouterr().out.splitlines()[-1]
    assert entered(token).get("/wall/videotron/").status_code == 200
    assert main(["display", "--data", str(city), "list"]) == 0
    assert re.search(r"lobi +videotron +127\.0\.0\.1/32 +dibuka dari 127\.0\.0\.1", capsys.readouterr().out)
    assert main(["display", "--data", str(city), "revoke", "lobi"]) == 0
    assert main(["display", "--data", str(city), "revoke", "lobi"]) == 2
    assert "lobi" in capsys.readouterr().err
    assert [act.who.split(":")[0] for act in Act.objects.filter(subject="display:lobi").order_by("id")] == [
        "cli",
        "display",
        "cli",
    ]
