"""paho-mqtt, imported without the modules this agent never needs.

paho imports `dns.resolver` whenever dnspython happens to be installed (for SRV look-ups), `socks` when PySocks is, and
`urllib.request` for proxies. Measured: 3.1 MiB and 2.1 MiB of a daemon that has 24. While paho is being imported the
first two look as if they were not installed and the third is an empty module; after it everything is as before. paho
uses `urllib.request` only when it found `socks`, so the empty module is never looked into.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

_ABSENT = ("dns", "dns.resolver", "socks", "typing_extensions")
_EMPTY = "urllib.request"


@contextmanager
def _kept_out() -> Iterator[None]:
    names = (*_ABSENT, _EMPTY)
    before = {name: sys.modules[name] for name in names if name in sys.modules}
    for name in _ABSENT:
        sys.modules[name] = None  # type: ignore[assignment]  # importlib reads None as "not installed"
    if _EMPTY not in before:
        sys.modules[_EMPTY] = ModuleType(_EMPTY)
    try:
        yield
    finally:
        for name in names:
            sys.modules.pop(name, None)
        sys.modules.update(before)


with _kept_out():
    from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
    from paho.mqtt.enums import CallbackAPIVersion, LogLevel, MQTTProtocolVersion
    from paho.mqtt.packettypes import PacketTypes
    from paho.mqtt.properties import Properties
    from paho.mqtt.reasoncodes import ReasonCode
    from paho.mqtt.subscribeoptions import SubscribeOptions

__all__ = [
    "CallbackAPIVersion",
    "Client",
    "ConnectFlags",
    "DisconnectFlags",
    "LogLevel",
    "MQTTMessage",
    "MQTTProtocolVersion",
    "PacketTypes",
    "Properties",
    "ReasonCode",
    "SubscribeOptions",
]
