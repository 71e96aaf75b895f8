"""Names for the system's functions: what is ASCII goes as it is, and finds the same."""

import socket
import ssl

import pytest

from agent.core.hosts import for_system


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_what_is_ascii_goes_as_bytes_and_finds_the_same(host: str) -> None:
    assert for_system(host) == host.encode()
    assert socket.getaddrinfo(for_system(host), 1883) == socket.getaddrinfo(host, 1883)


def test_an_international_name_is_left_to_idna() -> None:
    assert for_system("böse.example") == "böse.example"


@pytest.mark.parametrize("host", ["x" * 64 + ".id", "two..dots", ""])
def test_what_can_be_no_name_is_refused_as_before(host: str) -> None:
    assert for_system(host) == host


@pytest.mark.parametrize("host", ["x" * 63 + ".id", "rooted.example."])
def test_a_long_label_and_a_root_are_names(host: str) -> None:
    assert for_system(host) == host.encode()


def test_tls_names_the_host_as_before() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    secure = context.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname=for_system("sandi.example"))
    assert secure.server_hostname == "sandi.example"
