"""The second factor: in force once set up, owed where it is required, and a way back for a lost telephone."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django_otp.oath import totp


@pytest.fixture(autouse=True)
def time_stands_still(people: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For codes, of which there is another every 30 s, and for the pause after a wrong one: a test that begins shortly
    before the next code, or is held up for a second, means the same."""
    now_s = time.time()
    monkeypatch.setattr("django_otp.oath.time", lambda: now_s)
    monkeypatch.setattr("django_otp.plugins.otp_totp.models.time", SimpleNamespace(time=lambda: now_s))
    now = datetime.fromtimestamp(now_s, UTC)
    monkeypatch.setattr("django_otp.models.timezone", SimpleNamespace(now=lambda: now))


def code_of(user: str, *, confirmed: bool, steps: int = 0) -> str:
    """What the telephone shows now (or so many steps later); earlier wrong tries are forgiven."""
    from django_otp.plugins.otp_totp.models import TOTPDevice

    device = TOTPDevice.objects.get(user__username=user, confirmed=confirmed)
    TOTPDevice.objects.filter(pk=device.pk).update(throttling_failure_count=0, throttling_failure_timestamp=None)
    return f"{totp(device.bin_key, step=device.step, t0=device.t0, drift=steps):06d}"


def set_up(client: Any, user: str) -> list[str]:
    """Set the telephone up through the page; the recovery codes."""
    page = client.get("/account/second/").content.decode()
    assert "data:image/svg+xml" in page
    answer = client.post("/account/second/", {"code": code_of(user, confirmed=False)})
    assert answer.status_code == 200
    codes = [part.partition("</code>")[0] for part in answer.content.decode().split("<code>")[1:]]
    assert len(set(codes)) == 10
    return codes


@pytest.fixture
def required(monkeypatch: pytest.MonkeyPatch) -> None:
    from django.conf import settings

    center = settings.CENTER
    monkeypatch.setattr(settings, "CENTER", replace(center, web=replace(center.web, require_totp=True)))


def test_once_set_up_every_sign_in_asks_for_the_code(signed_in: Callable[..., Any]) -> None:
    set_up(signed_in("viewer"), "viewer")
    client = signed_in("viewer")
    for path in ("/nodes/", "/account/", "/account/second/", "/wall/", "/city/"):
        assert client.get(path).headers["Location"] == "/login/second/", path
    assert client.get("/api/v1/nodes").status_code == 401
    assert client.post("/account/password", {}).headers["Location"] == "/login/second/"
    assert "tidak cocok" in client.post("/login/second/", {"code": "000000"}).content.decode()
    assert client.post("/login/second/", {"code": code_of("viewer", confirmed=True, steps=1)}).status_code == 302
    assert client.get("/nodes/").status_code == 200


def test_the_live_stream_waits_for_the_second_factor_too(signed_in: Callable[..., Any]) -> None:
    from center.web.stream_rights import admit

    def stream(client: Any) -> int:
        cookie = "; ".join(f"{name}={one.value}" for name, one in client.cookies.items())
        headers = [(b"host", b"localhost"), (b"cookie", cookie.encode())]
        return admit({"type": "http", "method": "GET", "path": "/events", "headers": headers}).refusal

    first = signed_in("viewer")
    assert stream(first) == 0
    set_up(first, "viewer")
    assert stream(first) == 0
    assert stream(signed_in("viewer")) == 403


def test_a_code_opens_only_once_and_the_session_is_another_one_afterwards(signed_in: Callable[..., Any]) -> None:
    set_up(signed_in("viewer"), "viewer")
    client, other = signed_in("viewer"), signed_in("viewer")
    before = client.cookies["sessionid"].value
    code = code_of("viewer", confirmed=True, steps=1)
    assert client.post("/login/second/", {"code": code}).status_code == 302
    assert client.cookies["sessionid"].value != before
    assert other.post("/login/second/", {"code": code}).status_code == 422


