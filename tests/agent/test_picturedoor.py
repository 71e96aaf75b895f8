"""The picture door: real sockets, an honest camera process, rude ones, and rubbish."""

import asyncio
import contextlib
import grp
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent import picturedoor
from agent.cameras.base import CameraConfig, PictureRefusedError
from agent.cameras.handing import VERSION, Facts, Hello, Kept, Missed, Offer, Refused, Take
from agent.cameras.lines import MAX_LINE_BYTES, write_line
from agent.cameras.replay import ReplayConfig
from agent.picturedoor import Listener, PictureDoor
from agent.snapshots import Picture, Stored
from agent.sockets import short_path
from tests.support.camera_visitor import offer_of, report_of, sample, visiting
from tests.support.in_loop import in_loop
from tests.support.torture import often

CAMERAS: dict[str, CameraConfig] = {
    "gate": ReplayConfig(folder=Path(), purpose="traffic", notice_posted=True),
    "river": ReplayConfig(folder=Path(), purpose="disaster", notice_posted=True, max_bytes=80_000),
    "bare": ReplayConfig(folder=Path(), notice_posted=True),
    "hidden": ReplayConfig(folder=Path(), purpose="security"),
}


class Heard(Listener):
    """Everything the door told."""

    def __init__(self) -> None:
        self.words: list[tuple[str, ...]] = []

    def kept(self, offer: Offer, stored: Stored, age_ms: int) -> None:
        self.words.append(("kept", offer.camera, str(stored.seq)))

    def missed(self, camera: str, request_id: str, code: str, message: str) -> None:
        self.words.append(("missed", camera, request_id, code))

    def left(self) -> None:
        self.words.append(("left",))


class Desk:
    """A door whose pictures are kept in a list."""

    def __init__(self, path: Path, group: str) -> None:
        self.path = path
        self.kept: list[Picture] = []
        self.refusal: PictureRefusedError | None = None
        self.synced = True
        self.heard = Heard()
        self.door = PictureDoor(path, CAMERAS, group, facts=self.facts, keep=self.keep)
        self.door.listener = self.heard

    def facts(self) -> Facts:
        return Facts("kel-3673011001", "kel-3673011001", self.synced, False)

    async def keep(self, picture: Picture) -> Stored:
        if self.refusal is not None:
            raise self.refusal
        self.kept.append(picture)
        return Stored(len(self.kept), picture.image)


@contextlib.asynccontextmanager
async def desk_at(path: Path, group: str = "no-such-group") -> AsyncIterator[Desk]:
    desk, ready = Desk(path, group), asyncio.Event()
    task = asyncio.create_task(desk.door.run(ready.set))
    await ready.wait()
    try:
        yield desk
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not true():  # noqa: ASYNC110 - what is waited for happens behind a socket
            await asyncio.sleep(0.01)


async def works(desk: Desk) -> bool:
    """Whether an honest camera process is served, once the one before it is gone."""
    async with asyncio.timeout(60):
        while True:
            async with visiting(desk.path, "gate") as visitor:
                visitor.say(offer_of(sample()), sample())
                while (word := await visitor.next()) is not None:
                    if isinstance(word, Kept):
                        return True
                    if isinstance(word, Refused):
                        assert word.code == "busy"


@in_loop
async def test_a_picture_is_handed_over_byte_for_byte_and_its_number_comes_back(tmp_path: Path) -> None:
    async with desk_at(tmp_path / "p.sock") as desk, visiting(desk.path, "gate", "river") as visitor:
        assert await visitor.next() == desk.facts()
        answers = [
            await visitor.hand_in(offer_of(sample(n), name), sample(n)) for n, name in ((0, "gate"), (1, "river"))
        ]
    assert answers == [Kept(1), Kept(2)]
    assert [(picture.image, picture.purpose, picture.max_bytes) for picture in desk.kept] == [
        (sample(0), "traffic", 60_000),
        (sample(1), "disaster", 80_000),
    ]
    assert desk.heard.words[:2] == [("kept", "gate", "1"), ("kept", "river", "2")]


