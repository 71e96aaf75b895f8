"""The broker probe: a real mosquitto over mutual TLS, and servers which refuse, hang or pretend."""

import asyncio
import shutil
import socket
import time
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.core.observation import Observation
from agent.probes.broker import HANDSHAKE_EVERY_MS, BrokerConfig
from agent.probes.context import Center
from agent.probes.execute import observe
from tests.support.broker import RunningBroker, other_rules, running_broker
from tests.support.broker_probe import NODE, run
from tests.support.probe_once import context_for, target_for, with_time
from tests.support.processes import wait_until
from tests.support.serving import Certificates, serving, silent
from wire.shape import replace


@pytest.mark.broker
def test_a_real_broker_takes_the_nodes_certificate(broker: RunningBroker) -> None:
    seen = run(broker.port, broker.issue_node(NODE))
    assert (seen.ok, seen.reason, seen.sent) == (True, "", 1)
    assert set(seen.phases_ms) == {"connect", "tls"}
    assert float(str(seen.detail["certificate_days"])) > 1
    assert float(str(seen.detail["own_certificate_days"])) > 1
    assert seen.detail["tls"] == "TLSv1.3"


@pytest.mark.broker
@pytest.mark.usefixtures("heard")
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
        seen = with_time(
            lambda timeout_s: run(broker.port, credentials, {"timeout_s": timeout_s}),
            1.0,
            lambda seen: seen.detail.get("phase") == "tls",
        )
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


@pytest.mark.usefixtures("heard")
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
    assert asyncio.run(go(HANDSHAKE_EVERY_MS + 30_000)).reason == "refused"  # it looked for itself
    assert BrokerConfig().interval_s == 60.0


# -- CONNECT ---------------------------------------------------------------------------------------------------------


@pytest.mark.broker
def test_a_real_broker_lets_the_node_in_and_is_left_in_order(broker: RunningBroker) -> None:
    before = len(broker.log.read_text().splitlines())
    seen = run(broker.port, broker.issue_node(NODE), may_connect=True)
    assert (seen.ok, seen.reason) == (True, "")
    assert set(seen.phases_ms) == {"connect", "tls", "mqtt"}
    assert seen.detail["reason_code"] == 0
    assert "phase" not in seen.detail

    def said(words: str) -> bool:
        return any(words in line for line in broker.log.read_text().splitlines()[before:])

    wait_until(lambda: said(f" as {NODE} (p5, c1, k10"), "the connection in the log", detail=broker.log.read_text)
    wait_until(lambda: said(f"Client {NODE} disconnected."), "its end in the log", detail=broker.log.read_text)
    assert said(f"Client {NODE} disconnected.")


@pytest.mark.broker
def test_the_agents_own_session_is_never_thrown_out(broker: RunningBroker) -> None:
    """Where an agent may hold a session (`may_connect` is False), the probe stops before MQTT."""
    credentials = broker.issue_node(NODE)
    ended: list[object] = []
    client = paho.Client(paho.CallbackAPIVersion.VERSION2, client_id=NODE, protocol=paho.MQTTProtocolVersion.MQTTv5)
    client.tls_set_context(broker.tls_context(credentials))
    client.on_disconnect = lambda *_: ended.append(True)
    client.connect(broker.host, broker.port)
    client.loop_start()
    try:
        deadline = time.monotonic() + 30
        while not client.is_connected() and time.monotonic() < deadline:
            time.sleep(0.02)
        assert run(broker.port, credentials).ok
        time.sleep(0.3)
        assert client.is_connected()
        assert not ended
        assert run(broker.port, credentials, may_connect=True).ok  # the contrast: this one takes the session over
        deadline = time.monotonic() + 30
        while not ended and time.monotonic() < deadline:
            time.sleep(0.02)
        assert ended
    finally:
        client.disconnect()
        client.loop_stop()


@pytest.mark.broker
def test_a_real_broker_that_does_not_know_us_refuses_with_its_reason(broker: RunningBroker, tmp_path: Path) -> None:
    """It takes the certificate, and then wants a user name it was not given."""
    with other_rules(broker, tmp_path, "require_certificate true", "allow_anonymous false") as port:
        seen = run(port, broker.issue_node(NODE), may_connect=True)
    assert (seen.ok, seen.reason, seen.detail["phase"]) == (False, "mqtt_refused", "mqtt")
    assert (seen.detail["reason_code"], seen.detail["reason_name"]) == (0x87, "not authorised")
    assert seen.lost == 1


