"""The uplink: the outbox's records to the centre, the centre's downlinks to us, over MQTT 5 and mutual TLS.

The names are found when they are asked for: who reads the configuration does not load the line.
"""

from typing import TYPE_CHECKING, Final

from agent.late import names_of

if TYPE_CHECKING:
    from agent.uplink.config import UplinkConfig
    from agent.uplink.downlinks import SIGNED_LEAVES, OnDownlink
    from agent.uplink.uplink import Uplink

__all__ = ["SIGNED_LEAVES", "OnDownlink", "Uplink", "UplinkConfig"]

_HOMES: Final = {
    "OnDownlink": "agent.uplink.downlinks",
    "SIGNED_LEAVES": "agent.uplink.downlinks",
    "Uplink": "agent.uplink.uplink",
    "UplinkConfig": "agent.uplink.config",
}
__getattr__ = names_of(__name__, _HOMES)
