"""Precedence, pictures and blobs, the broker's size limit: over a real broker."""

import asyncio
import json
import socket
import subprocess
import sys

import msgspec
import pytest

from agent.uplink import dial
from agent.uplink.connecting import connect
from tests.agent.uplink.conftest import NODE, Rig
from tests.agent.uplink.rules import restart_with
from wire.attachment import AttachmentRecord, pack
from wire.jpeg import SOI
from wire.snapshot import SnapshotRecord, embed

pytestmark = pytest.mark.broker

JPEG = SOI + b"\xff\xfe\x00\x04ok" + b"\xff\xda\x00\x02" + bytes(60_000) + b"\xff\xd9"


def test_complaints_overtake_pictures_and_no_picture_starts_before_they_are_stored(rig: Rig) -> None:
    async def story() -> None:
        rig.change(host="127.0.0.2")  # nobody listens there: a session that began in between would know one picture
        async with rig.node() as node:
            for _ in range(3):
                await _file_picture(rig, node)
            for number in range(5):
                await node.file("complaint", "complaint", number=number, filler="x" * 40_000)
        rig.change(host="127.0.0.1")
        async with rig.node() as node:
            with rig.center() as center:
                await node.drained()
                streams = [stream for _, stream, _ in center.arrived]
                assert streams.index("snapshot") > max(i for i, name in enumerate(streams) if name == "complaint")
                pictures = [seqs for _, stream, seqs in center.arrived if stream == "snapshot"]
                assert pictures[0] == (3,), "the newest picture first"
                assert sorted({seq for seqs in pictures for seq in seqs}) == [1, 2, 3]

    asyncio.run(story())


def test_while_a_complaint_is_unanswered_no_picture_starts(rig: Rig) -> None:
    async def story() -> None:
        with rig.center() as center:
            async with rig.node() as node:
                await node.drained()
                center.mute = True
                await node.file("complaint", "complaint", text="belum dijawab")
                await node.until(lambda: center.arrived[-1][1] == "complaint", "the complaint")
                await _file_picture(rig, node)
                await asyncio.sleep(0.3)
                assert center.arrived[-1][1] == "complaint"
                center.mute = False
                await node.drained()
                assert "snapshot" in {stream for _, stream, _ in center.arrived}

    asyncio.run(story())


def test_a_sealed_blob_arrives_and_moves_with_its_epoch(rig: Rig) -> None:
    async def story() -> None:
        async with rig.node() as node:
            await _file_blob(rig, node)
            await node.writer.call(node.writer.outbox.new_epoch, "test", rig.clock.stamp())
            with rig.center() as center:
                await node.drained()
                (row,) = center.rows("attachment")
                assert row[0] == node.writer.epoch
                assert json.loads(row[3])["epoch"] == node.writer.epoch

    asyncio.run(story())


def test_what_the_broker_does_not_let_through_neither_loops_nor_blocks(rig: Rig) -> None:
    conf = rig.broker._directory / "broker" / "mosquitto.conf"
    text = conf.read_text()
    small = text.replace("message_size_limit 1048576", "message_size_limit 30000")
    small = small.replace("max_packet_size 2097152", "max_packet_size 30000")
    assert small != text
    restart_with(rig.broker, small)

    async def story() -> None:
        with rig.center() as center:
            async with rig.node() as node:
                await _file_picture(rig, node)
                await node.file("complaint", "complaint", text=_noise(31_500))
                await node.file("complaint", "complaint", text="kecil")
                for number in range(30):
                    await node.file("health", "report", filler=_noise(2_000), number=number)
                await node.writer.flush()
                await node.until(lambda: len(center.rows("health")) == 30, "health")
                await node.until(lambda: any(row[2] == "gap" for row in center.rows("event")), "the ledger")
                assert [json.loads(row[3])["text"] for row in center.rows("complaint")] == ["kecil"]
                await node.left(complaint=1, snapshot=0)
                assert node.uplink.status()["too_large"] == 1
                assert node.uplink.status()["sessions"] == 1

    asyncio.run(story())


