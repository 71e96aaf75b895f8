"""Records of realistic size and content for tests of the uplink: reports, pictures, sealed blobs."""

import hashlib
import json
import random

import msgspec

from agent.clock import Clock
from agent.outbox import OutboxWriter
from tests.agent.uplink.conftest import NODE
from wire.attachment import AttachmentRecord, pack
from wire.jpeg import SOI
from wire.snapshot import SnapshotRecord, embed


def report(number: int) -> bytes:
    """A health report as the agent makes them: 1.4 kB of JSON, most of it the same from one to the next."""
    chance = random.Random(number)
    targets = ("gateway", "center", "broker", "dns", "web-1", "web-2", "isp", "backbone")
    probes = [
        {
            "probe": "icmp", "target": target, "sent": 6, "lost": 0, "rtt_us": chance.randint(900, 90_000),
            "jitter_us": chance.randint(10, 4_000), "bins": {str(chance.randint(60, 99)): 1 for _ in range(4)},
        }
        for target in targets
    ]  # fmt: skip
    body = {"number": number, "cpu_pct": chance.random() * 20, "temp_c": 48.2, "free_bytes": 10**9, "probes": probes}
    return json.dumps(body).encode()


async def file_picture(writer: OutboxWriter, clock: Clock, size_bytes: int, seed: int = 0) -> int:
    """A camera's picture of this size, which does not compress."""
    stamp = clock.stamp()
    jpeg = SOI + b"\xff\xda\x00\x02" + random.Random(seed).randbytes(size_bytes).replace(b"\xff", b"\xfe") + b"\xff\xd9"

    def build(seq: int, epoch: str) -> bytes:
        record = SnapshotRecord(
            v=1, node=NODE, epoch=epoch, seq=seq, boot=stamp.boot, run=stamp.run, mono_ms=stamp.mono_ms,
            wall_ms=stamp.wall_ms, synced=stamp.synced, camera="gerbang", purpose="security", taken_age_ms=10,
            width=1280, height=720, size_bytes=len(jpeg), sha256=hashlib.sha256(jpeg).hexdigest(),
            previous_sha256="", key_id="0" * 16,
        )  # fmt: skip
        return embed(jpeg, msgspec.json.encode(record), bytes(64))

    return await writer.append_file("snapshot", "snapshot", build, stamp)


async def file_blob(writer: OutboxWriter, clock: Clock, size_bytes: int) -> int:
    """A citizen's sealed photo of this size."""
    stamp, sealed = clock.stamp(), random.Random(size_bytes).randbytes(size_bytes)

    def build(seq: int, epoch: str) -> bytes:
        record = AttachmentRecord(
            v=1, node=NODE, epoch=epoch, seq=seq, boot=stamp.boot, run=stamp.run, mono_ms=stamp.mono_ms,
            wall_ms=stamp.wall_ms, synced=stamp.synced, service_request_id="0" * 36, size_bytes=len(sealed),
            sha256=hashlib.sha256(sealed).hexdigest(), key_id="0" * 16,
        )  # fmt: skip
        return pack(msgspec.json.encode(record), sealed)

    return await writer.append_file("attachment", "attachment", build, stamp)