@pytest.mark.parametrize(("camera", "code"), [("stranger", "not_configured"), ("bare", "notice"), ("hidden", "notice")])
@in_loop
async def test_a_camera_that_may_not_take_pictures_is_refused_for_good_at_the_last_gate(
    tmp_path: Path, camera: str, code: str
) -> None:
    async with desk_at(tmp_path / "p.sock") as desk, visiting(desk.path, camera, "gate") as visitor:
        refused = await visitor.hand_in(offer_of(sample(), camera, request_id="r-1"), sample())
        assert isinstance(refused, Refused)
        assert (refused.code, refused.permanent) == (code, True)
        assert isinstance(await visitor.hand_in(offer_of(sample()), sample()), Kept)
    assert [picture.offer.camera for picture in desk.kept] == ["gate"]
    assert ("missed", camera, "r-1", code) in desk.heard.words


@in_loop
async def test_what_cannot_be_stored_is_refused_for_now_and_the_next_one_is_taken(tmp_path: Path) -> None:
    async with desk_at(tmp_path / "p.sock") as desk, visiting(desk.path, "gate") as visitor:
        desk.refusal = PictureRefusedError("the disk is full " + "x" * 600)
        desk.refusal.code = "disk_full"
        refused = await visitor.hand_in(offer_of(sample()), sample())
        desk.refusal = None
        kept = await visitor.hand_in(offer_of(sample()), sample())
    assert isinstance(refused, Refused)
    assert (refused.code, refused.permanent, len(refused.message)) == ("disk_full", False, 500)
    assert kept == Kept(1)


@in_loop
async def test_facts_are_told_at_the_beginning_and_when_they_change(tmp_path: Path) -> None:
    async with desk_at(tmp_path / "p.sock") as desk, visiting(desk.path, "gate") as visitor:
        first = await visitor.next()
        visitor.say(report_of("gate"))
        desk.synced = False
        visitor.say(report_of("gate"))
        second = await visitor.next()
        assert isinstance(first, Facts)
        assert isinstance(second, Facts)
        assert (first.synced, second.synced) == (True, False)


@in_loop
async def test_a_wish_reaches_the_camera_process_and_its_failure_comes_back(tmp_path: Path) -> None:
    async with desk_at(tmp_path / "p.sock") as desk:
        assert not desk.door.take(Take("gate", "request", "r-1"))
        async with visiting(desk.path, "gate") as visitor:
            await until(lambda: desk.door.connected)
            assert desk.door.take(Take("gate", "event", "outage-1-begun", urgent=True))
            assert await visitor.take() == Take("gate", "event", "outage-1-begun", urgent=True)
            visitor.say(Missed("gate", "auth", "user or password refused", "r-1"))
            await until(lambda: ("missed", "gate", "r-1", "auth") in desk.heard.words)
        await until(lambda: ("left",) in desk.heard.words)
        assert not desk.door.connected


@in_loop
async def test_what_the_camera_process_reports_is_known_for_half_a_minute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with desk_at(tmp_path / "p.sock") as desk, visiting(desk.path, "gate") as visitor:
        assert desk.door.report("gate") is None
        visitor.say(report_of("gate", "stranger", state="failing"))
        visitor.say(report_of("river"))  # in as many lines as it takes
        await until(lambda: desk.door.report("river") is not None)
        said = [desk.door.report(name) for name in ("gate", "river", "stranger")]
        assert [each and each.state for each in said] == ["failing", "ok", None]
        monkeypatch.setattr(picturedoor, "STALE_S", -1.0)
        assert desk.door.report("gate") is None


@in_loop
async def test_a_second_camera_process_is_told_that_it_is_one_too_many(tmp_path: Path) -> None:
    async with desk_at(tmp_path / "p.sock") as desk, visiting(desk.path, "gate") as first:
        await until(lambda: desk.door.connected)
        async with visiting(desk.path, "gate") as second:
            refused = await second.next()
            assert isinstance(refused, Refused)
            assert refused.code == "busy"
            assert await second.is_cut()
        assert isinstance(await first.hand_in(offer_of(sample()), sample()), Kept)


