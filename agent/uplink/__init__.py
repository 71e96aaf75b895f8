"""The uplink: the outbox's records to the centre, the centre's downlinks to us, over MQTT 5 and mutual TLS."""

from agent.uplink.config import UplinkConfig
from agent.uplink.downlinks import OnDownlink
from agent.uplink.uplink import Uplink

__all__ = ["OnDownlink", "Uplink", "UplinkConfig"]
