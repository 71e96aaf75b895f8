"""A siren in the hall, by MQTT at the centre's own broker: it works while the internet is down.

What is published is a state, retained, on a topic tree of its own: `sandi-siren/v1/{siren}`. The siren's certificate
bears its name (`center-siren-1`), reads that one topic, and writes nothing. It sounds while "on" is true, and shows a
fault of its own when nothing new has come for `valid_s` seconds: then the centre is dead.
"""

import json
import re
import ssl
import threading
import time
from dataclasses import dataclass
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

from center.alerts.channel import DeliveryError, Message
from center.broker import ALERTS_NAME, SIREN_TREE
from center.errors import ConfigError
from center.ready import client_directory

CREDENTIAL = "none"
VALID_S = 120
"""Published anew every quarter of this."""
TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True)
class Settings:
    """`siren`: the name in its certificate, as `sandi-center alert siren` made it."""

    siren: str = "center-siren-1"

    def __post_init__(self) -> None:
        if not re.fullmatch(r"center-siren-[1-9][0-9]?", self.siren):
            raise ConfigError("setting siren must be center-siren-1 to center-siren-99",
                              "pengaturan siren harus center-siren-1 sampai center-siren-99")  # fmt: skip


def payload(message: Message, at_ms: int) -> dict[str, Any]:
    """The state. `test`: sound once and shortly, whatever the state."""
    value: dict[str, Any] = {
        "v": 1,
        "on": message.sounding > 0,
        "incidents": message.sounding,
        "at_ms": at_ms,
        "valid_s": VALID_S,
    }
    return value | {"test": True} if message.what == "test" else value


def send(settings: Settings, secret: str, message: Message) -> None:
    """Publish the state and wait for the broker's word that it has it."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="", protocol=mqtt.MQTTv5)
    folder = client_directory(message.centre.data, ALERTS_NAME)
    try:
        context = ssl.create_default_context(cafile=folder / "ca.crt")
        context.load_cert_chain(folder / "client.crt", folder / "client.key")
    except (OSError, ssl.SSLError) as error:
        raise DeliveryError("the certificate for the broker is missing", permanent=True) from error
    client.tls_set_context(context)
    connected, refused = threading.Event(), threading.Event()

    def on_connect(_client: Any, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            refused.set()
        connected.set()

    client.on_connect = on_connect
    topic = f"{SIREN_TREE}/{settings.siren}"
    body = json.dumps(payload(message, time.time_ns() // 1_000_000), separators=(",", ":"))
    try:
        client.connect(message.centre.mqtt_host, message.centre.mqtt_port, keepalive=30)
    except OSError as error:
        raise DeliveryError("the broker cannot be reached") from error
    client.loop_start()
    try:
        if not connected.wait(TIMEOUT_S) or refused.is_set():
            raise DeliveryError("the broker did not let us in")
        sent = client.publish(topic, body, qos=1, retain=True)
        if sent.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise DeliveryError("the broker's connection broke", uncertain=True)
        sent.wait_for_publish(TIMEOUT_S)
        if not sent.is_published():
            raise DeliveryError("the broker did not confirm in time", uncertain=True)
    except (RuntimeError, ValueError) as error:
        raise DeliveryError("the broker's connection broke", uncertain=True) from error
    finally:
        client.disconnect()
        client.loop_stop()
