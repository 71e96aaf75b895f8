"""Programs: which token opens what, from where, until when, and how often."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support import concluded, wall_city

NODE = "kel-3673011001"
SUMMED = ("/api/v1/session", "/api/v1/state", "/api/v1/nodes", "/api/v1/availability", "/api/v1/complaints/summary",
          "/api/v1/availability?by=kecamatan", "/api/v1/openapi.json")  # fmt: skip
CITY_ONLY = (f"/api/v1/nodes/{NODE}", f"/api/v1/nodes/{NODE}/series", "/api/v1/outages", "/api/v1/incidents",
             "/api/v1/sites", f"/api/v1/sites/{NODE}", "/api/v1/upstreams", "/api/v1/reports", "/api/v1/integrity",
             "/api/v1/public-sites", "/api/v1/availability?by=node", "/api/v1/availability?by=provider",
             f"/api/v1/availability?by=kind&site={NODE}")  # fmt: skip


@pytest.fixture
def ask(city: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """ask(path, token, **META)"""
    from django.test import Client

    from center.api import permission
    from center.api.rate import Limiter

    monkeypatch.setattr(permission, "limiter", Limiter())
    wall_city.add_node(NODE)
    concluded.add_days(NODE, (20261001,))
    client = Client(headers={"host": "localhost"})

    def get(path: str, token: str, **meta: str) -> Any:
        return client.get(path, headers={"authorization": f"Bearer {token}"}, **meta)

    return get


def made(level: str = "city", **fields: Any) -> str:
    from center.accounts.tokens import add_token

    return add_token(f"{level}-{time.monotonic_ns()}", level, made_by="test", **fields)


def test_a_city_token_reads_everything_and_the_levels_above_only_sums(ask: Callable[..., Any]) -> None:
    from center.sites.models import Person, Site

    city, complaint = made("city"), wall_city.add_complaint(NODE)
    Site.objects.filter(pk=NODE).update(address="Jalan Rahasia 1")
    Person.objects.create(site_id=NODE, name="Ibu Rahasia", phone="0812-9")
    assert {path: ask(path, city).status_code for path in (*SUMMED, *CITY_ONLY)} == dict.fromkeys(
        (*SUMMED, *CITY_ONLY), 200
    )
    for level in ("province", "nation"):
        token = made(level)
        assert {path: ask(path, token).status_code for path in SUMMED} == dict.fromkeys(SUMMED, 200)
        found = {path: ask(path, token).status_code for path in CITY_ONLY}
        assert found == dict.fromkeys(CITY_ONLY, 403)
        (node,) = ask("/api/v1/nodes", token).json()["items"]
        assert node["state"] == "UP" and node["latitude"] is None and node["longitude"] is None
        text = "".join(ask(path, token).content.decode() for path in SUMMED if not path.endswith("openapi.json"))
        assert not [word for word in ("Jalan Rahasia", "Ibu Rahasia", "0812-9", "ADU-", complaint) if word in text]
    assert ask("/api/v1/nodes", city).json()["items"][0]["latitude"] is not None


def test_a_token_opens_no_page_no_picture_and_writes_nothing(ask: Callable[..., Any], city: Path) -> None:
    from django.test import Client

    token = made()
    picture = wall_city.add_picture(city, NODE)
    for path in ("/nodes/", "/wall/", f"/pictures/{picture}.jpg", "/audit/", "/complaints/", "/city/"):
        assert ask(path, token).status_code == 302, path
    answer = Client(headers={"host": "localhost", "authorization": f"Bearer {token}"}).post("/api/v1/nodes")
    assert answer.status_code == 405


def test_unknown_expired_revoked_and_misplaced_tokens_open_nothing(ask: Callable[..., Any]) -> None:
    from center.accounts.models import ApiToken
    from center.accounts.tokens import revoke_token

    here = made(networks="127.0.0.0/8 ::1/128")
    assert ask("/api/v1/state", here).status_code == 200
    assert ask("/api/v1/state", here, REMOTE_ADDR="::1").status_code == 200
    assert ask("/api/v1/state", here, REMOTE_ADDR="192.0.2.7").status_code == 403
    inside = made(networks="10.20.0.0/16")
    assert ask("/api/v1/state", inside, REMOTE_ADDR="::ffff:10.20.3.4").status_code == 200
    assert ask("/api/v1/state", inside, REMOTE_ADDR="::ffff:10.21.3.4").status_code == 403
    expired = made(days=1, now_ms=wall_city.now_ms() - 2 * 86_400_000)
    revoked = made()
    revoke_token(ApiToken.objects.latest("id").name)
    for token in (expired, revoked, "sandi_" + "x" * 43, "sandi_", "x", "", "sandi_" + "x" * 5000, here + "x"):
        answer = ask("/api/v1/state", token)
        assert answer.status_code == 401, token
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert not token or len(token) < 3 or token not in answer.content.decode()


def test_a_bad_token_is_not_made_good_by_a_session(ask: Callable[..., Any], client_as: Callable[[str], Any]) -> None:
    client = client_as("viewer")
    assert client.get("/api/v1/state", headers={"authorization": "Bearer sandi_no"}).status_code == 401


def test_the_database_keeps_no_token_and_the_last_use_to_the_minute(ask: Callable[..., Any]) -> None:
    from center.accounts.models import ApiToken

    token = made()
    row = ApiToken.objects.latest("id")
    assert token not in {str(value) for value in row.__dict__.values()} and row.used_ms is None
    ask("/api/v1/state", token)
    row.refresh_from_db()
    first = row.used_ms
    assert first is not None and wall_city.now_ms() - first < 60_000
    ask("/api/v1/state", token)
    row.refresh_from_db()
    assert row.used_ms == first


def test_who_asks_too_often_is_told_how_long_to_wait_and_others_are_not_held_up(
    ask: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from center.api import permission
    from center.api.rate import Limiter

    now = [0.0]
    monkeypatch.setattr(permission, "limiter", Limiter(burst=3, per_s=0.5, clock=lambda: now[0]))
    one, other = made(), made()
    assert [ask("/api/v1/state", one).status_code for _ in range(4)] == [200, 200, 200, 429]
    answer = ask("/api/v1/state", one)
    assert answer.headers["Retry-After"] == "2"
    assert answer.json()["status"] == 429
    assert ask("/api/v1/openapi.json", one).status_code == 429
    assert ask("/api/v1/state", other).status_code == 200
    now[0] += 2
    assert [ask("/api/v1/state", one).status_code for _ in range(2)] == [200, 429]


def test_a_limiter_forgets_full_buckets_and_never_lets_more_than_a_burst_through() -> None:
    from center.api.rate import MOST_BUCKETS, Limiter

    now = [0.0]
    limiter = Limiter(burst=5, per_s=1, clock=lambda: now[0])
    for number in range(MOST_BUCKETS):
        assert limiter.take(f"token-{number}") == 0
    now[0] += 1000
    assert limiter.take("one-more") == 0
    assert len(limiter._buckets) == 1
    assert sum(limiter.take("one-more") == 0 for _ in range(50)) == 4


def test_the_live_stream_takes_a_city_token_at_its_own_address_alone(ask: Callable[..., Any]) -> None:
    from center.web.stream_rights import admit

    def stream(path: str, token: str) -> int:
        headers = [(b"host", b"localhost"), (b"authorization", f"Bearer {token}".encode())]
        scope = {"type": "http", "method": "GET", "path": path, "headers": headers, "client": ("127.0.0.1", 1)}
        return admit(scope).refusal

    city = made()
    assert stream("/api/v1/live", city) == 0
    assert stream("/events", city) == 401
    assert stream("/api/v1/live", made("province")) == 403
    assert stream("/api/v1/live", "sandi_no") == 401
    assert stream("/api/v1/live", made(networks="10.0.0.0/8")) == 403
