"""Pictures, archives and witnesses as commands: through a running agent, and with this version's own command line."""

import asyncio
import json
import tarfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from agent.commands import bundle, snapshot, witness
from agent.commands.job import CommandError, Done
from agent.config import load
from agent.control import ControlError
from agent.control_client import RefusedError, ask
from tests.support.agent_box import NODE, AgentBox, stop
from tests.support.camera_visitor import Visitor, offer_of, sample, visiting
from tests.support.commanded import KeptJob, LentTools, carried_out
from tests.support.picture_box import box_at, door
from wire.commands import MAX_OUTPUT_BYTES


@pytest.fixture
def box(tmp_path: Path) -> AgentBox:
    return box_at(tmp_path)


def tools_of(box: AgentBox) -> LentTools:
    """Its snapshots are those of the agent that runs, asked as a technician would."""

    async def operation(request: Mapping[str, object]) -> Mapping[str, object]:
        question = {"op": "snapshot", **request}
        try:
            return await asyncio.to_thread(ask, box.run_dir / "control.sock", question, 90.0)
        except RefusedError as error:
            raise ControlError(error.code, str(error)) from error

    return LentTools(load(box.config), box.config, operations={"snapshot": operation})


async def handing_in(visitor: Visitor) -> None:
    while True:
        wish = await visitor.take()
        await visitor.hand_in(offer_of(sample(), wish.camera, request_id=wish.request_id), sample())


def test_a_picture_of_every_camera_that_may_take_one_and_a_word_on_the_others(box: AgentBox) -> None:
    """It bears the command's id in its record; asked again at once the same picture serves, under the same id."""

    async def story() -> list[tuple[Done, KeptJob]]:
        async with visiting(door(box), "gate", "bare") as visitor:
            await visitor.next()
            hands = asyncio.create_task(handing_in(visitor))
            jobs = [KeptJob("snapshot"), KeptJob("snapshot", {"camera": "gate"})]
            found = [(await snapshot.run(job, tools_of(box)), job) for job in jobs]
            hands.cancel()
            await asyncio.wait([hands])
            return found

    with box.running() as agent:
        (every, job), (one, _) = asyncio.run(story())
        stop(agent)
    assert (every.result["pictures"], every.result["missed"]) == (1, 1)
    assert (every.result["camera_1"], every.result["request_1"]) == ("gate", job.id)
    assert every.detail == "bare: notice"
    assert "bare: notice" in job.text
    assert "gate: ok, 960x540" in job.text
    assert (one.result["pictures"], one.result["missed"]) == (1, 0)


def test_without_any_picture_the_command_fails_with_the_cameras_cause(box: AgentBox, tmp_path: Path) -> None:
    with box.running() as agent:
        causes = []
        for camera in ("gate", "bare", "nowhere"):
            with pytest.raises(CommandError) as caught:
                carried_out(snapshot.run, KeptJob("snapshot", {"camera": camera}), tools_of(box))
            causes.append(caught.value.code)
        stop(agent)
    assert causes == ["no_camera_process", "notice", "not_configured"]
    (tmp_path / "blind").mkdir()
    blind = AgentBox(tmp_path / "blind")
    with pytest.raises(CommandError) as caught:
        carried_out(snapshot.run, KeptJob("snapshot"), LentTools(load(blind.config), blind.config))
    assert caught.value.code == "no_cameras"


def test_an_archive_stays_on_the_box_and_what_tells_most_of_it_is_sent_as_text(box: AgentBox) -> None:
    """Whole, readable for the agent alone; older ones make room; the text fits into a command's output."""
    folder = box.data_dir / bundle.FOLDER
    folder.mkdir(parents=True)
    for number in range(5):
        (folder / f"sandi-bundle-old-{number}.tar.gz").write_bytes(b"x")
    job = KeptJob("bundle")
    done = carried_out(bundle.run, job, LentTools(load(box.config), box.config))
    path = Path(str(done.result["file"]))
    with tarfile.open(path) as archive:
        names = archive.getnames()
    assert "sandi-bundle/manifest.json" in names
    assert done.result == {"file": str(path), "size_bytes": path.stat().st_size, "sent": False}
    assert str(path) in done.detail
    assert (path.stat().st_mode & 0o777, len(list(folder.iterdir()))) == (0o600, bundle.KEPT)
    assert len(job.text.encode()) <= MAX_OUTPUT_BYTES
    assert "== diagnose.json" in job.text
    assert "== versions.json" in job.text
    assert NODE in path.name


def test_an_archive_that_cannot_be_written_fails_and_says_why(box: AgentBox) -> None:
    job = KeptJob("bundle")
    tools = LentTools(load(box.config), box.config)
    (box.data_dir / bundle.FOLDER).mkdir(parents=True)
    (box.data_dir / bundle.FOLDER / f"sandi-bundle-{NODE}-{job.id}.tar.gz").symlink_to("/dev/null")
    with pytest.raises(CommandError) as caught:
        carried_out(bundle.run, job, tools)
    assert caught.value.code == "bundle"
    assert job.text


def test_a_neighbour_that_answers_is_seen_by_echoes_and_by_the_way_to_it(box: AgentBox) -> None:
    job = KeptJob("witness", {"node": "kel-3673011002", "host": "127.0.0.1"})
    done = carried_out(witness.run, job, LentTools(load(box.config), box.config))
    figures = dict(done.result)
    rtt_ms = figures.pop("rtt_ms")
    assert isinstance(rtt_ms, float)
    wanted = {"sent": witness.COUNT, "lost": 0, "reached": True, "hops": 1, "last": "127.0.0.1", "reason": ""}
    assert figures == wanted
    assert job.text.splitlines()[0].startswith(f"ping 127.0.0.1: {witness.COUNT} sent, 0 lost")
    assert "  1  127.0.0.1" in job.text
    assert json.dumps(figures)  # figures alone: a result holds no lists


@pytest.mark.parametrize("host", ["no-such-host.invalid", "--help", "-c"])
def test_what_cannot_be_measured_is_no_word_about_the_neighbour(box: AgentBox, host: str) -> None:
    """A name that nobody knows, and names that look like options of the command line."""
    job = KeptJob("witness", {"node": "kel-3673011002", "host": host})
    with pytest.raises(CommandError) as caught:
        carried_out(witness.run, job, LentTools(load(box.config), box.config))
    assert caught.value.code == "not_measured"
    assert "ping: " in job.text
    assert "trace: " in job.text
