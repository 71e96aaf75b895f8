"""What is asked, and what is believed of an answer: little, and never without bounds."""

from uuid import UUID
from xml.parsers import expat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.cameras.discovery.probe import KINDS, MOST_ANSWER_BYTES, AnswerError, address_of, matches, question
from tests.support.discovery_device import answer

ASKED = UUID("11111111-2222-3333-4444-555555555555")
WHOLE = answer(
    f"uuid:{ASKED}", address="http://192.168.1.20/onvif/device_service http://[fe80::1]/onvif/device_service"
)


@pytest.mark.parametrize("kind", KINDS)
def test_the_question_is_xml_and_names_itself_and_what_is_wanted(kind: str) -> None:
    asked = question(ASKED, kind)
    expat.ParserCreate().Parse(asked, True)
    assert str(ASKED).encode() in asked
    assert kind.encode() in asked


def test_an_answer_tells_address_name_hardware_and_place() -> None:
    [match] = matches(WHOLE, [UUID(int=9), ASKED])
    assert match.addresses[0] == "http://192.168.1.20/onvif/device_service"
    assert (match.name, match.hardware, match.location) == ("HIKVISION DS-2CD1021-I", "DS-2CD1021-I", "city/serang")
    assert match.ident == "urn:uuid:4d454930-0000-1000-8000-0050c2123456"


def test_the_message_is_known_however_the_camera_spells_its_number() -> None:
    for spelled in (f"urn:uuid:{ASKED}", f"uuid:{str(ASKED).upper()}", str(ASKED), f"\n  urn:uuid:{ASKED}\n"):
        assert len(matches(answer(spelled), [ASKED])) == 1, spelled


@pytest.mark.parametrize(
    "relates_to", ["", "uuid:", f"uuid:{UUID(int=7)}", "x" * 3000], ids=["nobody", "half", "another", "long"]
)
def test_an_answer_to_somebody_else_is_refused(relates_to: str) -> None:
    with pytest.raises(AnswerError, match="somebody else"):
        matches(answer(relates_to), [ASKED])


@pytest.mark.parametrize(
    ("said", "source", "used"),
    [
        ("http://192.168.1.20:8899/onvif", "192.168.1.20", "http://192.168.1.20:8899/onvif"),
        ("http://169.254.7.7/x http://10.0.0.9/onvif/d", "10.0.0.9", "http://10.0.0.9/onvif/d"),
        ("http://evil.example/onvif", "10.0.0.9", "http://10.0.0.9/onvif/device_service"),
        ("http://user:pass@10.0.0.9/onvif", "10.0.0.9", "http://10.0.0.9/onvif/device_service"),
        ("file:///etc/passwd javascript:alert(1)", "10.0.0.9", "http://10.0.0.9/onvif/device_service"),
        ("http://10.0.0.9:99999/", "10.0.0.9", "http://10.0.0.9/onvif/device_service"),
        ("", "10.0.0.9", "http://10.0.0.9/onvif/device_service"),
    ],
)
def test_a_device_is_sought_where_it_answered_from_and_nowhere_else(said: str, source: str, used: str) -> None:
    [match] = matches(answer(f"uuid:{ASKED}", address=said), [ASKED])
    assert address_of(match, source) == used


def test_what_a_device_calls_itself_cannot_steer_a_terminal() -> None:
    scopes = "onvif://www.onvif.org/name/%1B%5B2Jcamera%0Aroot onvif://www.onvif.org/hardware/" + "A" * 500
    [match] = matches(answer(f"uuid:{ASKED}", scopes=scopes), [ASKED])
    assert match.name == "?[2Jcamera?root"
    assert len(match.hardware) == 64


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + "".join(
    f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9)
)


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"GET / HTTP/1.1\r\n\r\n",
        b"\xff" * 100,
        WHOLE[:-20],
        WHOLE + b"<again/>",
        f"{BOMB}]><x>&j;</x>".encode(),
        b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><x/>',
        b'<!DOCTYPE x><x xmlns="urn:x"/>',
        f"{BOMB}]><x>&j;</x>".encode("utf-16"),
        b'<?xml version="1.0" encoding="klingon"?><x/>',
        b"<x>" * 200 + b"</x>" * 200,
        b"<x>" + b"<y/>" * 1000 + b"</x>",
        b"<x>" + b"a" * 5000 + b"</x>",
        WHOLE + b" " * MOST_ANSWER_BYTES,
    ],
    ids=range(14),
)
def test_what_is_no_answer_is_refused_and_says_why(document: bytes) -> None:
    with pytest.raises(AnswerError) as refused:
        matches(document, [ASKED])
    assert str(refused.value)


@given(st.binary(max_size=400))
def test_any_bytes_are_refused_and_nothing_else_happens(document: bytes) -> None:
    with pytest.raises(AnswerError):
        matches(document, [ASKED])


@given(st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)), min_size=1, max_size=6))
def test_a_damaged_answer_is_read_within_bounds_or_refused(damage: list[tuple[int, int]]) -> None:
    damaged = bytearray(WHOLE)
    for at, value in damage:
        damaged[at] = value
    try:
        found = matches(bytes(damaged), [ASKED])
    except AnswerError:
        return
    for match in found:
        texts = (match.ident, match.name, match.hardware, match.location)
        assert all(len(text) <= 64 and text.isprintable() for text in texts)
        assert address_of(match, "10.0.0.9").startswith(("http://10.0.0.9/", "http://10.0.0.9:", "https://10.0.0.9"))