@pytest.mark.broker
def test_a_real_broker_that_wants_other_client_ids_refuses_with_its_reason(
    broker: RunningBroker, tmp_path: Path
) -> None:
    rules = ("require_certificate true", "allow_anonymous true", "clientid_prefixes center-")
    with other_rules(broker, tmp_path, *rules) as port:
        seen = run(port, broker.issue_node(NODE), may_connect=True)
    assert (seen.reason, seen.detail["reason_name"]) == ("mqtt_refused", "not authorised")


@pytest.mark.broker
def test_a_revoked_certificate_is_refused_by_tls_also_when_connect_follows_at_once(tmp_path: Path) -> None:
    with running_broker(tmp_path) as broker:
        credentials = broker.issue_node(NODE)
        assert run(broker.port, credentials, may_connect=True).ok
        broker.authority.revoke(NODE)
        broker.restart()
        seen = run(broker.port, credentials, may_connect=True)
    assert (seen.reason, seen.detail["phase"]) == ("tls_refused_us", "tls")


def test_a_broker_that_hangs_behind_tls_is_told_by_its_phase(own: tuple[Certificates, Path]) -> None:
    made, folder = own
    with serving(silent, made.server_context(made.leaf("server"))) as port:
        seen = with_time(
            lambda timeout_s: run(port, folder, {"timeout_s": timeout_s}, may_connect=True),
            1.5,
            lambda seen: seen.detail.get("phase") == "mqtt",
        )
    assert (seen.ok, seen.reason, seen.detail["phase"]) == (False, "timeout", "mqtt")
    assert {"connect", "tls"} <= set(seen.phases_ms)


@pytest.mark.parametrize(
    ("speech", "reason"),
    [
        (b"\x20\x03\x00\x89\x00", "mqtt_refused"),
        (b"\x20\x02\x00\x01", "mqtt_refused"),  # a broker of MQTT 3.1.1
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "mqtt_malformed"),
        (b"\x20\x03\x00", "mqtt_malformed"),
        (b"\xe0\x01\x8e", "mqtt_malformed"),
        (b"\xff" * 5000, "mqtt_malformed"),
        (b"", "reset"),
    ],
)
def test_what_comes_instead_of_a_welcome_has_its_reason(
    own: tuple[Certificates, Path], speech: bytes, reason: str
) -> None:
    made, folder = own

    def talk(connection: socket.socket) -> None:
        connection.recv(1000)
        connection.sendall(speech)

    with serving(talk, made.server_context(made.leaf("server"))) as port:
        seen = run(port, folder, may_connect=True)
    assert (seen.ok, seen.reason, seen.detail["phase"]) == (False, reason, "mqtt")


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(speech=st.binary(max_size=60))
def test_any_answer_to_connect_ends_in_an_observation(own: tuple[Certificates, Path], speech: bytes) -> None:
    made, folder = own

    def talk(connection: socket.socket) -> None:
        connection.recv(1000)
        connection.sendall(speech)

    with serving(talk, made.server_context(made.leaf("server"))) as port:
        seen = run(port, folder, may_connect=True)
    assert seen.reason in ("mqtt_malformed", "mqtt_refused", "reset", "")


def test_an_answer_in_drops_is_put_together(own: tuple[Certificates, Path]) -> None:
    made, folder = own

    def talk(connection: socket.socket) -> None:
        connection.recv(1000)
        for byte in b"\x20\x03\x00\x00\x00":
            connection.sendall(bytes([byte]))
            time.sleep(0.02)

    with serving(talk, made.server_context(made.leaf("server"))) as port:
        assert run(port, folder, may_connect=True).ok


@pytest.mark.broker
def test_where_an_agent_runs_its_own_refusal_is_the_evidence(broker: RunningBroker) -> None:
    seen = run(broker.port, broker.issue_node(NODE), refusal="Not authorized")
    assert (seen.ok, seen.reason, seen.detail["reason_name"]) == (False, "mqtt_refused", "Not authorized")
    assert (seen.detail["phase"], seen.detail["evidence"]) == ("mqtt", "uplink")
    assert run(broker.port, broker.issue_node(NODE), refusal="Not authorized", may_connect=True).ok


# -- without credentials ---------------------------------------------------------------------------------------------