@in_loop
async def test_another_version_is_told_so_and_cut(tmp_path: Path) -> None:
    async with desk_at(tmp_path / "p.sock") as desk:
        async with visiting(desk.path) as visitor:
            visitor.say(Hello(VERSION + 1, ["gate"]))
            refused = await visitor.next()
            assert isinstance(refused, Refused)
            assert refused.code == "version"
            assert await visitor.is_cut()
        assert await works(desk)


HELLO = write_line(Hello(VERSION, ["gate"]))
OFFER = write_line(offer_of(sample()))
RUDE = {
    "no greeting": OFFER + sample(),
    "greets twice": HELLO + HELLO,
    "not JSON": HELLO + b"pictures!\n",
    "another's words": HELLO + b'{"type":"facts","node":"x","place":"x","synced":true,"metered":false}\n',
    "a line over the limit": HELLO + b'{"type":"missed","message":"' + b"x" * MAX_LINE_BYTES + b'"}\n',
    "a line without an end over the limit": HELLO + b"x" * (4 * MAX_LINE_BYTES),
    "nested without end": HELLO + b"[" * 8000 + b"\n",
    "no UTF-8": HELLO + b'{"type":"missed","camera":"\xff"}\n',
    "a picture that is too large": HELLO + OFFER.replace(str(len(sample())).encode(), b"400001"),
    "a picture of no bytes": HELLO + OFFER.replace(str(len(sample())).encode(), b"0"),
    "a negative age": HELLO + OFFER.replace(b'"age_ms":250', b'"age_ms":-1'),
    "a camera with a path for a name": HELLO + OFFER.replace(b'"gate"', b'"../gate"'),
    "more bytes than announced": HELLO + OFFER + sample() + b"more\n",
}


@pytest.mark.parametrize("said", RUDE.values(), ids=RUDE.keys())
@in_loop
async def test_who_does_not_keep_to_the_words_is_cut_and_an_honest_one_is_served_next(
    tmp_path: Path, said: bytes
) -> None:
    async with desk_at(tmp_path / "p.sock") as desk:
        async with visiting(desk.path) as rude:
            rude.writer.write(said)
            assert await rude.is_cut()
        assert await works(desk)


@in_loop
async def test_a_picture_that_stops_in_the_middle_is_cut_after_a_silence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(picturedoor, "BODY_SILENCE_S", 0.2)
    async with desk_at(tmp_path / "p.sock") as desk:
        async with visiting(desk.path, "gate") as slow:
            slow.say(offer_of(sample()), sample()[:-1])
            assert await slow.is_cut()
        assert desk.kept == []
        assert await works(desk)


@in_loop
async def test_a_picture_that_drips_for_ever_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picturedoor, "BODY_S", 0.5)
    async with desk_at(tmp_path / "p.sock") as desk:
        async with visiting(desk.path, "gate") as slow:
            slow.say(offer_of(sample()))

            async def drip() -> None:
                with contextlib.suppress(ConnectionError):
                    while True:
                        slow.writer.write(b"\xff")
                        await slow.writer.drain()
                        await asyncio.sleep(0.02)

            task = asyncio.create_task(drip())
            assert await slow.is_cut()
            task.cancel()
        assert desk.kept == []
        assert await works(desk)


@pytest.mark.parametrize("limit", ["GREETING_S", "SILENCE_S"])
@in_loop
async def test_who_says_nothing_does_not_keep_others_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    monkeypatch.setattr(picturedoor, limit, 0.2)
    async with desk_at(tmp_path / "p.sock") as desk:
        async with visiting(desk.path, *(["gate"] if limit == "SILENCE_S" else [])) as silent:
            assert await silent.is_cut()
        monkeypatch.undo()
        assert await works(desk)


