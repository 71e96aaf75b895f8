"""Pictures through the running agent: its door, its outbox, its status, and `sandi snapshot`."""

import asyncio
import base64
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from nacl.signing import SigningKey

from agent.cameras.handing import CameraReport, Facts, Kept, Missed, Refused, Report
from agent.cli_app import app
from agent.core.clock import Stamp
from agent.outbox import open_outbox
from tests.support.agent_box import NODE, AgentBox, stop
from tests.support.camera_visitor import SAMPLES, Visitor, offer_of, report_of, sample, visiting
from tests.support.picture_box import SEED, box_at, door
from tests.support.processes import program, wait_until
from tests.support.small_tmpfs import SmallTmpfs
from tests.support.terminal import terminal
from wire.codec import decode_up
from wire.snapshot import Snapshot, extract
from wire.topics import up


@pytest.fixture
def box(tmp_path: Path) -> AgentBox:
    return box_at(tmp_path)


def sandi(box: AgentBox, *arguments: str) -> Result:
    """The command in this process; only a start of Python is saved."""
    return CliRunner().invoke(app, [*arguments, "-c", str(box.config)], env={"COLUMNS": "80", "SANDI_LANG": "id"})


async def asked(box: AgentBox, *arguments: str) -> Result:
    return await asyncio.to_thread(sandi, box, "snapshot", *arguments)


def stored(box: AgentBox) -> list[Snapshot]:
    """The pictures in the outbox of an agent that does not run."""
    outbox = open_outbox(box.data_dir, "", Stamp("test", "test", 0, 0, False))
    try:
        found = []
        for held in outbox.page("snapshot", 0, 10**9, 1000):
            content = outbox.read_file("snapshot", held)
            assert content is not None
            snapshot = decode_up(up(NODE, "snapshot"), content)
            assert isinstance(snapshot, Snapshot)
            found.append(snapshot)
        return found
    finally:
        outbox.close()


async def serve(visitor: Visitor, number: int = 0) -> Kept | Refused:
    wish = await visitor.take()
    return await visitor.hand_in(offer_of(sample(number), wish.camera, request_id=wish.request_id), sample(number))


def test_pictures_survive_a_killed_agent_signed_and_chained(box: AgentBox) -> None:
    async def hand_in(first: int) -> None:
        async with visiting(door(box), "gate") as visitor:
            for number in range(first, first + 3):
                assert isinstance(await visitor.hand_in(offer_of(sample(number)), sample(number)), Kept)

    with box.running() as agent:
        asyncio.run(hand_in(0))
        stop(agent, signal.SIGKILL)
    with box.running() as agent:
        asyncio.run(hand_in(3))
        stop(agent)
    found = stored(box)
    assert [snapshot.image for snapshot in found] == [sample(number) for number in range(6)]
    links = [snapshot.record.previous_sha256 for snapshot in found]
    assert links == ["", *(snapshot.record.sha256 for snapshot in found[:-1])]
    for snapshot in found:
        SigningKey(SEED).verify_key.verify(snapshot.record_json, snapshot.signature)


def test_pictures_that_a_former_version_left_in_its_spool_are_removed(box: AgentBox) -> None:
    spool = box.data_dir / "spool"
    spool.mkdir(parents=True)
    (spool / "gate.1.1.jpg").write_bytes(sample())
    (spool / ".gate.1.2.jpg.part").write_bytes(sample()[:100])
    with box.running() as agent:
        wait_until(lambda: not spool.exists(), "the spool to go")
        wait_until(door(box).is_socket, "the door")
        stop(agent)
    assert box.data_dir.is_dir()


def test_a_node_without_cameras_has_no_door(tmp_path: Path) -> None:
    box = AgentBox(tmp_path)
    with box.running() as agent:
        assert not door(box).exists()
        assert box.status()["cameras"] == {}
        assert sandi(box, "snapshot", "gate").exit_code == 2
        stop(agent)


def test_what_the_strip_calls_the_place_is_said_in_the_configuration_or_is_the_node(box: AgentBox) -> None:
    async def facts() -> Facts:
        async with visiting(door(box), "gate", "bare") as visitor:
            told = await visitor.next()
            assert isinstance(told, Facts)
            return told

    with box.running() as agent:
        assert asyncio.run(facts()).place == NODE
        stop(agent)
    box.config.write_text(box.config.read_text().replace("[node]", '[node]\nplace = "Kelurahan Serang"'))
    with box.running() as agent:
        told = asyncio.run(facts())
        assert (told.node, told.place) == (NODE, "Kelurahan Serang")
        stop(agent)


