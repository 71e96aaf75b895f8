"""Pictures on their way into a real outbox: signed, chained, refused when anything about them is not right."""

import asyncio
import base64
import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey

from agent.cameras.base import PictureRefusedError
from agent.cameras.replay import ReplayConfig
from agent.cameras.supervisor import CameraSupervisor, Picture
from agent.fakes import FakeClock
from agent.outbox import Outbox, OutboxConfig, OutboxWriter, open_outbox
from agent.snapshots import CHAIN_FILE, SnapshotMaker
from tests.support.full_disk import fill_disk
from tests.support.in_loop import in_loop
from wire.codec import decode_up
from wire.seal import key_id
from wire.snapshot import Snapshot
from wire.topics import up

NODE = "kel-3673011001"
SAMPLES = sorted((Path(__file__).resolve().parents[2] / "agent" / "cameras" / "samples").glob("*.jpg"))
SEED = bytes(range(32))


class Desk:
    """A node's picture desk: spool, key, outbox and maker in one directory; can be opened again."""

    def __init__(self, directory: Path, limits: OutboxConfig) -> None:
        self.directory = directory
        self.spool = directory / "spool"
        self.spool.mkdir(exist_ok=True)
        self.key_path = directory / "sign.key"
        self.key_path.write_bytes(base64.b64encode(SEED))
        self.clock = FakeClock()
        self.limits = limits
        self.outbox: Outbox = open_outbox(directory / "outbox", "board", self.clock.stamp(), limits)
        self.writer = OutboxWriter(self.outbox, self.clock)
        self.maker = SnapshotMaker(NODE, self.writer, directory, self.key_path)
        self._count = 0

    def picture(self, sample: int = 0, camera: str = "gate", **other: object) -> Picture:
        self._count += 1
        content = SAMPLES[sample].read_bytes()
        file = f"{camera}.1.{self._count}.jpg"
        (self.spool / file).write_bytes(content)
        made = Picture(camera, "traffic", self.spool, file, len(content), 960, 540, 250, time.monotonic())
        return replace(made, **other)  # type: ignore[arg-type]

    async def store(self, picture: Picture) -> int:
        self.clock.advance(1)
        return await self.maker.store(picture, self.clock.stamp())

    def stored(self) -> list[Snapshot]:
        """What the centre would receive, in order."""
        found = []
        for held in self.outbox.page("snapshot", 0, 10_000_000):
            content = self.outbox.read_file("snapshot", held)
            assert content is not None
            snapshot = decode_up(up(NODE, "snapshot"), content)
            assert isinstance(snapshot, Snapshot)
            found.append(snapshot)
        return found

    def close(self) -> None:
        with contextlib.suppress(Exception):
            self.outbox.close()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path, OutboxConfig(reserve_mb=0))
    yield made
    made.close()


def reopened(desk: Desk) -> Desk:
    desk.close()
    return Desk(desk.directory, desk.limits)


@in_loop
async def test_a_picture_is_stored_with_a_record_that_says_all_about_it(desk: Desk) -> None:
    seq = await desk.store(desk.picture())
    (snapshot,) = desk.stored()
    record, stamp = snapshot.record, desk.clock.stamp()
    assert (record.seq, record.epoch, record.node, record.camera) == (seq, desk.outbox.epoch, NODE, "gate")
    assert (record.boot, record.run, record.mono_ms, record.synced) == (stamp.boot, stamp.run, stamp.mono_ms, True)
    assert (record.width, record.height, record.purpose) == (960, 540, "traffic")
    assert 250 <= record.taken_age_ms < 60_000
    assert snapshot.image == SAMPLES[0].read_bytes()


@in_loop
async def test_the_record_is_signed_with_the_nodes_key(desk: Desk) -> None:
    await desk.store(desk.picture())
    (snapshot,) = desk.stored()
    verify_key = SigningKey(SEED).verify_key
    verify_key.verify(snapshot.record_json, snapshot.signature)
    assert snapshot.record.key_id == key_id(bytes(verify_key))
    with pytest.raises(BadSignatureError):
        verify_key.verify(snapshot.record_json.replace(b"gate", b"door"), snapshot.signature)


@in_loop
async def test_each_camera_has_a_chain_that_goes_on_after_a_restart(desk: Desk) -> None:
    await desk.store(desk.picture(0))
    await desk.store(desk.picture(1, camera="river"))
    desk = reopened(desk)
    await desk.store(desk.picture(2))
    await desk.store(desk.picture(3, camera="river"))
    records = [snapshot.record for snapshot in desk.stored()]
    assert [record.previous_sha256 for record in records] == ["", "", records[0].sha256, records[1].sha256]
    desk.close()


