"""What all sessions of an uplink share."""

from dataclasses import dataclass

from agent.clock import Clock
from agent.outbox import OutboxWriter
from agent.uplink.config import UplinkConfig
from agent.uplink.dial import AddressBook
from agent.uplink.downlinks import DownlinkDesk
from agent.uplink.presence import Standing
from agent.uplink.progress import Progress
from agent.uplink.traffic import Traffic


@dataclass(frozen=True, slots=True)
class Context:
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
