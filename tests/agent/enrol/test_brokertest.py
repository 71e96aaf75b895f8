"""The broker is asked about a certificate, and nobody's session suffers for it."""

import shutil
from pathlib import Path

import paho.mqtt.client as paho
import pytest

from agent.enrol import brokertest
from agent.enrol.door import Address
from center.pki import create_authority
from tests.support.broker import RunningBroker
from tests.support.ports import free_port
from tests.support.processes import wait_until

NODE = "opd-diskominfo"


@pytest.fixture
def credentials(broker: RunningBroker) -> Path:
    return broker.issue_node(NODE)


def at(broker: RunningBroker) -> Address:
    return Address(broker.host, broker.port)


def test_a_good_certificate_is_accepted_and_the_live_session_of_its_node_goes_on(
    broker: RunningBroker, credentials: Path
) -> None:
    ended: list[object] = []
    heard: list[object] = []
    client = paho.Client(paho.CallbackAPIVersion.VERSION2, client_id=NODE, protocol=paho.MQTTv5)
    client.tls_set_context(broker.tls_context(credentials))
    client.on_disconnect = lambda *facts: ended.append(facts)
    client.on_subscribe = lambda *facts: heard.append(facts)
    client.connect(broker.host, broker.port)
    client.loop_start()
    try:
        wait_until(client.is_connected, "the session")
        for _ in range(5):
            assert brokertest.test(at(broker), credentials).verdict == "accepted"
        client.subscribe("sandi/v1/none")  # a round trip after them: a session thrown out is known by then
        wait_until(lambda: bool(heard or ended), "an answer")
        assert ended == []
    finally:
        client.disconnect()
        client.loop_stop()


def test_a_revoked_certificate_is_refused_each_time(
    broker: RunningBroker, credentials: Path, tmp_path: Path, heard_out: pytest.MonkeyPatch
) -> None:
    kept = shutil.copytree(credentials, tmp_path / "kept")
    broker.authority.revoke(NODE)
    broker.restart()
    for _ in range(10):
        tested = brokertest.test(at(broker), kept)
        assert (tested.verdict, "revoked" in tested.detail) == ("refused", True)
    heard_out.undo()
    assert brokertest.test(at(broker), broker.issue_node(NODE)).verdict == "accepted"


@pytest.mark.usefixtures("heard_out")
def test_a_certificate_of_another_authority_is_refused(broker: RunningBroker, tmp_path: Path) -> None:
    foreign = create_authority(tmp_path / "foreign")
    foreign.issue_node(NODE, tmp_path / "node", seal_public_key=bytes(32))
    shutil.copy(broker.authority.ca_certificate, tmp_path / "node" / "ca.crt")
    for _ in range(10):
        assert brokertest.test(at(broker), tmp_path / "node").verdict == "refused"


def test_a_broker_of_another_authority_is_not_believed(broker: RunningBroker, tmp_path: Path) -> None:
    foreign = create_authority(tmp_path / "foreign")
    foreign.issue_node(NODE, tmp_path / "node", seal_public_key=bytes(32))
    assert brokertest.test(at(broker), tmp_path / "node").verdict == "unbelieved"


def test_nobody_and_somebody_mute_are_silent(broker: RunningBroker, credentials: Path) -> None:
    assert brokertest.test(Address("127.0.0.1", free_port()), credentials).verdict == "silent"
    broker.pause()
    try:
        assert brokertest.test(at(broker), credentials, deadline_s=1.0).verdict == "silent"
    finally:
        broker.resume()
