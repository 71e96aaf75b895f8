"""The broker as somebody without a node's credentials sees it: a laptop, a technician without root."""

import os
import shutil
import socket
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.broker import RunningBroker
from tests.support.broker_probe import NODE, run
from tests.support.serving import Certificates, serving


@pytest.mark.broker
@pytest.mark.usefixtures("heard")
@pytest.mark.parametrize("folder", [None, Path("/nowhere/credentials")])
def test_a_laptop_sees_that_the_broker_speaks_tls_and_wants_a_certificate(
    broker: RunningBroker, folder: Path | None
) -> None:
    seen = run(broker.port, folder, may_connect=True)
    assert (seen.ok, seen.reason) == (True, "")
    assert (seen.detail["unverified"], seen.detail["client_certificate"]) == (True, "demanded")
    assert float(str(seen.detail["certificate_days"])) > 1
    assert "mqtt" not in seen.phases_ms


@pytest.mark.parametrize(
    ("days", "begins", "host", "reason"),
    [
        (90, -5, "127.0.0.1", ""),
        (-1, -5, "127.0.0.1", "tls_expired"),
        (90, 5, "127.0.0.1", "tls_not_yet_valid"),
        (90, -5, "other.example", "tls_hostname"),
    ],
)
@pytest.mark.parametrize("demanding", [True, False])
def test_without_credentials_dates_and_name_are_judged_by_hand(
    tmp_path: Path, request: pytest.FixtureRequest, days: float, begins: float, host: str, reason: str, demanding: bool
) -> None:
    if demanding:
        request.getfixturevalue("heard")
    made = Certificates(tmp_path / "authority")
    leaf = made.leaf("server", days=days, begins=begins, host=host)
    tls = made.server_context(leaf, client_ca=made.ca if demanding else None)
    with serving(lambda connection: connection.recv(1), tls) as port:
        seen = run(port, None)
    assert (seen.reason, seen.ok) == (reason, not reason)
    if reason == "tls_hostname":
        assert seen.detail["certificate_names"] == host


def test_a_server_of_tls_1_2_that_wants_a_certificate_answers_too(tmp_path: Path) -> None:
    made = Certificates(tmp_path / "authority")
    tls = made.server_context(made.leaf("server"), client_ca=made.ca)
    tls.maximum_version = ssl.TLSVersion.TLSv1_2
    with serving(lambda connection: connection.recv(1), tls) as port:
        seen = run(port, None)
    assert (seen.ok, seen.detail["client_certificate"]) == (True, "demanded")


def test_without_credentials_something_else_on_the_port_is_still_no_broker() -> None:
    def talk(connection: socket.socket) -> None:
        connection.recv(10)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        connection.recv(4000)

    with serving(talk) as port:
        assert run(port, None).reason == "tls_failed"
    assert run(1, None).reason == "refused"


@pytest.mark.broker
@pytest.mark.usefixtures("heard")
def test_who_may_not_read_the_key_still_sees_the_broker_judged_by_the_authority(broker: RunningBroker) -> None:
    """A technician without root: the authority's certificate is public, the node's key is not."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(broker.issue_node(NODE), folder, dirs_exist_ok=True)
        folder.chmod(0o755)
        (folder / "ca.crt").chmod(0o644)
        (folder / "node.key").chmod(0)
        with as_nobody():
            seen = run(broker.port, folder, may_connect=True)
            stranger = run(broker.port, folder, may_connect=True, host="other.example")
        (folder / "ca.crt").chmod(0)
        with as_nobody():
            blind = run(broker.port, folder, may_connect=True)
    assert (seen.ok, seen.detail["client_certificate"]) == (True, "demanded")
    assert "node.key may not be read" in str(seen.detail["hint"])
    assert "unverified" not in seen.detail
    assert stranger.reason == "tls_hostname"
    assert (blind.ok, blind.detail["unverified"]) == (True, True)


@contextmanager
def as_nobody() -> Iterator[None]:
    """For the length of the block this process is a user without privileges; it is anyway when it is not root."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)
