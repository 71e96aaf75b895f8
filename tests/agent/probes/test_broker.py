"""The broker probe: a real mosquitto over mutual TLS, and servers which refuse, hang or pretend."""

import asyncio
import shutil
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from agent.core.observation import Observation
from agent.probes.broker import HANDSHAKE_EVERY_MS, BrokerConfig
from agent.probes.context import Center
from agent.probes.execute import observe
from tests.support.broker import RunningBroker, running_broker
from tests.support.probe_once import context_for, observe_here, target_for
from tests.support.serving import Certificates, serving

NODE = "kel-3673011001"
QUICK = {"timeout_s": 2.0}


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBroker]:
    with running_broker(tmp_path_factory.mktemp("broker")) as running:
        yield running


def run(port: int, credentials: Path, config: dict[str, object] | None = None) -> Observation:
    center = Center("127.0.0.1", port, credentials)
    return asyncio.run(observe_here("broker", config or QUICK, center=center, host="center", port=port))


@pytest.fixture
def own(tmp_path: Path) -> tuple[Certificates, Path]:
    """A small authority, and a node's credentials from it."""
    made = Certificates(tmp_path / "own")
    folder = tmp_path / "credentials"
    folder.mkdir()
    certificate, key = made.leaf(NODE, days=30)
    shutil.copy(made.ca, folder / "ca.crt")
    shutil.copy(certificate, folder / "node.crt")
    shutil.copy(key, folder / "node.key")
    return made, folder


@pytest.mark.broker
def test_a_real_broker_takes_the_nodes_certificate(broker: RunningBroker) -> None:
    seen = run(broker.port, broker.issue_node(NODE))
    assert (seen.ok, seen.reason, seen.sent) == (True, "", 1)
    assert set(seen.phases_ms) == {"connect", "tls"}
    assert float(str(seen.detail["certificate_days"])) > 1
    assert float(str(seen.detail["own_certificate_days"])) > 1
    assert seen.detail["tls"] == "TLSv1.3"


@pytest.mark.broker
def test_a_real_broker_refuses_a_strangers_certificate(broker: RunningBroker, own: tuple[Certificates, Path]) -> None:
    _, folder = own
    shutil.copy(broker.issue_node(NODE) / "ca.crt", folder / "ca.crt")
    seen = run(broker.port, folder)
    assert (seen.ok, seen.reason, seen.detail["phase"]) == (False, "tls_refused_us", "tls")


@pytest.mark.broker
def test_a_hung_broker_is_told_by_the_phase_that_hangs(tmp_path: Path) -> None:
    with running_broker(tmp_path) as broker:
        credentials = broker.issue_node(NODE)
        broker.pause()
        seen = run(broker.port, credentials, {"timeout_s": 0.4})
        assert (seen.ok, seen.reason, seen.detail["phase"]) == (False, "timeout", "tls")
        assert "connect" in seen.phases_ms
        port = broker.port
        broker.resume()
        broker.stop()
        seen = run(port, credentials)
        assert (seen.ok, seen.reason, seen.rtts_ms) == (False, "refused", (None,))


@pytest.mark.parametrize(
    ("days", "begins", "host", "reason"),
    [
        (-1, -5, "127.0.0.1", "tls_expired"),
        (90, 5, "127.0.0.1", "tls_not_yet_valid"),
        (90, -5, "198.51.100.7", "tls_hostname"),
        (90, -5, "other.example", "tls_hostname"),
    ],
)
def test_an_invalid_certificate_says_why(
    own: tuple[Certificates, Path], days: float, begins: float, host: str, reason: str
) -> None:
    made, folder = own
    leaf = made.leaf("server", days=days, begins=begins, host=host)
    with serving(lambda connection: connection.recv(1), made.server_context(leaf)) as port:
        assert run(port, folder).reason == reason


def test_a_server_of_another_authority_is_not_trusted(own: tuple[Certificates, Path], tmp_path: Path) -> None:
    other = Certificates(tmp_path / "other")
    with serving(lambda connection: connection.recv(1), other.server_context(other.leaf("server"))) as port:
        assert run(port, own[1]).reason == "tls_untrusted"


@pytest.mark.parametrize(
    "speech", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x16\x03\x01\xff\xff" + b"A" * 50, b"\xff" * 5000]
)
def test_something_else_on_the_port_is_a_failed_handshake(own: tuple[Certificates, Path], speech: bytes) -> None:
    def talk(connection: socket.socket) -> None:
        connection.recv(10)
        connection.sendall(speech)
        connection.recv(4000)

    with serving(talk) as port:
        seen = run(port, own[1], {"timeout_s": 0.5})
    assert seen.reason in ("tls_failed", "reset", "timeout", "tls_refused_us")
    assert not seen.ok


def test_a_server_that_hangs_up_after_the_handshake_is_a_reset(own: tuple[Certificates, Path]) -> None:
    made, folder = own
    with serving(lambda _: None, made.server_context(made.leaf("server"))) as port:
        assert run(port, folder).reason == "reset"


def test_unreadable_credentials_blame_this_box_and_nobody_else(tmp_path: Path) -> None:
    seen = run(1, tmp_path)
    assert (seen.ok, seen.reason, seen.sent) == (False, "credentials", 0)
    assert str(tmp_path) in str(seen.detail["hint"])


def test_a_connected_uplink_is_taken_at_its_word_but_for_one_handshake_an_hour() -> None:
    class At:
        def __init__(self, now_ms: int) -> None:
            self.now_ms = now_ms

        def mono_ms(self) -> int:
            return self.now_ms

    async def go(now_ms: int) -> Observation:
        center = Center("127.0.0.1", 1, Path("/nowhere"))
        context = replace(context_for(center), uplink_connected=lambda: True, clock=At(now_ms))  # type: ignore[arg-type]
        return await observe(target_for("broker", {"interval_s": 60.0}, {"host": "center", "port": 1}), context)

    seen = asyncio.run(go(HANDSHAKE_EVERY_MS + 120_000))
    assert (seen.ok, seen.sent, seen.detail) == (True, 0, {"evidence": "uplink"})
    assert asyncio.run(go(HANDSHAKE_EVERY_MS + 30_000)).reason == "credentials"  # it looked for itself
    assert BrokerConfig().interval_s == 60.0
