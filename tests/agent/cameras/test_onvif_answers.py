"""What an ONVIF device may answer: any bytes, any names, any addresses; and the ways that follow from good ones."""

import random
from datetime import UTC, datetime
from functools import cache

from hypothesis import given
from hypothesis import strategies as st

from agent.cameras.base import CameraError, CameraUnavailableError
from agent.cameras.http.address import Address
from agent.cameras.soap.media import Profile, Way, media_services, profiles, put_back, ways
from agent.cameras.soap.questions import device_time, fault_words
from agent.cameras.soap.xml import MAX_TEXT_CHARS, Element, XmlError, read_xml
from tests.agent.cameras.onvif_device import MEDIA1, MEDIA2, QUESTIONS, OnvifDevice, envelope, fault

HTTP = ("http", "https")
MAIN, SUB = Profile("m", "Main", "1", 1920, 1080), Profile("s", "Sub", "1", 640, 360)
TINY, OTHER = Profile("t", "Tiny", "1", 320, 180), Profile("o", "Other", "2", 3840, 2160)


def test_snapshot_comes_before_the_smaller_stream_and_that_before_the_main_one() -> None:
    assert ways([SUB, MAIN, TINY, OTHER], "", "auto") == [
        Way("snapshot", MAIN),
        Way("stream", SUB),
        Way("stream", MAIN),
    ]
    assert ways([SUB, MAIN, TINY, OTHER], "", "stream") == [Way("stream", SUB), Way("stream", MAIN)]
    assert ways([MAIN], "", "auto") == [Way("snapshot", MAIN), Way("stream", MAIN)]
    assert ways([TINY], "", "stream") == [Way("stream", TINY)]  # too small is better than none


def test_a_profile_is_chosen_by_token_or_name() -> None:
    for wanted in ("o", "Other"):
        assert ways([SUB, MAIN, OTHER], wanted, "auto") == [Way("snapshot", OTHER), Way("stream", OTHER)]


def told(question: str, asked: str = "") -> Element:
    """The device's answer to a question, read."""
    found = read_xml(envelope(QUESTIONS[question](OnvifDevice(), asked))).first(f"{question}Response")
    assert found is not None
    return found


def test_profiles_of_both_media_services_are_read_alike() -> None:
    first, second = (profiles(told("GetProfiles", namespace)) for namespace in (MEDIA1, MEDIA2))
    assert first == second
    assert first[0] == Profile("sub&1", "Profil 640", "VS1", 640, 360)
    assert [profile.token for profile in first] == ["sub&1", "main<1>", "tiny", "other"]


def test_long_texts_are_cut_and_namespaces_do_not_matter() -> None:
    root = read_xml(b'<x:a xmlns:x="u" x:b="1"><c xmlns="v">' + b"d" * 10_000 + b"</c></x:a>")
    assert (root.name, root.attributes) == ("a", {"b": "1"})
    assert root.words("c") == "d" * MAX_TEXT_CHARS


@given(st.binary(max_size=400))
def test_any_bytes_are_xml_or_an_xml_error(content: bytes) -> None:
    try:
        assert read_xml(content).name
    except XmlError as error:
        assert str(error)


@cache
def answer(question: str) -> bytes:
    """Of a device whose clock and port stand still: a property must find the same bytes whenever it looks."""
    device = OnvifDevice()
    device.port, device.now = 8080, lambda: datetime(2026, 11, 28, 9, 5, 7, tzinfo=UTC)  # type: ignore[method-assign]
    return envelope(QUESTIONS[question](device, ""))


@given(st.sampled_from(sorted(QUESTIONS)), st.randoms(use_true_random=False), st.integers(1, 30))
def test_an_answer_with_bytes_gone_or_changed_never_surprises(
    question: str, chance: random.Random, changes: int
) -> None:
    content = bytearray(answer(question))
    for _ in range(changes):
        at = chance.randrange(len(content))
        content[at : at + chance.randrange(3)] = chance.choice(
            [b"", b"<", b">", b'"', b"&", b"9", b"\xff", b"</tt:Uri>"]
        )
    try:
        root = read_xml(bytes(content))
    except XmlError:
        return
    assert all(isinstance(uri, str) for uri in media_services(root).values())
    assert device_time(root) is None or device_time(root)
    assert isinstance(fault_words(root), list)
    found = [profile for element in root.all("GetProfilesResponse") for profile in profiles(element)]
    try:
        assert ways(found, "", "auto")
    except CameraUnavailableError:
        assert not found


@given(st.text(max_size=60) | st.text(max_size=60).map(lambda text: f"http://{text}"))
def test_an_address_that_is_told_stays_on_the_devices_host_or_is_none(uri: str) -> None:
    try:
        address = put_back(uri, Address("http", "10.0.0.5", 80, "/"), ("http", "rtsp"))
    except CameraError as error:
        assert len(error.message) < 200
    else:
        assert address.host == "10.0.0.5" and 0 < address.port < 65_536
        assert address.target.isascii() and address.target.isprintable() and " " not in address.target
        assert "{" not in address.target


def test_a_told_address_loses_its_host_and_its_login_and_keeps_the_rest() -> None:
    device = Address("http", "fd00::5", 80, "/")
    address = put_back(" http://admin:x@169.254.1.1:8080/snap pic.jpg?a=1&b={password}#c ", device, ("http",))
    assert (address.host, address.port) == ("fd00::5", 8080)
    assert address.target == "/snap%20pic.jpg?a=1&b=%7Bpassword%7D"
    assert address.where == "[fd00::5]:8080"


@given(st.text(max_size=30), st.integers(-5, 99999))
def test_a_clock_that_cannot_be_is_no_clock(hour: str, year: int) -> None:
    hour = "".join(char for char in hour if char.isprintable() and char not in "<&")
    told = read_xml(
        envelope(
            f"<UTCDateTime><Time><Hour>{hour}</Hour><Minute>1</Minute><Second>60</Second></Time>"
            f"<Date><Year>{year}</Year><Month>2</Month><Day>29</Day></Date></UTCDateTime>"
        )
    )
    found = device_time(told)
    assert found is None or (found.year == year and found.second == 59)


def test_what_was_to_be_encrypted_stays_so_whatever_is_told() -> None:
    device = Address("https", "10.0.0.5", 8443, "/")
    assert put_back("http://10.0.0.5/snap", device, HTTP) == Address("https", "10.0.0.5", 8443, "/snap")
    assert put_back("https://10.0.0.5/snap", device, HTTP) == Address("https", "10.0.0.5", 443, "/snap")


def test_a_fault_gives_its_codes_and_never_its_sentence() -> None:
    assert fault_words(read_xml(fault("NotAuthorized"))) == ["Sender", "NotAuthorized"]
    assert fault_words(read_xml(fault("kata sandi: 123"))) == ["Sender"]
