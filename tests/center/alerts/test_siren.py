"""The siren at a real broker: its own certificate, its own topic, and a state that is true."""

import json
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

import pytest

from center.broker import ALERTS_NAME, SIREN_TREE
from tests.support.alerts import add_channel, add_route, drain, incident, states
from tests.support.broker import RunningBroker, running_broker

pytestmark = pytest.mark.broker
TOPIC = f"{SIREN_TREE}/center-siren-1"


class Device:
    """A siren as it hangs in the hall: connected with its certificate, it hears what is published."""

    def __init__(self, broker: RunningBroker, name: str, topic: str) -> None:
        import paho.mqtt.client as mqtt
        from paho.mqtt.enums import CallbackAPIVersion

        self.heard: SimpleQueue[dict[str, Any]] = SimpleQueue()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        self._client.tls_set_context(broker.tls_context(broker.issue_center(name)))
        answered = threading.Event()
        self._client.on_connect = lambda client, *_: client.subscribe(topic, 1)
        self._client.on_subscribe = lambda *_: answered.set()
        self._client.on_message = lambda _client, _data, message: self.heard.put(json.loads(message.payload))
        self._client.connect("127.0.0.1", broker.port)
        self._client.loop_start()
        assert answered.wait(90), "the broker did not answer the subscription"

    def until(self, on: bool) -> dict[str, Any]:
        """The first state with `on` like this."""
        while True:
            state = self.heard.get(timeout=90)
            if state["on"] is on:
                return state

    def silent(self, for_s: float) -> bool:
        try:
            self.heard.get(timeout=for_s)
        except Empty:
            return True
        return False

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@pytest.fixture
def hall(center_data: Path, tmp_path: Path) -> Iterator[tuple[RunningBroker, Any]]:
    """A broker, and an alerts process with a siren channel for what is critical."""
    from center.alerts.channel import Centre
    from center.alerts.owner import Owner
    from center.alerts.service import Service

    with running_broker(tmp_path) as broker:
        made = broker.issue_center(ALERTS_NAME)
        (center_data / "pki").symlink_to(made.directory.parents[1])
        add_channel("sirene", "siren", {"siren": "center-siren-1"})
        add_route("sirene", least_severity="critical")
        owner = Owner(center_data)
        with owner.alive():
            yield broker, Service(Centre(center_data, "127.0.0.1", broker.port), owner, threading.Event())


def tell(process: Any, sounding: int) -> None:
    """Rounds of the process until the siren has been told this, at a second try if need be."""
    drain(process, until=lambda: process.idle() and process._sirens.told.get("sirene", (-1, 0))[0] == sounding)


def test_it_sounds_for_what_is_critical_until_somebody_acknowledges(hall: tuple[RunningBroker, Any]) -> None:
    broker, process = hall
    device = Device(broker, "center-siren-1", TOPIC)
    try:
        tell(process, 0)
        assert device.until(False)["valid_s"] == 120
        incident(severity="warning", subject="kel-9")
        number = incident()
        tell(process, 1)
        assert device.until(True)["incidents"] == 1
        incident("acknowledged", number)
        tell(process, 0)
        device.until(False)
        drain(process, until=lambda: states() == {"opened": "sent", "silenced": "sent"})
    finally:
        device.close()


def test_it_falls_silent_at_the_recovery_and_a_restarted_broker_is_told_again(hall: tuple[RunningBroker, Any]) -> None:
    broker, process = hall
    number = incident()
    tell(process, 1)
    broker.restart()
    process._sirens.told.clear()  # as after REFRESH_MS
    tell(process, 1)
    device = Device(broker, "center-siren-1", TOPIC)
    try:
        assert device.until(True)["on"], "the new broker was told that it is on"
        incident("resolved", number)
        tell(process, 0)
        assert not device.until(False)["on"]
    finally:
        device.close()


def test_no_other_certificate_hears_or_moves_the_siren(hall: tuple[RunningBroker, Any]) -> None:
    broker, process = hall
    import paho.mqtt.client as mqtt
    from paho.mqtt.enums import CallbackAPIVersion

    other = Device(broker, "center-siren-2", f"{SIREN_TREE}/#")
    ingest = Device(broker, "center-ingest-1", f"{SIREN_TREE}/#")
    node = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
    context: ssl.SSLContext = broker.tls_context(broker.issue_node("kel-3673011001"))
    node.tls_set_context(context)
    node.connect("127.0.0.1", broker.port)
    node.loop_start()
    device = Device(broker, "center-siren-1", TOPIC)
    try:
        node.publish(TOPIC, json.dumps({"on": True, "forged": True}), 1, retain=True)
        node.publish(TOPIC, json.dumps({"on": True, "forged": True}), 1).wait_for_publish(90)
        incident()
        tell(process, 1)
        assert "forged" not in device.until(True)
        assert other.silent(0.3) and ingest.silent(0.1)
    finally:
        node.disconnect()
        node.loop_stop()
        for one in (device, other, ingest):
            one.close()
