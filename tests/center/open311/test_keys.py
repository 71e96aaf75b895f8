"""Which key opens what: exchanging needs one of that level, from where it belongs; it opens nothing else."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support import wall_city

OPEN = ("discovery.json", "discovery.xml", "v2/services", "v2/services.xml", "v2/services/jalan.json", "discovery")
KEYED = ("v2/requests", "v2/requests.xml", "v2/requests/00000000-0000-0000-0000-000000000000.json")


def test_services_are_for_everybody_and_requests_for_keys_alone(client: Any) -> None:
    for path in OPEN:
        assert client.get(f"/open311/{path}").status_code == 200, path
        assert client.head(f"/open311/{path}").content == b""
    for path in KEYED:
        answer = client.get(f"/open311/{path}")
        assert answer.status_code == 403 and answer.headers["Cache-Control"] == "no-store", path


def test_only_keys_for_exchanging_exchange_and_they_open_nothing_else(client: Any, key: str, city: Path) -> None:
    from center.accounts.tokens import LEVELS, add_token

    def status(path: str, token: str, **meta: str) -> int:
        return int(client.get(path, headers={"authorization": f"Bearer {token}"}, **meta).status_code)

    wall_city.add_node("kel-3673011001")
    for level in LEVELS:
        token = add_token(f"of-{level}", level, made_by="test")
        assert status("/open311/v2/requests", token) == (200 if level == "exchange" else 403)
    for path in ("/api/v1/nodes", "/api/v1/state", "/api/v1/complaints/summary", "/api/v1/incidents", "/api/v1/sites"):
        assert status(path, key) == 403, path
    for path in ("/complaints/", "/nodes/", "/audit/", "/wall/"):
        assert status(path, key) == 302, path


def test_revoked_expired_misplaced_and_made_up_keys_are_refused(client: Any, city: Path) -> None:
    from center.accounts.tokens import EXCHANGE, add_token, revoke_token

    def status(token: str, **meta: str) -> int:
        return int(client.get("/open311/v2/requests", headers={"authorization": f"Bearer {token}"}, **meta).status_code)

    inside = add_token("inside", EXCHANGE, made_by="test", networks="10.20.0.0/16")
    assert status(inside, REMOTE_ADDR="10.20.3.4") == 200
    assert status(inside, REMOTE_ADDR="10.21.3.4") == 403
    gone = add_token("gone", EXCHANGE, made_by="test")
    revoke_token("gone")
    over = add_token("over", EXCHANGE, made_by="test", days=1, now_ms=wall_city.now_ms() - 2 * 86_400_000)
    for token in (gone, over, "", "xyz", "sandi_", "sandi_" + "x" * 43, "sandi_" + "x" * 9000):
        assert status(token) == 403


def test_a_key_in_an_address_is_refused_and_not_repeated(client: Any, key: str) -> None:
    for path in ("/open311/v2/requests.json", "/open311/v2/requests.xml"):
        answer = client.get(path, {"api_key": key})
        assert answer.status_code == 400 and key not in answer.content.decode()


def test_a_session_is_no_key(client: Any, city: Path) -> None:
    from center.accounts.models import User

    wall_city.add_people()
    client.force_login(User.objects.get(username="admin"), backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/open311/v2/requests").status_code == 403
    answer = client.post("/open311/v2/requests.json", "service_code=jalan", "application/x-www-form-urlencoded")
    assert answer.status_code == 403


def test_whoever_asks_too_often_waits_and_others_do_not(
    get: Callable[..., Any], post: Callable[..., Any], city: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from center.accounts.tokens import EXCHANGE, add_token
    from center.api.rate import Limiter
    from center.open311 import keys

    monkeypatch.setattr(keys, "reading", Limiter(burst=2, per_s=0.001))
    monkeypatch.setattr(keys, "handing_over", Limiter(burst=1, per_s=0.001))
    assert [get("requests").status_code for _ in range(3)] == [200, 200, 429]
    fields = {"service_code": "lampu", "address_id": "3673011001"}
    assert [post(fields).status_code for _ in range(2)] == [200, 429]
    refused = post(fields)
    assert int(refused.headers["Retry-After"]) > 0 and json.loads(refused.content)[0]["code"] == 429
    assert post(fields, brought=add_token("lapor", EXCHANGE, made_by="test")).status_code == 200


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options", "trace"])
def test_other_methods_are_not_served(method: str, client: Any) -> None:
    for path, allowed in (("v2/services.json", "GET, HEAD"), ("v2/requests", "GET, HEAD, POST")):
        answer = getattr(client, method)(f"/open311/{path}")
        assert answer.status_code == 405 and answer.headers["Allow"] == allowed
        assert answer.headers["Content-Type"] == "application/json; charset=utf-8"


def test_what_does_not_exist_is_an_error_of_the_standard_in_the_format_asked_for(client: Any, key: str) -> None:
    for path in ("v2/services/001.xml", "v2/nothing.xml", "v1/services.xml", "discovery/x.xml"):
        answer = client.get(f"/open311/{path}")
        assert answer.status_code == 404 and answer.headers["Content-Type"] == "text/xml; charset=utf-8", path
        assert b"<errors><error><code>404</code><description>" in answer.content
    for path in ("v2/services/001", "v2/services.yaml", "v2/requests/x/y", "v2/", ""):
        answer = client.get(f"/open311/{path}", headers={"authorization": f"Bearer {key}"})
        assert answer.status_code == 404 and json.loads(answer.content)[0]["code"] == 404, path


def test_a_fault_of_ours_is_an_error_of_the_standard(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from center.open311 import services

    def broken(_language: str) -> None:
        raise RuntimeError("of the test")

    monkeypatch.setattr(services, "service_list", broken)
    client.raise_request_exception = False
    answer = client.get("/open311/v2/services.xml")
    assert answer.status_code == 500 and b"<code>500</code>" in answer.content and b"of the test" not in answer.content


def test_a_key_in_an_address_is_in_no_log_line_of_ours(
    client: Any, key: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    import logging

    from center.logs import FieldsFormatter

    monkeypatch.setattr(logging.getLogger("django"), "propagate", True)
    client.get("/open311/v2/requests.json", {"api_key": key})
    lines = [FieldsFormatter().format(record) for record in caplog.records]
    assert any("/open311/v2/requests.json" in line for line in lines)
    assert not [line for line in lines if key in line]
