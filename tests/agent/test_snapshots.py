"""Pictures on their way into a real outbox: signed, chained, refused when anything about them is not right."""

import asyncio
import base64
import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey

from agent.cameras.base import RECORD_ROOM, PictureRefusedError
from agent.core.chain import Link, Lost
from agent.fakes import FakeClock
from agent.outbox import Outbox, OutboxConfig, OutboxWriter, open_outbox
from agent.snapshots import CHAIN_FILE, Picture, SnapshotMaker
from tests.support.camera_visitor import offer_of, sample
from tests.support.full_disk import fill_disk
from tests.support.in_loop import in_loop
from wire.codec import decode_up
from wire.seal import key_id
from wire.snapshot import Snapshot
from wire.topics import up

NODE = "kel-3673011001"
SEED = bytes(range(32))


class Desk:
    """A node's picture desk: key, outbox and maker in one directory; can be opened again."""

    def __init__(self, directory: Path, limits: OutboxConfig) -> None:
        self.directory = directory
        self.key_path = directory / "sign.key"
        self.key_path.write_bytes(base64.b64encode(SEED))
        self.clock = FakeClock()
        self.limits = limits
        self.outbox: Outbox = open_outbox(directory / "outbox", "board", self.clock.stamp(), limits)
        self.writer = OutboxWriter(self.outbox, self.clock)
        self.maker = SnapshotMaker(NODE, self.writer, directory, self.key_path)

    def picture(self, number: int = 0, camera: str = "gate", **said: object) -> Picture:
        image = sample(number)
        offer = msgspec.structs.replace(offer_of(image, camera), **said)
        return Picture(offer, image, time.monotonic(), "traffic", 60_000)

    async def store(self, picture: Picture) -> int:
        self.clock.advance(1)
        return (await self.maker.store(picture, self.clock.stamp())).seq

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
    assert snapshot.image == sample(0)


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


@in_loop
async def test_the_record_says_why_it_was_taken_how_it_was_judged_and_what_covers_it(desk: Desk) -> None:
    words = {"reason": "request", "request_id": "r-1", "verdict": "blurred", "mask_version": "0123456789abcdef"}
    await desk.store(desk.picture(**words))
    (snapshot,) = desk.stored()
    told = {name: getattr(snapshot.record, name) for name in words}
    assert told == words


Change = Callable[[Desk, Picture], Picture | None]


@pytest.mark.parametrize(
    ("change", "code", "said"),
    [
        (lambda _, p: msgspec.structs.replace(p, image=b"not a picture" * 9), "picture_invalid", "not a whole JPEG"),
        (lambda _, p: msgspec.structs.replace(p, image=sample(1)), "picture_invalid", "not the one"),
        (lambda _, p: msgspec.structs.replace(p, max_bytes=len(p.image)), "picture_too_large", "the limit is"),
        (lambda desk, _: desk.key_path.unlink(), "key", "signing key"),
        (lambda desk, _: desk.key_path.write_bytes(b"short") and None, "key", "enrol this node again"),
        (
            lambda desk, _: desk.key_path.write_bytes(base64.b64encode(b"short")) and None,
            "key",
            "enrol this node again",
        ),
    ],
)
def test_what_is_not_right_is_refused_and_uses_no_number(desk: Desk, change: Change, code: str, said: str) -> None:
    async def scenario() -> None:
        picture = desk.picture()
        picture = change(desk, picture) or picture
        with pytest.raises(PictureRefusedError, match=said) as refused:
            await desk.store(picture)
        assert (refused.value.code, desk.outbox.heads()["snapshot"][1]) == (code, 0)

    asyncio.run(scenario())


@in_loop
async def test_other_dimensions_than_announced_are_not_believed(desk: Desk) -> None:
    with pytest.raises(PictureRefusedError, match="not the one"):
        await desk.store(desk.picture(width=1))


@pytest.mark.parametrize("room", [900, 1400, 2500, RECORD_ROOM, 10_000])
def test_the_whole_file_stays_within_the_limit_and_tells_of_the_newest_links_that_fit(desk: Desk, room: int) -> None:
    """Twenty links in full do not fit the record's room; those that are left out are counted."""
    links = tuple(Link(seq, f"{seq:064x}", f"{seq - 1:064x}") for seq in range(900_001, 900_021))
    picture = msgspec.structs.replace(desk.picture(), max_bytes=len(sample(0)) + room)
    signer = desk.maker._signing_key()
    record = desk.maker._record(picture, desk.clock.stamp(), (999_999, "e" * 16), "0" * 16, 250)
    file = desk.maker._fitted(record, picture, signer, Lost(25, 0, links))
    snapshot = decode_up(up(NODE, "snapshot"), file)
    assert isinstance(snapshot, Snapshot)
    told = [link.seq for link in snapshot.record.evicted]
    assert len(file) <= len(sample(0)) + min(room, RECORD_ROOM)
    assert told == list(range(900_021 - len(told), 900_021))
    assert len(told) + snapshot.record.evicted_more == 25
    assert len(told) >= {900: 0, 1400: 2, 2500: 7}.get(room, 15)
