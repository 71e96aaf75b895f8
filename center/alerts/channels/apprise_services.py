"""Any of the services Apprise knows, by one address that is all secret (`slack://...`, `matrix://...`, `gchat://...`).

Apprise answers yes or no: so whatever failed may have arrived, and is marked as a repeat when it goes out again. The
services the city relies on have files of their own, which can tell.
"""

import logging
from dataclasses import dataclass

from center.alerts.channel import DeliveryError, Message

CREDENTIAL = "needed"
_KINDS = {"critical": "failure", "warning": "warning", "info": "info"}


@dataclass(frozen=True, slots=True)
class Settings:
    """Nothing: the address says it all."""


def send(settings: Settings, secret: str, message: Message) -> None:
    """Hand it to Apprise, whose own log lines may hold the address and are kept out."""
    import apprise

    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
    # A service that has been taken over must not send the centre on to an address of its own network.
    service = apprise.Apprise(asset=apprise.AppriseAsset(http_redirects=False))
    if not service.add(secret):
        raise DeliveryError("Apprise does not know such an address", permanent=True)
    kind = "success" if message.what == "resolved" else _KINDS.get(message.severity, "failure")
    if service.notify(title=message.head, body=message.text, notify_type=kind) is not True:
        raise DeliveryError("Apprise could not deliver it", uncertain=True)
