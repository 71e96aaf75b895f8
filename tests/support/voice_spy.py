"""Somebody who may read everything at the broker, and somebody who keeps watching the processes' tables."""

import os
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from center.broker import INGEST_NAME
from center.pki import open_authority
from tests.support.city import City, wait_until

NUMBER = 16
"""A name the broker knows and nobody else here uses."""
LOOK_EVERY_S = 0.05


class Spy:
    """Subscribes to `#` with the right to. `seen`: topic and payload of everything, retained messages too."""

    def __init__(self, city: City) -> None:
        self.seen: list[tuple[str, bytes, bool]] = []
        self._ready = threading.Event()
        keys = open_authority(city.data / "pki").issue_center(INGEST_NAME.format(number=NUMBER))
        context = ssl.create_default_context(cafile=str(keys.ca))
        context.load_cert_chain(keys.certificate, keys.key)
        self._client = Client(CallbackAPIVersion.VERSION2, keys.name, protocol=MQTTProtocolVersion.MQTTv5)
        self._client.tls_set_context(context)
        self._client.reconnect_delay_set(1, 1)
        self._client.on_connect = lambda client, *_: client.subscribe([("#", 1), ("$SYS/#", 0)])
        self._client.on_subscribe = lambda *_: self._ready.set()
        self._client.on_message = self._on_message
        self._port = city.mqtt_port

    def __enter__(self) -> "Spy":
        self._client.connect("127.0.0.1", self._port, 30)
        self._client.loop_start()
        assert self._ready.wait(60)
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    @property
    def leaves(self) -> set[str]:
        """What kind of topics it has heard: the last part of each."""
        return {topic.rpartition("/")[2] for topic, _, _ in self.seen}

    def _on_message(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        self.seen.append((message.topic, bytes(message.payload), message.retain))


def let_spy(city: City) -> None:
    """Give the spy the right to read everything; the broker reads its list again without ending."""
    name = INGEST_NAME.format(number=NUMBER)
    path = city.data / "broker" / "acl"
    path.write_text(path.read_text() + f"\nuser {name}\ntopic read #\ntopic read $SYS/#\n")
    city.part("mosquitto").send_signal(1)  # SIGHUP


def check_spy(city: City, spy: Spy) -> None:
    """AssertionError when the spy does not even hear what is said to nodes: then it proves nothing."""
    wait_until(lambda: "ack" in spy.leaves, f"the spy to hear acknowledgements: {spy.leaves}", 60)


class Watcher:
    """What every process of ours had in its arguments and environment, as far as it lived long enough to be seen."""

    def __init__(self) -> None:
        self.seen: dict[tuple[str, str], bytes] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    @property
    def programs(self) -> set[str]:
        """Arguments seen, as one text each."""
        return {
            content.replace(b"\0", b" ").decode(errors="replace")
            for (_, what), content in self.seen.items()
            if what == "cmdline"
        }

    def _watch(self) -> None:
        while not self._stop.wait(LOOK_EVERY_S):
            for process in psutil.Process(os.getpid()).children(recursive=True):
                for what in ("cmdline", "environ"):
                    with suppress(OSError):
                        content = Path(f"/proc/{process.pid}/{what}").read_bytes()
                        self.seen[f"{process.pid} {hash(content)}", what] = content


@contextmanager
def watched() -> Iterator[Watcher]:
    """Watch for the length of the block."""
    watcher = Watcher()
    watcher._thread.start()
    try:
        yield watcher
    finally:
        watcher._stop.set()
        watcher._thread.join()
