"""The page of one's own account: password, sessions; and that a session's key changes at sign-in."""

from collections.abc import Callable
from typing import Any

from tests.support import wall_city

NEW = "jalan-pagi-ke-alun-alun"


def change(client: Any, old: str = wall_city.PASSWORD, new: str = NEW, again: str = NEW) -> Any:
    words = {"old_password": old, "new_password1": new, "new_password2": again}
    return client.post("/account/password", words)


def test_signing_in_makes_another_session_of_the_one_before(people: object) -> None:
    from django.test import Client

    client = Client(headers={"host": "localhost"})
    session = client.session
    session["planted"] = True
    session.save()
    planted = session.session_key
    client.cookies["sessionid"] = planted
    client.post("/login/", {"username": "viewer", "password": wall_city.PASSWORD})
    assert client.cookies["sessionid"].value != planted
    other = Client(headers={"host": "localhost"})
    other.cookies["sessionid"] = planted
    assert other.get("/account/").status_code == 302


def test_a_new_password_counts_at_once_and_ends_the_other_sessions(signed_in: Callable[..., Any]) -> None:
    here, there = signed_in("viewer"), signed_in("viewer")
    key = here.cookies["sessionid"].value
    answer = change(here)
    assert answer.status_code == 200 and "sudah diganti" in answer.content.decode()
    assert here.get("/nodes/").status_code == 200
    assert here.cookies["sessionid"].value != key
    assert there.get("/nodes/").status_code == 302
    assert here.post("/login/", {"username": "viewer", "password": wall_city.PASSWORD}).status_code in {200, 302}
    from center.accounts.models import User

    viewer = User.objects.get(username="viewer")
    assert viewer.check_password(NEW) and viewer.password.startswith("argon2")


def test_a_wrong_short_or_common_password_is_refused_in_words(signed_in: Callable[..., Any]) -> None:
    client = signed_in("viewer")
    for answer in (change(client, old="wrong"), change(client, new="pendek", again="pendek"), change(client, again="x"),
                   change(client, new="password123", again="password123"), change(client, new="9876543210987",
                   again="9876543210987")):  # fmt: skip
        assert answer.status_code == 422
        assert "errorlist" in answer.content.decode()
    assert signed_in("viewer").get("/account/").status_code == 200


def test_one_other_session_or_all_of_them_are_ended_and_never_somebody_else_s(signed_in: Callable[..., Any]) -> None:
    from django.test import RequestFactory

    from center.accounts.models import User
    from center.accounts.sessions import sessions_of

    here = signed_in("viewer", **{"user-agent": "Peramban Saya"})
    others = [signed_in("viewer") for _ in range(3)]
    stranger = signed_in("operator")
    request = RequestFactory().get("/")
    request.user, request.session = User.objects.get(username="viewer"), here.session
    listed = sessions_of(request)
    assert [one.here for one in listed] == [True, False, False, False]
    assert listed[0].browser == "Peramban Saya" and listed[0].address == "127.0.0.1"
    page = here.get("/account/").content.decode()
    assert all(client.cookies["sessionid"].value not in page for client in (here, *others))
    here.post("/account/sessions/end", {"name": listed[1].name})
    assert sorted(client.get("/nodes/").status_code for client in others) == [200, 200, 302]
    assert stranger.post("/account/sessions/end", {"name": listed[2].name}).status_code == 302
    assert sorted(client.get("/nodes/").status_code for client in others) == [200, 200, 302]
    here.post("/account/sessions/end")
    assert [client.get("/nodes/").status_code for client in others] == [302, 302, 302]
    assert here.get("/nodes/").status_code == 200
    assert stranger.get("/nodes/").status_code == 200


def test_everybody_s_first_page_is_the_one_they_may_see(signed_in: Callable[..., Any]) -> None:
    first = {"viewer": "/wall/", "operator": "/wall/", "agency": "/nodes/", "lurah": "/nodes/", "leadership": "/city/"}
    for role, page in first.items():
        client = signed_in(role)
        assert client.get("/").headers["Location"] == page
        assert client.get(page).status_code == 200


def test_a_browser_is_called_what_people_call_it() -> None:
    from center.accounts.sessions import browser_word

    chrome = (
        "Mozilla/5.0 (Linux; Android 13) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Mobile Safari/537.36"
    )
    assert browser_word(chrome) == "Chrome, Android"
    assert browser_word("Mozilla/5.0 (Windows NT 10.0; rv:121.0) Gecko/20100101 Firefox/121.0") == "Firefox, Windows"
    assert browser_word("curl/8.5") == "curl/8.5"
