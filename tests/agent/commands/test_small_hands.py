"""Restarts, maintenance and logs as commands: what is kept before the process ends, what the next one says of it."""

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from agent.commands import logs, maintenance, reboot, restart_agent, restart_kiosk
from agent.commands.job import CommandError, Done, Scalar
from agent.config import AgentConfig, load
from agent.events import EventLog
from agent.fakes import FakeClock
from agent.maintenance import Maintenance
from tests.support.agent_box import AgentBox
from tests.support.commanded import KeptJob, LentTools, carried_out
from tests.support.told_line import Outbox


@pytest.fixture
def box(tmp_path: Path) -> AgentBox:
    return AgentBox(tmp_path)


@pytest.fixture
def config(box: AgentBox) -> AgentConfig:
    return load(box.config)


def test_a_restart_of_the_agent_is_done_when_another_run_says_so(box: AgentBox, config: AgentConfig) -> None:
    """The memo is there before the process is told to end; the process then waits for its end and says nothing."""
    clock, job = FakeClock(run="0000000000000001"), KeptJob("restart-agent")
    tools = LentTools(config, box.config, clock)
    with pytest.raises(TimeoutError):
        carried_out(restart_agent.run, job, tools, within_s=0.2)
    assert job.memo == {"run": "0000000000000001"}
    assert tools.stopped == [f"command {job.id}"]
    after = LentTools(config, box.config, FakeClock(run="0000000000000002"))
    done = carried_out(restart_agent.resume, KeptJob("restart-agent", memo=job.memo), after)
    assert done.result == {"before": "0000000000000001", "run": "0000000000000002"}
    assert after.stopped == []


def test_a_process_that_died_before_it_was_told_to_end_was_not_restarted_by_the_command(
    box: AgentBox, config: AgentConfig
) -> None:
    for name, resume in (("restart-agent", restart_agent.resume), ("reboot", reboot.resume)):
        tools = LentTools(config, box.config)
        with pytest.raises(CommandError) as caught:
            carried_out(resume, KeptJob(name), tools)
        assert caught.value.code == "interrupted"
        assert tools.wishes == tools.stopped == []


def test_an_agent_that_does_not_end_fails_its_restart(
    box: AgentBox, config: AgentConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restart_agent, "ENDS_WITHIN_S", 0.01)
    with pytest.raises(CommandError) as caught:
        carried_out(restart_agent.run, KeptJob("restart-agent"), LentTools(config, box.config))
    assert caught.value.code == "not_stopped"


def test_a_restart_of_the_box_is_done_when_another_boot_says_so(box: AgentBox, config: AgentConfig) -> None:
    clock, job = FakeClock(), KeptJob("reboot")
    kept: list[Mapping[str, Scalar]] = []
    tools = LentTools(config, box.config, clock, on_want=lambda _: kept.append(job.memo))
    with pytest.raises(TimeoutError):
        carried_out(reboot.run, job, tools, within_s=0.2)
    assert tools.wishes == ["reboot"]
    assert [memo["boot"] for memo in kept] == [clock.boot]  # on the disk before it was asked for
    assert job.memo["asked"] is True
    before = clock.boot
    clock.reboot("00000000-0000-4000-8000-000000000002", "2")
    after = LentTools(config, box.config, clock)
    done = carried_out(reboot.resume, KeptJob("reboot", memo=job.memo), after)
    assert done.result == {"before": before, "boot": clock.boot}
    assert after.wishes == []


@pytest.mark.parametrize("asked", [True, False])
def test_in_the_same_boot_it_is_waited_for_and_asked_again_only_if_nobody_asked(
    box: AgentBox, config: AgentConfig, asked: bool
) -> None:
    clock = FakeClock(mono_ms=100_000)
    memo: dict[str, Scalar] = {"boot": clock.boot, "mono_ms": 90_000, "asked": asked}
    tools = LentTools(config, box.config, clock)
    with pytest.raises(TimeoutError):
        carried_out(reboot.resume, KeptJob("reboot", memo=memo), tools, within_s=0.2)
    assert tools.wishes == ([] if asked else ["reboot"])


def test_a_box_that_never_restarts_fails_in_the_boot_it_stays_in(box: AgentBox, config: AgentConfig) -> None:
    clock = FakeClock(mono_ms=90_000 + reboot.WITHIN_MS)
    memo: dict[str, Scalar] = {"boot": clock.boot, "mono_ms": 90_000, "asked": True}
    with pytest.raises(CommandError) as caught:
        carried_out(reboot.resume, KeptJob("reboot", memo=memo), LentTools(config, box.config, clock))
    assert caught.value.code == "not_rebooted"


def test_a_helper_that_is_not_there_fails_what_needs_it(box: AgentBox, config: AgentConfig) -> None:
    def nobody(_: str) -> None:
        raise CommandError("helper", "it does not take the word")

    for name, run in (("restart-kiosk", restart_kiosk.run), ("reboot", reboot.run)):
        with pytest.raises(CommandError) as caught:
            carried_out(run, KeptJob(name), LentTools(config, box.config, on_want=nobody))
        assert caught.value.code == "helper"