def test_a_recovery_code_opens_once_and_the_database_does_not_hold_it(signed_in: Callable[..., Any]) -> None:
    from django_otp.plugins.otp_static.models import StaticToken

    codes = set_up(signed_in("viewer"), "viewer")
    kept = set(StaticToken.objects.values_list("token", flat=True))
    assert len(kept) == 10 and kept.isdisjoint(code.replace("-", "") for code in codes)
    client = signed_in("viewer")
    assert client.post("/login/second/", {"code": codes[3].lower()}).status_code == 302
    page = client.get("/account/").content.decode()
    assert "Tersisa 9 kode" in page
    assert signed_in("viewer").post("/login/second/", {"code": codes[3]}).status_code == 422
    renewed = client.post("/account/second/codes").content.decode()
    assert codes[4] not in renewed and renewed.count("<code>") == 10
    assert client.get("/nodes/").status_code == 200  # though it came in with a code that is void now
    from django_otp.plugins.otp_static.models import StaticDevice

    StaticDevice.objects.update(throttling_failure_count=0, throttling_failure_timestamp=None)
    assert signed_in("viewer").post("/login/second/", {"code": codes[4]}).status_code == 422


def test_guessing_codes_is_slowed_down(signed_in: Callable[..., Any]) -> None:
    set_up(signed_in("viewer"), "viewer")
    client = signed_in("viewer")
    right = code_of("viewer", confirmed=True, steps=1)
    for _ in range(4):
        client.post("/login/second/", {"code": "000000"})
    assert client.post("/login/second/", {"code": right}).status_code == 422


def test_where_it_is_required_operators_and_admins_reach_nothing_without_one(
    signed_in: Callable[..., Any], required: None
) -> None:
    for role in ("operator", "admin"):
        client = signed_in(role)
        assert client.get("/nodes/").headers["Location"] == "/account/second/"
        assert client.get("/admin/").headers["Location"] == "/account/second/"
        assert client.get("/api/v1/nodes").status_code == 401
        set_up(client, role)
        assert client.get("/nodes/").status_code == 200
        refused = client.post("/account/second/remove", {"password": "kata-sandi-panjang-1"})
        assert refused.status_code == 422 and "mewajibkan" in refused.content.decode()
    assert signed_in("viewer").get("/nodes/").status_code == 200


def test_the_telephone_is_not_exchanged_with_the_password_alone(signed_in: Callable[..., Any]) -> None:
    from django_otp.plugins.otp_totp.models import TOTPDevice

    first = signed_in("viewer")
    set_up(first, "viewer")
    thief = signed_in("viewer")
    for path in ("/account/second/", "/account/second/codes", "/account/second/remove"):
        thief.post(path, {"code": "1", "password": "kata-sandi-panjang-1"})
    old = TOTPDevice.objects.get(user__username="viewer").key
    set_up(first, "viewer")
    assert TOTPDevice.objects.get(user__username="viewer").key != old
    assert first.get("/nodes/").status_code == 200
    wrong = first.post("/account/second/remove", {"password": "wrong"})
    assert wrong.status_code == 422 and TOTPDevice.objects.exists()
    first.post("/account/second/remove", {"password": "kata-sandi-panjang-1"})
    assert not TOTPDevice.objects.exists()
    assert signed_in("viewer").get("/nodes/").status_code == 200


def test_a_reset_at_the_server_lets_the_owner_of_a_lost_telephone_in(signed_in: Callable[..., Any]) -> None:
    from center.accounts.second_factor import reset
    from center.errors import CenterError

    set_up(signed_in("viewer"), "viewer")
    reset("viewer")
    assert signed_in("viewer").get("/nodes/").status_code == 200
    with pytest.raises(CenterError, match="nobody-here"):
        reset("nobody-here")


def test_the_clock_of_a_telephone_may_be_one_step_off_and_not_ten(signed_in: Callable[..., Any]) -> None:
    client = signed_in("viewer")
    client.get("/account/second/")
    assert client.post("/account/second/", {"code": code_of("viewer", confirmed=False, steps=10)}).status_code == 422
    assert client.post("/account/second/", {"code": code_of("viewer", confirmed=False, steps=-1)}).status_code == 200