@in_loop
async def test_a_crash_before_the_outbox_had_the_picture_leaves_no_hole_in_the_chain(desk: Desk) -> None:
    await desk.store(desk.picture(0))
    before = (desk.directory / CHAIN_FILE).read_bytes()

    # The chain's end is on the disk, the picture is not: as if the power went between the two.
    desk.maker._link(desk.outbox.epoch, "gate", 2, "0" * 64)
    assert (desk.directory / CHAIN_FILE).read_bytes() != before
    desk = reopened(desk)
    await desk.store(desk.picture(1))
    first, second = (snapshot.record for snapshot in desk.stored())
    assert second.previous_sha256 == first.sha256
    desk.close()


@in_loop
async def test_a_full_disk_refuses_the_picture_and_the_chain_goes_on_after_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.store(desk.picture(0))
    with monkeypatch.context() as full:
        fill_disk(desk.outbox, full)
        with pytest.raises(PictureRefusedError, match="cannot be stored"):
            await desk.store(desk.picture(1))
    stored_before = [snapshot.record for snapshot in desk.stored()]
    await desk.store(desk.picture(2))
    last = desk.stored()[-1].record
    assert last.previous_sha256 == (stored_before[-1].sha256 if stored_before else last.previous_sha256)


@in_loop
async def test_a_new_epoch_starts_a_new_chain(desk: Desk) -> None:
    await desk.store(desk.picture(0))
    desk.outbox.new_epoch("clone", desk.clock.stamp())
    await desk.store(desk.picture(1))
    last = desk.stored()[-1].record
    assert last.epoch == desk.outbox.epoch and last.previous_sha256 == ""


@in_loop
async def test_a_damaged_chain_file_starts_the_chain_anew(desk: Desk) -> None:
    await desk.store(desk.picture(0))
    (desk.directory / CHAIN_FILE).write_bytes(b"{half")
    await desk.store(desk.picture(1))
    assert desk.stored()[-1].record.previous_sha256 == ""


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda desk, p: (desk.spool / p.file).write_bytes(b"not a picture at all" * 9), "announced|not a whole JPEG"),
        (lambda desk, p: (desk.spool / p.file).write_bytes(SAMPLES[5].read_bytes() + b"x" * 90_000), "over"),
        (lambda desk, p: (desk.spool / p.file).unlink(), "cannot read"),
        (lambda desk, p: _as_link(desk.spool / p.file), "cannot read"),
        (lambda desk, p: desk.key_path.unlink(), "signing key"),
        (lambda desk, p: desk.key_path.write_bytes(b"short"), "enrol this node again"),
        (lambda desk, p: desk.key_path.write_bytes(base64.b64encode(b"short")), "enrol this node again"),
    ],
)
def test_what_is_not_right_is_refused_and_uses_no_number(
    desk: Desk, change: Callable[[Desk, Picture], object], said: str
) -> None:
    async def scenario() -> None:
        picture = desk.picture()
        change(desk, picture)
        with pytest.raises(PictureRefusedError, match=said):
            await desk.store(picture)
        assert desk.outbox.heads()["snapshot"][1] == 0

    asyncio.run(scenario())


@in_loop
async def test_a_worker_that_announces_other_dimensions_is_not_believed(desk: Desk) -> None:
    with pytest.raises(PictureRefusedError, match="not the picture"):
        await desk.store(desk.picture(width=1))


@in_loop
async def test_the_bundled_pictures_travel_the_whole_way_from_the_worker(desk: Desk) -> None:
    config = ReplayConfig(folder=SAMPLES[0].parent, interval_s=1, purpose="traffic", notice_posted=True)
    supervisor = CameraSupervisor({"contoh": config}, desk.spool)

    async def keep(picture: Picture) -> None:
        await desk.store(picture)

    task = asyncio.create_task(supervisor.run(keep))
    async with asyncio.timeout(90):
        while len(desk.stored()) < 2:  # noqa: ASYNC110 - the condition lies in another process
            await asyncio.sleep(0.05)
    task.cancel()
    await asyncio.wait([task])
    first, second, *_ = desk.stored()
    assert (first.image, second.image) == (SAMPLES[0].read_bytes(), SAMPLES[1].read_bytes())
    assert second.record.previous_sha256 == first.record.sha256


def _as_link(path: Path) -> None:
    path.unlink()
    path.symlink_to(SAMPLES[0])