def test_status_says_of_each_camera_what_the_camera_process_says_or_that_it_is_silent(box: AgentBox) -> None:
    async def scenario() -> None:
        before = box.status()["cameras"]
        assert {name: (said["state"], said["code"]) for name, said in before.items()} == {
            "gate": ("unknown", "no_camera_process"),
            "bare": ("unknown", "no_camera_process"),
        }
        async with visiting(door(box), "gate", "bare") as visitor:
            await visitor.next()
            assert box.status()["cameras"]["gate"]["code"] == "silent"
            failing = CameraReport(
                "failing", "replay", "traffic", 300.0, code="hung", cause="periksa kabel pita", verdict="frozen",
                pictures=4, last_picture_age_s=71,
            )  # fmt: skip
            visitor.say(Report({"gate": failing, **report_of("bare").cameras}))
            await asyncio.to_thread(wait_until, lambda: box.status()["cameras"]["bare"]["state"] == "ok", "the report")
            told = box.status()["cameras"]["gate"]
            assert (told["state"], told["cause"], told["verdict"]) == ("failing", "periksa kabel pita", "frozen")
            visitor.say(Report({"gate": failing}))  # what was said is believed for half a minute
            screen = (await asyncio.to_thread(sandi, box, "status")).stdout
            assert "Kamera gate: GAGAL" in screen
            assert "periksa kabel pita" in screen

    with box.running() as agent:
        asyncio.run(scenario())
        assert "TIDAK DIKETAHUI" in sandi(box, "status").stdout or box.status()["cameras"]["gate"]["state"] == "failing"
        stop(agent)


def test_a_picture_is_asked_for_at_the_box_and_lies_in_the_file_as_the_centre_will_get_it(box: AgentBox) -> None:
    target = box.folder / "gate.jpg"

    async def scenario() -> tuple[Result, Result]:
        async with visiting(door(box), "gate", "bare") as visitor:
            await visitor.next()
            waiting = asyncio.create_task(asked(box, "gate", "-o", str(target)))
            await serve(visitor)
            plain = await waiting
            waiting = asyncio.create_task(asked(box, "gate", "--json"))
            wish = asyncio.create_task(serve(visitor, 1))
            told = await waiting
            wish.cancel()
            await asyncio.wait([wish])
            return plain, told

    with box.running() as agent:
        plain, told = asyncio.run(scenario())
        stop(agent)
    assert plain.exit_code == 0, plain.stderr
    for word in ("Penilaian", "baik", "Umur", "960 x 540", "menyambung 0,01 dtk", str(target)):
        assert word in plain.stdout
    assert all(len(line) <= 80 for line in plain.stdout.splitlines() if str(target) not in line)
    written = extract(target.read_bytes())
    assert written.image == sample(0)
    assert target.stat().st_mode & 0o777 == 0o600
    facts = json.loads(told.stdout)
    assert (told.exit_code, facts["ok"], facts["verdict"], facts["file"]) == (0, True, "ok", None)
    assert "jpeg" not in facts
    assert facts["timings_ms"]["total"] >= 0
    assert [snapshot.record.reason for snapshot in stored(box)][:1] == ["request"]
    assert stored(box)[0].record == written.record


def test_on_a_terminal_it_shows_for_how_long_it_has_been_waiting(box: AgentBox) -> None:
    async def scenario() -> bytes:
        async with visiting(door(box), "gate") as visitor:
            with terminal("snapshot", "gate", "-c", str(box.config), SANDI_LANG="id") as screen:
                wish = await visitor.take()
                await asyncio.to_thread(wait_until, lambda: b"Menunggu kamera... " in screen.raw, "the wait", 60)
                await visitor.hand_in(offer_of(sample(), "gate", request_id=wish.request_id), sample())
                assert await asyncio.to_thread(screen.wait) == 0
                return screen.raw

    with box.running() as agent:
        raw = asyncio.run(scenario())
        stop(agent)
    assert raw.index(b"Menunggu kamera") < raw.index(b"Penilaian  baik")


def test_why_there_is_no_picture_is_said_in_words_and_by_the_exit_code(box: AgentBox) -> None:
    async def scenario() -> None:
        async def failed(code: int, word: str, *arguments: str) -> None:
            said = await asked(box, *arguments)
            assert (said.exit_code, word in said.stderr, said.stdout) == (code, True, ""), said.output

        await failed(2, "tidak ada di konfigurasi", "stranger")
        await failed(1, "notice_posted", "bare")
        await failed(1, "Proses kamera tidak berjalan", "gate")
        async with visiting(door(box), "gate", "bare") as visitor:
            await visitor.next()
            waiting = asyncio.create_task(asked(box, "gate"))
            wish = await visitor.take()
            visitor.say(Missed("gate", "auth", "401", wish.request_id))
            said = await waiting
            assert said.exit_code == 1
            assert "kata sandi" in said.stderr
            waiting = asyncio.create_task(asked(box, "gate", "-o", str(box.folder / "no" / "folder.jpg")))
            await serve(visitor)
            unwritten = await waiting
            assert (unwritten.exit_code, "tidak dapat ditulis" in unwritten.stderr) == (1, True)

    with box.running() as agent:
        asyncio.run(scenario())
        stop(agent)
    nobody = sandi(box, "snapshot", "gate")
    assert nobody.exit_code == 3


