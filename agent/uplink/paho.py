"""paho-mqtt, imported without the modules this agent never needs.

paho imports `dns.resolver` whenever dnspython happens to be installed (for SRV look-ups), `socks` when PySocks is, and
`urllib.request` for proxies. Measured: 3.1 MiB and 2.1 MiB of a daemon that has 24. While paho is being imported the
first two look as if they were not installed, and the third, as well as `uuid` and `platform`, of which it wants a word
at most, has a stand-in; after it everything is as before.
"""

from agent.lean import StandIn, kept_out, system

_ABSENT = ("dns", "dns.resolver", "socks", "typing_extensions")

with kept_out(StandIn("urllib.request"), StandIn("uuid"), StandIn("platform", system=system), absent=_ABSENT):
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
