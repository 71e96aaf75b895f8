"""What all sessions of an uplink share."""

from agent.clock import Clock
from agent.outbox import OutboxWriter
from agent.uplink.config import UplinkConfig
from agent.uplink.dial import AddressBook
from agent.uplink.downlinks import DownlinkDesk
from agent.uplink.presence import Standing
from agent.uplink.progress import Progress
from agent.uplink.traffic import Traffic
from wire.shape import Struct


class Context(Struct, frozen=True):
    """Built once by the uplink."""

    config: UplinkConfig
    node: str
    version: str
    outbox: OutboxWriter
    clock: Clock
    desk: DownlinkDesk
    facts: Progress
    book: AddressBook
    traffic: Traffic
    standing: Standing
    report_every_s: float