def test_the_control_socket_takes_no_rubbish_for_a_request(box: AgentBox) -> None:
    from agent.control_client import RefusedError, ask

    with box.running() as agent:
        for request in (
            {},
            {"camera": 3},
            {"camera": "gate", "request_id": 5},
            {"camera": "gate", "request_id": "a b"},
        ):
            with pytest.raises(RefusedError) as refused:
                ask(box.run_dir / "control.sock", {"op": "snapshot", **request}, 60)
            assert refused.value.code == "bad_request"
        stop(agent)


@pytest.mark.full
@pytest.mark.skipif(os.geteuid() != 0, reason="mounts a tmpfs")
def test_a_full_disk_is_said_and_the_next_picture_is_taken_once_there_is_room(tmp_path: Path) -> None:
    with SmallTmpfs(tmp_path / "disk", 200) as disk:
        box = box_at(disk.path)

        async def scenario() -> list[Kept | Refused]:
            async with visiting(door(box), "gate") as visitor:
                answers = [await visitor.hand_in(offer_of(sample(0)), sample(0))]
                disk.fill()
                answers.append(await visitor.hand_in(offer_of(sample(1)), sample(1)))
                disk.free()
                answers.append(await visitor.hand_in(offer_of(sample(2)), sample(2)))
                return answers

        with box.running() as agent:
            first, full, last = asyncio.run(scenario())
            stop(agent)
        assert isinstance(first, Kept)
        assert isinstance(full, Refused)
        assert (full.code, full.permanent) == ("disk_full", False)
        assert isinstance(last, Kept)
        *_, newest = stored(box)
        assert newest.image == sample(2)
        known = {snapshot.record.sha256 for snapshot in stored(box)} | {link.sha256 for link in newest.record.evicted}
        assert newest.record.previous_sha256 in known


@pytest.mark.full
def test_an_outage_is_worth_a_picture_of_every_camera_that_may_take_one(box: AgentBox) -> None:
    """Nobody listens at the broker's port."""

    async def scenario() -> list[tuple[Any, ...]]:
        async with visiting(door(box), "gate", "bare") as visitor:
            wish = await visitor.take()
            return [(wish.camera, wish.reason, wish.urgent, wish.request_id)]

    box.config.write_text(box.config.read_text().replace("events = false\n", ""))
    with box.running() as agent:
        [(camera, reason, urgent, ident)] = asyncio.run(scenario())
        outage = box.status()["outage"]
        stop(agent)
    assert (camera, reason, urgent) == ("gate", "event", False)
    assert ident == f"outage-{outage['id']}-begun"


@pytest.mark.full
def test_a_real_camera_process_hands_in_by_schedule_and_on_demand_and_comes_back_after_the_agent(
    tmp_path: Path,
) -> None:
    (tmp_path / "sign.key").write_bytes(base64.b64encode(SEED))
    replay = (
        f'type = "replay"\nfolder = "{SAMPLES[0].parent}"\npurpose = "traffic"\nnotice_posted = true\nevents = false\n'
    )
    process = '[camera_process]\ndata_dir = "eyes"\nrun_dir = "eyes-run"\nlogins_file = "logins.toml"\n'
    box = AgentBox(tmp_path, more=f"[cameras.gate]\n{replay}interval_s = 2\n{process}")
    command = (sys.executable, "-m", "agent.cli", "camera", "run", "--config", str(box.config))

    def is_well() -> bool:
        return bool(box.status()["cameras"]["gate"]["state"] == "ok")

    with program(*command) as eyes:
        with box.running() as agent:
            wait_until(is_well, "a picture", 90, lambda: eyes.output)
            asked_for = sandi(box, "snapshot", "gate", "-o", str(tmp_path / "gate.jpg"))
            assert asked_for.exit_code == 0, asked_for.output
            stop(agent, signal.SIGKILL)
        with box.running() as agent:
            wait_until(is_well, "the camera process to come back", 90, lambda: eyes.output)
            before = box.streams()["snapshot"]["head"]
            wait_until(lambda: box.streams()["snapshot"]["head"] > before, "another picture", 90)
            stop(agent)
    found = stored(box)
    written = extract((tmp_path / "gate.jpg").read_bytes())
    assert written.record in [snapshot.record for snapshot in found]
    assert {snapshot.record.reason for snapshot in found} == {"schedule", "request"}
    assert [each.record.previous_sha256 for each in found[1:]] == [each.record.sha256 for each in found[:-1]]