def test_the_connection_notices_dead_links_and_hides_nothing_from_tls(rig: Rig) -> None:
    async def story() -> None:
        arrived = asyncio.Event()
        line = await connect(rig.config, NODE, (f"sandi/v1/{NODE}/state", b"{}"), arrived)
        found = line._client.socket()
        assert isinstance(found, socket.socket)
        timeout_ms = found.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
        assert timeout_ms == 20_000
        line.disconnect()
        while line.closed is None:
            arrived.clear()
            await arrived.wait()

    asyncio.run(story())


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"host": "nowhere.invalid"}, "name"),
        ({"port": 1}, "refused"),
        ({"host": "x" * 70 + ".id"}, "internal"),
        ({"credentials": None}, "credentials"),
    ],
)
def test_a_connection_that_fails_says_why(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, change: dict[str, object], code: str
) -> None:
    monkeypatch.setattr(dial, "RESOLVE_S", 60.0)  # a name server that takes its time is another failure
    if "credentials" in change:
        change = {"credentials": rig.tmp_path / "nothing"}
    rig.change(connect_timeout_s=90.0, **change)

    async def story() -> None:
        async with rig.node() as node:
            await node.until(lambda: node.uplink.status()["last_error"] is not None, "an error", 90)
            assert node.uplink.status()["last_error"]["code"] == code
            assert not node.uplink.connected

    asyncio.run(story())


def test_a_broker_with_another_authority_is_not_trusted(rig: Rig, tmp_path: object) -> None:
    from center.pki import create_authority

    other = create_authority(rig.tmp_path / "other")
    (rig.config.credentials / "ca.crt").write_bytes(other.ca_certificate.read_bytes())

    async def story() -> None:
        async with rig.node() as node:
            # On a busy machine an attempt before may have run out of time.
            await node.until(
                lambda: (node.uplink.status()["last_error"] or {}).get("code") == "certificate",
                "an attempt's end by it",
            )
            assert not node.uplink.status()["connected"]

    asyncio.run(story())


def test_paho_is_imported_without_what_it_would_drag_in() -> None:
    code = (
        "import sys; import agent.uplink; "
        "unwanted = {'dns', 'urllib.request', 'http.client', 'email', 'socks'};"
        "print(sorted(unwanted & set(sys.modules)));"
        "import urllib.request, dns.resolver; print(urllib.request.urlopen.__name__)"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.split("\n")[:2] == ["[]", "urlopen"]


async def _file_picture(rig: Rig, node: object) -> None:
    import hashlib

    stamp = rig.clock.stamp()

    def build(seq: int, epoch: str) -> bytes:
        record = SnapshotRecord(
            v=1, node=NODE, epoch=epoch, seq=seq, boot=stamp.boot, run=stamp.run, mono_ms=stamp.mono_ms,
            wall_ms=stamp.wall_ms, synced=stamp.synced, camera="gerbang", purpose="security", taken_age_ms=10,
            width=1280, height=720, size_bytes=len(JPEG), sha256=hashlib.sha256(JPEG).hexdigest(),
            previous_sha256="", key_id="0" * 16,
        )  # fmt: skip
        return embed(JPEG, msgspec.json.encode(record), bytes(64))

    await node.writer.append_file("snapshot", "snapshot", build, stamp)  # type: ignore[attr-defined]


async def _file_blob(rig: Rig, node: object) -> None:
    import hashlib

    stamp, sealed = rig.clock.stamp(), b"sealed" * 1000

    def build(seq: int, epoch: str) -> bytes:
        record = AttachmentRecord(
            v=1, node=NODE, epoch=epoch, seq=seq, boot=stamp.boot, run=stamp.run, mono_ms=stamp.mono_ms,
            wall_ms=stamp.wall_ms, synced=stamp.synced, service_request_id="0" * 36, size_bytes=len(sealed),
            sha256=hashlib.sha256(sealed).hexdigest(), key_id="0" * 16,
        )  # fmt: skip
        return pack(msgspec.json.encode(record), sealed)

    await node.writer.append_file("attachment", "attachment", build, stamp)  # type: ignore[attr-defined]


def _noise(size: int) -> str:
    import random

    return random.Random(size).randbytes(size).hex()
