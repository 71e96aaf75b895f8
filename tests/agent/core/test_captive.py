"""Answers to connectivity checks: genuine ones, portals of several kinds, and what is neither."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.captive import MAX_TITLE, Check, judge, parse_check
from tests.support.growth import PROPORTION, growth

EMPTY = Check("http://connectivitycheck.gstatic.com/generate_204", 204)
TEXT = Check("http://detectportal.firefox.com/success.txt", 200, "success")
BARE = Check("http://198.51.100.7/")
LOGIN = b"<html><title>Hotspot  Kelurahan</title><form action=/login><input name=x type=password></form>"


@pytest.mark.parametrize(
    ("check", "status", "location", "body", "kind", "why"),
    [
        (EMPTY, 204, "", b"", "genuine", ""),
        (EMPTY, 200, "", b"", "genuine", ""),
        (EMPTY, 200, "", b"\r\n", "genuine", ""),
        (TEXT, 200, "", b"success\n", "genuine", ""),
        (BARE, 200, "", b"<html>halo", "genuine", ""),
        (BARE, 301, "/beranda", b"", "genuine", ""),
        (EMPTY, 511, "", b"", "captive", "status_511"),
        (EMPTY, 302, "http://login.hotspot.lan/?dst=x", b"", "captive", "redirect"),
        (EMPTY, 307, "//10.5.50.1/login", b"", "captive", "redirect"),
        (TEXT, 301, "https://portal.example/", b"", "captive", "redirect"),
        (BARE, 302, "http://10.5.50.1/login", b"", "captive", "redirect"),
        (EMPTY, 200, "", b"<html>Selamat datang", "captive", "content"),
        (EMPTY, 200, "", LOGIN, "captive", "content"),
        (TEXT, 200, "", LOGIN, "captive", "login"),
        (TEXT, 200, "", b'<FORM action=""><INPUT type=text name="voucher">', "captive", "login"),
        (BARE, 200, "", LOGIN, "captive", "login"),
        (TEXT, 403, "", LOGIN, "captive", "login"),
        (TEXT, 200, "", b'<meta http-equiv="refresh" content="0; url=http://10.0.0.1/">', "captive", "redirect"),
        (TEXT, 200, "", b'<script>window.location.href = "http://wifi.example/x"</script>', "captive", "redirect"),
        (TEXT, 200, "", b'<script>location.replace("https://wifi.example/")</script>', "captive", "redirect"),
        (TEXT, 200, "", b"<html>something else", "unclear", ""),
        (TEXT, 200, "", b'<form><input name="q"></form>', "unclear", ""),
        (TEXT, 301, "https://detectportal.firefox.com/", b"", "unclear", ""),
        (TEXT, 302, "http://www.detectportal.firefox.com/", b"", "unclear", ""),
        (TEXT, 302, "http://firefox.com/", b"", "unclear", ""),
        (TEXT, 302, "", b"", "unclear", ""),
        (TEXT, 302, "http://[", b"", "unclear", ""),
        (TEXT, 502, "", b"<html>Bad gateway", "unclear", ""),
        (EMPTY, 404, "", b"", "unclear", ""),
        (EMPTY, 200, "http://10.0.0.1/", b"", "genuine", ""),  # a Location without a redirect's status leads nowhere
    ],
)
def test_what_an_answer_is(check: Check, status: int, location: str, body: bytes, kind: str, why: str) -> None:
    found = judge(check, status, location, body)
    assert (found.kind, found.why) == (kind, why)


def test_the_evidence_names_the_page_and_where_it_leads() -> None:
    assert judge(TEXT, 200, "", LOGIN).title == "Hotspot Kelurahan"
    assert judge(EMPTY, 302, "/x", b"").leads_to == ""
    assert judge(EMPTY, 302, "http://a.example/x", b"").leads_to == "http://a.example/x"
    assert judge(TEXT, 200, "", b"<title>" + b"\x1b[2J" * 90 + b"</title>").title == ("[2J" * 90)[:MAX_TITLE]


@given(st.integers(100, 599), st.text(max_size=60), st.binary(max_size=300))
def test_any_answer_is_one_of_three(status: int, location: str, body: bytes) -> None:
    for check in (EMPTY, TEXT, BARE):
        assert judge(check, status, location, body).kind in ("genuine", "captive", "unclear")


@given(
    st.lists(
        st.sampled_from([b"<meta ", b"http-equiv=refresh ", b"url=http://", b"<input ", b"<form", b"<title", b"["])
    )
)
def test_pieces_of_pages_are_judged(pieces: list[bytes]) -> None:
    location = "http://" + pieces[0].decode() if pieces else ""
    found = judge(TEXT, 200, location, b"".join(pieces))
    assert found == judge(TEXT, 200, location, b"".join(pieces))
    assert found is None or all(character.isprintable() for character in str(found))


@pytest.mark.parametrize("piece", [b"<", b"<meta ", b"<meta http-equiv=refresh ", b"<input ", b"url=", b"location="])
def test_a_page_made_to_be_slow_is_not(piece: bytes) -> None:
    assert growth(lambda size: judge(TEXT, 200, "", b"<form" + (piece * size)[:size]), 16_384) < PROPORTION


def test_a_check_is_written_as_address_status_and_text() -> None:
    assert parse_check("http://a.example/x 200 Microsoft Connect Test") == Check(
        "http://a.example/x", 200, "Microsoft Connect Test"
    )
    assert parse_check("http://198.51.100.7/") == Check("http://198.51.100.7/")


@pytest.mark.parametrize(
    "line",
    ["", "https://a.example/", "http://", "a.example", "http://a.example/ ok", "http://a.example/ 404", "http://["],
)
def test_a_check_that_cannot_be_one_is_refused(line: str) -> None:
    with pytest.raises(ValueError):
        parse_check(line)
