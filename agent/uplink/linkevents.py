"""What a connection has to say: one event per answer of the broker, and how it ended."""

from agent.uplink import ending, paho
from agent.uplink.ending import Ending
from wire.shape import Struct


class Connected(Struct, frozen=True):
    """CONNACK: `reason` 0 is success. Limits as the broker states them; None when it does not."""

    reason: int
    words: str
    receive_maximum: int = 65535
    maximum_packet_bytes: int | None = None


class Subscribed(Struct, frozen=True):
    """SUBACK; `reason` is the worst of the answers."""

    reason: int


class Taken(Struct, frozen=True):
    """PUBACK for `mid`."""

    mid: int
    reason: int


class Message(Struct, frozen=True):
    """Something the centre published to us."""

    topic: str
    payload: bytes


class Closed(Struct, frozen=True):
    """The connection is gone."""

    ending: Ending


Event = Connected | Subscribed | Taken | Message | Closed


def said_by_broker(reason: paho.ReasonCode) -> Ending:
    """The ending behind the reason of a DISCONNECT."""
    if reason.value == ending.TAKEN_OVER:
        return Ending("taken_over", "another client took this node's session over; is its card cloned?")
    if reason.value == ending.PACKET_TOO_LARGE:
        return Ending("packet_too_large", "a message was larger than the broker allows")
    if reason.value == ending.NOT_AUTHORISED:
        return Ending(ending.SHUT_OUT, "the broker ended the session: not authorised", reason=str(reason))
    return Ending("broker", f"the broker ended the session: {reason}")