@in_loop
async def test_who_leaves_in_the_middle_of_a_picture_is_forgotten(tmp_path: Path) -> None:
    async with desk_at(tmp_path / "p.sock") as desk:
        for cut in (1, 100, len(sample()) - 1):
            async with visiting(desk.path, "gate") as visitor:
                visitor.say(offer_of(sample()), sample()[:cut])
                await visitor.writer.drain()
        assert await works(desk)
        assert len(desk.kept) == 1


@in_loop
async def test_a_camera_process_that_never_reads_is_cut(tmp_path: Path) -> None:
    async with desk_at(tmp_path / "p.sock") as desk, visiting(desk.path, "gate") as deaf:
        await until(lambda: desk.door.connected)
        deaf.reader._transport.pause_reading()  # type: ignore[attr-defined]
        async with asyncio.timeout(60):
            while desk.door.take(Take("gate", "event", "e" * 64)):  # noqa: ASYNC110 - until it is cut
                await asyncio.sleep(0)
        assert not desk.door.connected


CLIENT = """
import os, socket, sys
uid, gid, *groups = map(int, sys.argv[2].split(","))
os.setgroups(groups), os.setgid(gid), os.setuid(uid)
with socket.socket(socket.AF_UNIX) as door:
    door.connect(sys.argv[1])
    try:
        door.sendall(b'{"type":"hello","version":1,"cameras":["gate"]}\\n')
    except BrokenPipeError:
        pass  # refused before it was read: the answer already waits
    print(door.makefile().readline())
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="becomes other users")
@pytest.mark.parametrize(
    ("who", "answer"),
    [("65534,65534", '"not_allowed"'), ("65534,65534,50", '"facts"'), ("65534,50", '"facts"'), ("0,65534", '"facts"')],
)
def test_the_kernel_says_who_may_hand_in(who: str, answer: str) -> None:
    async def scenario(path: Path) -> str:
        async with desk_at(path, grp.getgrgid(50).gr_name) as desk:
            desk.path.chmod(0o666)  # leave only the peer check in the way
            client = await asyncio.create_subprocess_exec(
                *(sys.executable, "-c", CLIENT, str(path), who), stdout=subprocess.PIPE
            )
            return (await client.communicate())[0].decode()

    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        assert answer in asyncio.run(scenario(Path(folder) / "p.sock"))


WORDS = st.one_of(
    st.binary(max_size=200),
    st.binary(max_size=60).map(lambda junk: junk + b"\n"),
    st.sampled_from([*RUDE.values(), HELLO, OFFER, sample()[:5000], b"\n", write_line(report_of("gate"))]),
    st.builds(
        lambda word, at, byte: word[: at % len(word)] + bytes([byte]) + word[at % len(word) + 1 :],
        st.sampled_from([HELLO, OFFER, write_line(report_of("gate"))]),
        st.integers(0, 10_000),
        st.integers(0, 255),
    ),
)


@settings(max_examples=often(40, 600), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(WORDS, min_size=1, max_size=6))
def test_whatever_comes_in_the_door_still_serves_an_honest_visitor_afterwards(
    tmp_path: Path, said: list[bytes]
) -> None:
    async def scenario() -> None:
        async with desk_at(tmp_path / "p.sock") as desk:
            with socket.socket(socket.AF_UNIX) as rude, short_path(desk.path) as address:
                rude.connect(address)
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                    await asyncio.to_thread(rude.sendall, b"".join(said))
            assert await works(desk)
            assert desk.kept[-1].image == sample()

    asyncio.run(scenario())


@settings(max_examples=often(60, 1000), deadline=None)
@given(st.binary(max_size=300))
def test_no_line_brings_down_who_reads_it(line: bytes) -> None:
    from agent.cameras.handing import read_from_camera
    from agent.cameras.lines import LineError

    try:
        word = read_from_camera(line)
    except LineError:
        return
    assert isinstance(word, msgspec.Struct)
