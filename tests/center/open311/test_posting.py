"""Handing a request over: what is taken, what is sealed, what is refused and how, and once is once."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

FIELDS = {"service_code": "lampu", "address_id": "3673011001", "description": "Lampu padam"}
SECRETS = {
    "description": "Rahasia-uraian", "first_name": "Rahasia-depan", "last_name": "Rahasia-belakang",
    "phone": "0812-Rahasia", "email": "rahasia@example.org", "address_string": "Gang Rahasia 3",
    "media_url": "https://example.org/rahasia.jpg", "device_id": "rahasia-gawai", "account_id": "rahasia-akun",
    "attribute[rt_rw]": "rahasia-0/1", "lat": "-6.110312345", "long": "106.164012345",
}  # fmt: skip


def stored() -> Any:
    from center.complaints.models import Complaint

    return Complaint.objects.get()


def told(answer: Any) -> Any:
    assert answer.status_code == 200, answer.content
    (one,) = json.loads(answer.content)
    return one


def errors(answer: Any) -> list[str]:
    assert answer.status_code == 400, answer.content
    return [one["description"] for one in json.loads(answer.content)]


def test_a_request_becomes_a_complaint_with_a_ticket_that_opens(post: Callable[..., Any], city: Path) -> None:
    from center.complaints.disclosure import open_box, pin_fits
    from center.complaints.models import Event

    answer = told(post(FIELDS | {"attribute[category]": "laporan", "attribute[rt_rw]": "003/007"}))
    row = stored()
    assert row.pk == answer["service_request_id"]
    assert (row.channel, row.category, row.subject, row.area) == ("open311", "laporan", "lampu", "kel-3673011001")
    assert (row.node, row.status, row.identity, row.urgent) == ("", "received", "anonymous", False)
    assert row.due_ms > row.received_ms
    plain = open_box(row)
    assert (plain.text, plain.rt_rw) == ("Lampu padam", "003/007")
    pin = re.search(r"PIN ([0-9]{4})", answer["service_notice"])
    assert row.code in answer["service_notice"] and pin and pin_fits(row, pin[1])
    assert [(one.kind, one.actor) for one in Event.objects.all()] == [("received", "token:rabeg")]


def test_what_was_typed_is_sealed_and_in_no_column_log_or_audit_entry(
    post: Callable[..., Any], city: Path, caplog: pytest.LogCaptureFixture
) -> None:
    from django.apps import apps

    caplog.set_level(0)
    told(post({"service_code": "lampu", **SECRETS}))
    rows = [str(row) for model in apps.get_models() for row in model._default_manager.values_list()]
    assert len(rows) > 100
    for text in (caplog.text, *rows):
        assert "ahasia" not in text and "110312345" not in text and "164012345" not in text
    files = [path for path in city.rglob("*") if path.is_file()]
    assert any(path.name.startswith("center.db") for path in files)
    assert not [path for path in files if b"ahasia" in path.read_bytes()]


def test_the_same_number_again_is_the_same_request(post: Callable[..., Any]) -> None:
    first = told(post(FIELDS | {"attribute[external_id]": "RB-77"}))
    again = told(post(FIELDS | {"attribute[external_id]": "RB-77"}))
    assert again["service_request_id"] == first["service_request_id"]
    row = stored()
    assert row.external_id == "rabeg/RB-77"
    assert row.code in again["service_notice"] and "PIN" in again["service_notice"]
    other = told(post(FIELDS | {"attribute[external_id]": "RB-78"}))
    assert other["service_request_id"] != first["service_request_id"]


def test_an_idempotency_key_makes_a_repeat_harmless_and_belongs_to_its_system(
    post: Callable[..., Any], city: Path
) -> None:
    from center.accounts.tokens import EXCHANGE, add_token
    from center.complaints.models import Complaint

    header = {"idempotency-key": "3f2c-1"}
    ids = {told(post(FIELDS, **header))["service_request_id"] for _ in range(3)}
    assert len(ids) == 1
    other = add_token("lapor", EXCHANGE, made_by="test")
    assert told(post(FIELDS, brought=other, **header))["service_request_id"] not in ids
    long_name = add_token("n" * 80, EXCHANGE, made_by="test")
    long_key = {"idempotency-key": "k" * 200}
    twice = {told(post(FIELDS, brought=long_name, **long_key))["service_request_id"] for _ in range(2)}
    assert len(twice) == 1 and Complaint.objects.count() == 3
    assert all(len(one) <= 128 for one in Complaint.objects.values_list("external_id", flat=True))


@pytest.mark.parametrize(
    "again", [{"headers": {"idempotency-key": "k-1"}}, {"fields": {"attribute[external_id]": "RB-1"}}]
)
@pytest.mark.parametrize(
    "change",
    [
        {"description": "Lampu menyala"},
        {"service_code": "jalan"},
        {"address_id": "3673011002"},
        {"address_string": "Gang Tiga"},
        {"attribute[category]": "laporan"},
        {"attribute[rt_rw]": "003/007"},
        {"first_name": "Sari"},
        {"phone": "0812"},
        {"media_url": "https://example.org/1.jpg"},
    ],
)
def test_the_same_number_or_key_with_other_content_is_refused_and_the_first_stays(
    again: dict[str, dict[str, str]], change: dict[str, str], post: Callable[..., Any], city: Path
) -> None:
    from center.complaints.disclosure import open_box

    fields, headers = FIELDS | again.get("fields", {}), again.get("headers", {})
    first = told(post(fields, **headers))
    answer = post(fields | change, **headers)
    assert answer.status_code == 422
    (error,) = json.loads(answer.content)
    assert error["code"] == 422 and "external_id or Idempotency-Key" in error["description"]
    row = stored()
    assert (row.pk, row.subject, open_box(row).text) == (first["service_request_id"], "lampu", "Lampu padam")
    assert row.code not in error["description"]
    assert told(post(fields, **headers))["service_request_id"] == row.pk


def test_what_only_looks_different_is_the_same_request_and_so_is_one_that_was_erased(
    post: Callable[..., Any], city: Path
) -> None:
    from center.complaints.erasure import erase

    header = {"idempotency-key": "k-1"}
    told(post(FIELDS | {"description": "Lampu\r\npadam é"}, **header))
    again = {"description": " Lampu\npadam e\u0301 ", "device_id": "x", "address_id": "36.73.01.1001"}
    assert told(post(FIELDS | again, **header, **{"accept-language": "en"}))["service_request_id"] == stored().pk
    erase(stored().pk, actor="operator", reason="diminta warga")
    assert told(post(FIELDS | {"description": "lain"}, **header))["service_request_id"] == stored().pk


def test_without_a_number_each_sending_is_a_request(post: Callable[..., Any]) -> None:
    assert told(post(FIELDS))["service_request_id"] != told(post(FIELDS))["service_request_id"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"service_code": ""}, "service_code"),
        ({"address_id": ""}, "location"),
        ({"address_id": "999"}, "address_id"),
        ({"lat": "-6.11"}, "lat, long"),
        ({"lat": "-6.11", "long": "abc"}, "lat, long"),
        ({"lat": "nan", "long": "inf"}, "lat, long"),
        ({"lat": "1e1", "long": "106.1"}, "lat, long"),
        ({"lat": "91", "long": "106.1"}, "lat, long"),
        ({"lat": "37.76524078", "long": "-122.4212043"}, "lat, long"),
        ({"description": "a" * 4001}, "description"),
        ({"description": "a\0b"}, "description"),
        ({"description": "a" * 3990, "media_url": "https://example.org/1.jpg"}, "description, media_url"),
        ({"description": ["a", "b"]}, "description"),
        ({"media_url": "file:///etc/passwd"}, "media_url"),
        ({"media_url": "javascript:alert(1)"}, "media_url"),
        ({"media_url": "http://[::1"}, "media_url"),
        ({"first_name": "a" * 60, "last_name": "b" * 60}, "first_name, last_name"),
        ({"phone": "a" * 60, "email": "b" * 60}, "phone, email"),
        ({"email": "a\nb"}, "email"),
        ({"attribute[category]": "ppid"}, "attribute[category]"),
        ({"attribute[rt_rw]": "0" * 13}, "attribute[rt_rw]"),
        ({"attribute[external_id]": "a\u200bb"}, "attribute[external_id]"),
    ],
)
def test_what_cannot_be_taken_is_named_and_nothing_is_stored(
    change: dict[str, Any], field: str, post: Callable[..., Any]
) -> None:
    from center.complaints.models import Complaint

    (error,) = errors(post(FIELDS | change))
    assert error.startswith(f"{field}:")
    assert not Complaint.objects.exists()


def test_all_that_is_wrong_is_named_at_once(post: Callable[..., Any]) -> None:
    found = errors(post({"lat": "x", "email": "a\tb", "attribute[category]": "x"}))
    assert [one.partition(":")[0] for one in found] == ["service_code", "lat, long", "email", "attribute[category]"]


def test_an_unknown_service_or_another_city_is_not_found(post: Callable[..., Any]) -> None:
    for change in ({"service_code": "001"}, {"jurisdiction_id": "sfgov.org"}):
        assert post(FIELDS | change).status_code == 404
    assert told(post(FIELDS | {"jurisdiction_id": ""}))


def test_a_body_of_another_kind_or_size_is_refused(client: Any, key: str) -> None:
    send = {"headers": {"authorization": f"Bearer {key}"}}
    path = "/open311/v2/requests.json"
    answer = client.post(path, json.dumps(FIELDS), content_type="application/json", **send)
    assert answer.status_code == 400 and "x-www-form-urlencoded" in errors(answer)[0]
    assert client.post(path, FIELDS, **send).status_code == 400  # multipart
    form = "application/x-www-form-urlencoded"
    assert client.post(path, "description=" + "a" * 70_000, content_type=form, **send).status_code == 413
    assert client.post(path, b"description=%ff", content_type=form, **send).status_code == 400
    assert client.post(path, "&".join("a=1" for _ in range(300)), content_type=form, **send).status_code == 400


def test_the_longest_description_fits_in_every_script(post: Callable[..., Any], city: Path) -> None:
    from center.complaints.disclosure import open_box

    text = "\U0001f6a7" * 4000
    told(post(FIELDS | {"description": text}))
    assert open_box(stored()).text == text


def test_a_point_is_kept_as_its_kelurahan(post: Callable[..., Any], city: Path) -> None:
    from center.sites.models import Boundary

    ring = [[106.0, -6.2], [106.3, -6.2], [106.3, -6.0], [106.0, -6.0], [106.0, -6.2]]
    Boundary.objects.create(site_id="kel-3673011001", rings=json.dumps([ring]), source="test", at_ms=1)
    point = {"service_code": "lampu", "lat": "-6.1900", "long": "106.0100"}
    told(post(point))
    assert stored().area == stored().place == "kel-3673011001"


def test_a_centre_without_its_key_says_that_it_cannot_take_anything(post: Callable[..., Any], city: Path) -> None:
    from center.complaints.models import Complaint

    (city / "keys" / "seal.key").unlink()
    assert post(FIELDS).status_code == 503
    assert not Complaint.objects.exists()


def test_every_write_is_in_the_audit_log_with_the_systems_name(post: Callable[..., Any], city: Path) -> None:
    from center.accounts.models import Act

    told(post(FIELDS))
    post(FIELDS | {"service_code": "x"})
    post(FIELDS, brought="sandi_" + "x" * 43)
    found = [(one.who, one.what, one.detail) for one in Act.objects.order_by("pk")]
    assert found == [
        ("token:rabeg", "open311:requests", "POST 200"),
        ("token:rabeg", "open311:requests", "POST 404"),
        ("nobody", "open311:requests", "POST 403"),
    ]


def test_many_repeats_at_once_are_one_request(post: Callable[..., Any], city: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    from django.db import connections

    def send(_: int) -> str:
        try:
            return str(told(post(FIELDS, **{"idempotency-key": "same"}))["service_request_id"])
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as pool:
        ids = set(pool.map(send, range(12)))
    assert ids == {stored().pk}
