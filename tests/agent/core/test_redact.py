"""Secrets and personal data go out of a text; what helps stays."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.redact import MARK, Redactor
from tests.support.growth import PROPORTION, growth

PEM = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIKJ5d0m0\nAbC1\n-----END PRIVATE KEY-----"


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        (f"key: {PEM} end", "MC4CAQAwBQYDK2VwBCIEIKJ5d0m0"),
        ("-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQ cut off here", "MC4CAQAwBQ"),
        ("rtsp://admin:S3cr3t!@10.0.0.9/live", "S3cr3t!"),
        ("rtsp://admin:S3cr3t!@10.0.0.9/live", "admin"),
        ('password="hunter2 x"', "hunter2"),
        ("camera_password = hunter2", "hunter2"),
        ('{"wifi_psk": "serang-2026"}', "serang-2026"),
        ("kata sandi: rahasia1", "rahasia1"),
        ("Authorization: Basic YWRtaW46aHVudGVyMg==", "YWRtaW46aHVudGVyMg"),
        ("mailed budi.santoso@serangkota.go.id about it", "budi.santoso"),
        ("telp 0812-3456-7890 atau +62 812 3456 7890", "3456"),
        ("NIK 3673011205900001", "3673011205900001"),
        ("tiket 7K3M9QXW2A sudah dibaca", "7K3M9QXW2A"),
        ("token " + "0123456789abcdef" * 4, "0123456789abcdef0123"),
        ("blob q7Zx9Kd02LmNoPqRsTuVwXyZ0123456789abcdEFGH== end", "q7Zx9Kd02LmNoPq"),
        ("pin: 4711", "4711"),
    ],
)
def test_what_must_not_leave_is_taken_out(text: str, gone: str) -> None:
    redactor = Redactor()
    told = redactor.text(text)
    assert gone not in told
    assert MARK in told
    assert redactor.taken >= 1


@pytest.mark.parametrize(
    "text",
    [
        "gateway 10.20.3.1 answers 12/20, fe80::1%eth0, 02:42:ac:11:00:02",
        "2026-11-23T14:32:07+0700 kel-3673011001 verdict L5b since 1763883127000",
        "boot 5f1b7a80-93c8-4a63-9d4f-5f39de0a2c11, ping min 0.412 ms",
        "/opt/sandi/releases/0.1.0/lib/python3.11/site-packages/agent/service.py line 120",
        "sandi-agent.service: ping 64 bytes, spinning up, opening port 8883",
    ],
)
def test_what_helps_stays(text: str) -> None:
    assert Redactor().text(text) == text


@given(st.text(min_size=4, max_size=30), st.text(max_size=50), st.text(max_size=50))
def test_a_known_secret_stands_nowhere_afterwards_however_it_was_written(secret: str, before: str, after: str) -> None:
    redactor = Redactor([secret])
    for text in (before + secret + after, json.dumps({"a": before + secret}), json.dumps([secret], ensure_ascii=False)):
        told = redactor.text(text)
        assert not redactor.holds_secret(told) or secret.strip() in MARK


@given(st.text(max_size=300))
def test_no_text_breaks_it(text: str) -> None:
    assert isinstance(Redactor(["rahasia"]).text(text), str)


@pytest.mark.parametrize("piece", ["a", "a-", "0", "A1", "aA0+/", "password", "x@", "://", "-----BEGIN A-----\n", "08"])
def test_no_text_takes_long(piece: str) -> None:
    redactor = Redactor(["rahasia"])
    assert growth(lambda size: redactor.text((piece * size)[:size]), 100_000) < PROPORTION