def test_a_kiosk_is_restarted_by_one_word(box: AgentBox, config: AgentConfig) -> None:
    tools = LentTools(config, box.config)
    job = KeptJob("restart-kiosk")
    assert carried_out(restart_kiosk.run, job, tools) == Done()
    assert carried_out(restart_kiosk.resume, KeptJob("restart-kiosk", memo=job.memo), tools) == Done()
    assert tools.wishes == ["restart-kiosk"]
    assert carried_out(restart_kiosk.resume, KeptJob("restart-kiosk"), tools) == Done()
    assert tools.wishes == ["restart-kiosk"] * 2


def test_maintenance_from_afar_is_the_one_that_is_kept_on_the_box(box: AgentBox, config: AgentConfig) -> None:
    """Begun, prolonged, ended, and ended once more; the centre is told by the same events as of a technician's."""
    clock, outbox = FakeClock(), Outbox()
    box.data_dir.mkdir()
    stay = Maintenance(box.data_dir, clock, EventLog(outbox, clock))
    tools = LentTools(config, box.config, clock, {"maintenance": stay.operation})

    def asked(lasts_s: int, **more: object) -> Done:
        return carried_out(maintenance.run, KeptJob("maintenance", {"lasts_s": lasts_s, **more}), tools)

    begun = asked(3600, ticket="T-7", note="ganti adaptor")
    assert begun.result["left_s"] == 3600
    current = stay.current()
    assert current is not None
    assert (current["by"], current["ticket"], current["note"]) == (maintenance.BY, "T-7", "ganti adaptor")
    asked(7200)
    assert asked(0).result["left_s"] == 0
    assert stay.current() is None
    assert asked(0).detail == "no maintenance was going on"
    assert [body["active"] for body in outbox.of("maintenance")] == [True, True, False]
    assert {body["by"] for body in outbox.of("maintenance")} == {maintenance.BY}


@pytest.mark.parametrize("lasts_s", [1, 48 * 3600])
def test_a_stay_that_no_technician_could_have_either_is_refused(
    box: AgentBox, config: AgentConfig, lasts_s: int
) -> None:
    clock = FakeClock()
    stay = Maintenance(box.folder, clock, EventLog(Outbox(), clock))
    tools = LentTools(config, box.config, clock, {"maintenance": stay.operation})
    with pytest.raises(CommandError) as caught:
        carried_out(maintenance.run, KeptJob("maintenance", {"lasts_s": lasts_s}), tools)
    assert caught.value.code == "bad_duration"
    with pytest.raises(CommandError) as caught:
        carried_out(maintenance.run, KeptJob("maintenance", {"lasts_s": 60}), LentTools(config, box.config))
    assert caught.value.code == "not_here"


def test_lines_come_from_the_door_and_are_bounded(
    box: AgentBox, config: AgentConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever stands behind the door sends, whole lines of the newest arrive, and no more than fits."""
    questions: list[bytes] = []
    monkeypatch.setattr(logs, "DOOR", box.folder / "door.sock")

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        questions.append(await reader.readline())
        writer.write(b"".join(b"line %06d\n" % number for number in range(40_000)))
        await writer.drain()
        writer.close()

    async def story() -> tuple[Done, KeptJob]:
        async with await asyncio.start_unix_server(answer, logs.DOOR):
            job = KeptJob("logs", {"unit": "camera", "lines": 50})
            return await logs.run(job, LentTools(config, box.config)), job

    done, job = asyncio.run(story())
    assert questions == [b"camera 50\n"]
    lines = job.text.splitlines()
    assert len(job.text) <= logs.MOST_BYTES
    assert (lines[-1], len(lines[0])) == ("line 039999", 11)
    assert done.result == {"lines": len(lines)}


def test_a_door_that_says_nothing_is_given_up(
    box: AgentBox, config: AgentConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "DOOR", box.folder / "door.sock")
    monkeypatch.setattr(logs, "WITHIN_S", 0.1)

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async def story() -> None:
        async with await asyncio.start_unix_server(silent, logs.DOOR):
            await logs.run(KeptJob("logs"), LentTools(config, box.config))

    with pytest.raises(CommandError) as caught:
        asyncio.run(story())
    assert caught.value.code == "timeout"


def test_where_no_door_is_the_journal_is_asked_and_its_refusal_told(
    box: AgentBox, config: AgentConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools = box.folder / "tools"
    tools.mkdir()
    monkeypatch.setenv("PATH", f"{tools}:{os.environ['PATH']}")
    monkeypatch.setattr(logs, "DOOR", box.folder / "no.sock")
    for script, code in (("echo \"$*\" | tr ' ' '\\n'", None), ("exit 1", "journal")):
        (tools / "journalctl").write_text(f"#!/bin/sh\n{script}\n")
        (tools / "journalctl").chmod(0o755)
        job = KeptJob("logs", {"unit": "kiosk", "lines": 7})
        if code is None:
            assert carried_out(logs.run, job, LentTools(config, box.config)).result["lines"] == 6
            assert {"--lines=7", "--unit=sandi-kiosk.service"} <= set(job.text.split())
        else:
            with pytest.raises(CommandError) as caught:
                carried_out(logs.run, job, LentTools(config, box.config))
            assert caught.value.code == code
