"""Addresses of cameras: no passwords in them, nonsense is refused without being shown, any text is survived."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.cameras.base import Secrets
from agent.cameras.http.address import Address, check_address, take_apart, with_secrets

HTTP = ("http", "https")


@pytest.mark.parametrize(
    ("url", "scheme", "host", "port", "target"),
    [
        ("http://192.168.1.64", "http", "192.168.1.64", 80, "/"),
        ("https://kamera.local:8443/a/b.jpg?x=1&y={user}", "https", "kamera.local", 8443, "/a/b.jpg?x=1&y={user}"),
        (
            "http://10.0.0.5/user={user}_password={password}_c=1",
            "http",
            "10.0.0.5",
            80,
            "/user={user}_password={password}_c=1",
        ),
        ("http://[fd00::5]:81/s", "http", "fd00::5", 81, "/s"),
    ],
)
def test_good_addresses_are_taken_apart(url: str, scheme: str, host: str, port: int, target: str) -> None:
    check_address(url, HTTP)
    assert take_apart(url, HTTP) == Address(scheme, host, port, target)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://admin:Rahasia1@192.168.1.64/", "camera-passwords.toml"),
        ("http://admin@192.168.1.64/", "camera-passwords.toml"),
        ("http://192.168.1.64/s?usr=admin&pwd=Rahasia1", r"pwd=\{password\}"),
        ("http://192.168.1.64/s?password=Rahasia1", r"password=\{password\}"),
        ("http://192.168.1.64/s?loginpas=Rahasia1", "camera-passwords.toml"),
        ("http://192.168.1.64/user=admin_password=Rahasia1_channel=1", r"write \{password\}"),
        ("http://192.168.1.64/{secret:Rahasia1}", "only"),
        ("rtsp://192.168.1.64/Rahasia1", "must begin with"),
        ("http:///Rahasia1", "followed by"),
        ("http://192.168.1.64:99999/Rahasia1", "impossible"),
        ("http://192.168.1.64:0/Rahasia1", "followed by"),
        ("http://[Rahasia1/", "impossible"),
        ("http://192.168.1.64/Rahasia1 x", "without blanks"),
        ("http://192.168.1.64/Rahasia1\r\nX: y", "without blanks"),
        ("http://192.168.1.64/" + "Rahasia1" * 200, "at most 1000"),
        ("", "must begin with"),
    ],
)
def test_bad_ones_are_refused_without_being_shown(url: str, says: str) -> None:
    with pytest.raises(ValueError, match=says) as failure:
        check_address(url, HTTP)
    assert "Rahasia1" not in str(failure.value)


def test_the_configuration_says_which_camera_and_what_to_do(tmp_path: Path) -> None:
    from agent.configuration.cameras import TABLE
    from agent.configuration.strict import Reader

    reader = Reader(tmp_path)
    url = "http://admin:Rahasia1@192.168.1.64/"
    TABLE.build(reader, {"gate": {"type": "http_jpeg", "url": url}}, "cameras")
    (problem,) = reader.problems
    assert problem.key == "cameras.gate"
    assert "camera-passwords.toml" in str(problem) and "Rahasia1" not in str(problem)


@given(st.text(max_size=40), st.text(max_size=40))
def test_user_and_password_arrive_whatever_they_hold(user: str, password: str) -> None:
    from urllib.parse import parse_qs

    address = take_apart("http://10.0.0.5/x?u={user}&p={password}", HTTP)
    filled = with_secrets(address, Secrets(user, password))
    sent = parse_qs(filled.target.partition("?")[2], keep_blank_values=True)
    assert (sent["u"], sent["p"]) == ([user], [password])
    assert filled.target.isascii() and " " not in filled.target
    assert filled.target not in repr(filled)


@given(st.text(max_size=60) | st.text(max_size=60).map(lambda text: f"http://{text}"))
def test_any_text_is_an_address_or_a_value_error(url: str) -> None:
    try:
        address = take_apart(url, HTTP)
    except ValueError as error:
        assert str(error).startswith("url: ")
    else:
        assert address.host and 0 < address.port < 65536 and address.target.startswith(("/", "?"))
