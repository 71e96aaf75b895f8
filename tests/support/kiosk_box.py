"""A kiosk with a real outbox, a real store and a real sealing key, which can be closed and opened again."""

import base64
import contextlib
from pathlib import Path

import msgspec
from nacl.public import PrivateKey, PublicKey, SealedBox

from agent.fakes import FakeClock
from agent.kiosk.config import KioskConfig
from agent.kiosk.handing_in import HandingIn
from agent.kiosk.intake import Intake
from agent.kiosk.store import Ticket
from agent.outbox import OutboxConfig, OutboxWriter, open_outbox
from wire.bodies import Complaint, Reply, encode_body
from wire.messages import Downlink
from wire.seal import box_bytes, make_box
from wire.shape import replace

NODE = "kel-3673011001"
TEXT = "Lampu jalan di depan balai warga padam sejak hari Minggu kemarin"
PATIENCE_S = 120.0
"""For the processes that seal and that make photos anew: a busy machine is no process that hangs."""


class Kiosk:
    """One box. `reopen()` is a restart of the agent: nothing but the files goes over."""

    def __init__(self, directory: Path, seed: bytes = b"s" * 32) -> None:
        self.directory = directory
        self.private_key = PrivateKey.from_seed(seed)
        self.seal_path = directory / "seal.pub"
        self.seal_path.write_bytes(base64.b64encode(bytes(self.private_key.public_key)) + b"\n")
        self.clock = FakeClock()
        self.limits = OutboxConfig(reserve_mb=0)
        self.config = KioskConfig()
        self.online = False
        self._open()

    def _open(self) -> None:
        self.outbox = open_outbox(self.directory / "outbox", "board", self.clock.stamp(), self.limits)
        self.writer = OutboxWriter(self.outbox, self.clock)
        self.intake = Intake(
            NODE,
            self.writer,
            self.clock,
            self.directory,
            self.seal_path,
            config=self.config,
            online=lambda: self.online,
        )
        self.intake.vault._deadline_s = PATIENCE_S
        at_the_door = self.intake._at_the_door

        def patiently() -> HandingIn:
            hands = at_the_door()
            hands.uploads._work_s = PATIENCE_S
            return hands

        self.intake._at_the_door = patiently  # type: ignore[method-assign]

    def reopen(self) -> None:
        self.abandon()
        self._open()

    def abandon(self) -> None:
        """As a crash does: files are let go of, nothing is finished."""
        with contextlib.suppress(Exception):
            self.outbox.close()
        self.intake._thread.shutdown(wait=True, cancel_futures=True)  # a file must not be closed under a running query
        with contextlib.suppress(Exception):
            self.intake.store.close()

    def complaints(self) -> list[Complaint]:
        """What waits for the centre."""
        held = self.outbox.page("complaint", 0, 10_000_000)
        return [msgspec.json.decode(row.record.body, type=Complaint) for row in held]

    def opened(self, complaint: Complaint) -> dict[str, str]:
        """What the centre reads in a sealed box."""
        plain = SealedBox(self.private_key).decrypt(box_bytes(complaint.sealed))
        return msgspec.json.decode(plain, type=dict[str, str])

    def reply(self, ticket: dict[str, object], downlink_id: str = "d1", **fields: object) -> Downlink:
        body = {"status": "answered", "text": "Sudah diganti.", "at_ms": 1_800_000_000_000} | fields
        reply = Reply(**({"service_request_id": str(ticket["service_request_id"])} | body))  # type: ignore[arg-type]
        return Downlink(1, downlink_id, "g1", 1_800_000_000_000, msgspec.Raw(encode_body(reply)))

    async def settled(self) -> None:
        """A round of bringing tickets and photos into the outbox, as `run` does it."""
        await self.intake.delivery.round(self.intake.lock)

    def sealed_reply(self, ticket: dict[str, object], text: str, downlink_id: str = "d1", **more: object) -> Downlink:
        """An answer sealed to the ticket's own key, as a centre of today sends it."""
        request_id = ticket["service_request_id"]
        (key,) = {one.reply_key for one in self.complaints() if one.service_request_id == request_id}
        public = base64.b64decode(key)
        box = make_box(public, SealedBox(PublicKey(public)).encrypt(text.encode()))
        return self.reply(ticket, downlink_id, **({"text": "", "sealed": box} | more))

    def raw_bytes(self) -> bytes:
        """Every byte of every file the agent has written, sealing key aside."""
        files = [path for path in self.directory.rglob("*") if path.is_file() and path != self.seal_path]
        return b"".join(path.read_bytes() for path in files)


def a_request() -> dict[str, object]:
    """A complete submission."""
    return {
        "op": "submit",
        "category": "aduan",
        "text": TEXT,
        "name": "Siti Rahayu",
        "contact": "0812-3456-7890",
        "client_id": "0123456789abcdef0123456789abcdef",
        "channel": "cli",
    }


def a_ticket(number: int = 1, **fields: object) -> Ticket:
    """A row as a submission makes it, with short stand-ins for what is long."""
    made = Ticket(
        service_request_id=f"id-{number:06}",
        client_hash=f"client-{number}",
        content_mac=b"mac",
        salt=b"salt",
        category="aduan",
        wall_ms=1_800_000_000_000,
        stamp=b"{}",
        code_index=b"index-%06d" % number,
        reply_key=b"k" * 32,
        urgent=True,
        body=b'{"sealed":1}',
    )
    return replace(made, **fields)  # type: ignore[arg-type]
