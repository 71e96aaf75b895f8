"""The uplink: the outbox's records to the centre, the centre's downlinks to us, over MQTT 5 and mutual TLS.

The names are found when they are asked for: who reads the configuration does not load the line.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from agent.uplink.config import UplinkConfig
    from agent.uplink.downlinks import OnDownlink
    from agent.uplink.uplink import Uplink

__all__ = ["OnDownlink", "Uplink", "UplinkConfig"]

_HOMES: Final = {
    "OnDownlink": "agent.uplink.downlinks",
    "Uplink": "agent.uplink.uplink",
    "UplinkConfig": "agent.uplink.config",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(name)
    return getattr(import_module(_HOMES[name]), name)
