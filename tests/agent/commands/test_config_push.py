"""The command `config`: refused, applied, confirmed, taken back, taken up again after a start."""

import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from agent import config_guard, trial
from agent.commands import config_push
from agent.commands.job import CommandError, Done, Job, Run
from agent.config import load
from tests.support.commanded import REPOSITORY, KeptJob, LentTools
from tests.support.config_box import NEW, OLD, ConfigBox, until
from wire.bodies import ConfigRevision


class Tools(LentTools):
    """`sandi` without a second --config: `config check` is given the file it judges."""

    async def sandi(self, job: Job, words: Sequence[str], *, timeout_s: float, stdin: bytes = b"") -> int:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "agent.cli", *words,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY), "SANDI_LANG": "en"},
        )  # fmt: skip
        printed, _ = await process.communicate()
        await job.output(printed.decode())
        return process.returncode or 0


@pytest.fixture
def box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ConfigBox:
    monkeypatch.setattr(config_push, "POLL_S", 0.01)
    monkeypatch.setattr(trial, "TICK_S", 0.01)
    return ConfigBox(tmp_path)


def job_of(toml: bytes = NEW, revision: int = 2, generation: str = "g") -> KeptJob:
    job = KeptJob("config")
    job.id = f"job-{revision}"
    job.arguments = ConfigRevision(generation, revision, toml.decode(), 60)
    return job


def tools_of(box: ConfigBox) -> Tools:
    return Tools(load(box.path, {}), box.path, box.clock)


def outcome(run: Run, job: KeptJob, tools: Tools) -> Done | str:
    """What came of it; `waits` where it waits for the end of its process."""

    async def work() -> Done | str:
        working = asyncio.create_task(run(job, tools))
        await until(lambda: working.done() or tools.stopped, "an end")
        if not working.done():
            working.cancel()
            return "waits"
        return working.result()

    return asyncio.run(work())


def test_what_a_box_would_not_run_is_refused_and_nothing_changes(box: ConfigBox) -> None:
    box.good()
    job, tools = job_of(b"[health]\ninterval_s = -1\n[node]\nplace = 'x'\n"), tools_of(box)
    with pytest.raises(CommandError) as caught:
        outcome(config_push.run, job, tools)
    assert caught.value.code == "refused" and "node" in caught.value.detail
    assert (box.pushed, box.trying, tools.stopped) == (OLD, None, [])
    assert "cannot be pushed" in job.text

    async def told() -> None:
        async with box.living() as life:
            refused = await life.told("refused")
            assert (refused["revision"], refused["tried"], len(refused["problems"])) == (1, 2, 2)
            await until(lambda: not (box.folder / "refused.json").exists(), "the file to go once it was told")

    asyncio.run(told())


def test_values_are_judged_too_all_of_them(box: ConfigBox) -> None:
    job = job_of(b"[health]\ninterval_s = -1\n[uplink]\nport = 99999\n")
    with pytest.raises(CommandError, match=r"health\.interval_s.*uplink\.port|uplink\.port.*health\.interval_s"):
        outcome(config_push.run, job, tools_of(box))


@pytest.mark.parametrize(("revision", "toml"), [(1, OLD), (3, OLD)])
def test_an_older_one_and_another_of_the_same_number_are_refused(box: ConfigBox, revision: int, toml: bytes) -> None:
    box.good(NEW, 3)
    with pytest.raises(CommandError) as caught:
        outcome(config_push.run, job_of(toml, revision), tools_of(box))
    assert caught.value.code == "older" and box.pushed == NEW


def test_a_new_generation_begins_to_count_anew(box: ConfigBox) -> None:
    box.good(OLD, 7)
    assert outcome(config_push.run, job_of(NEW, 1, "another"), tools_of(box)) == "waits"
    assert box.trying is not None and box.trying["generation"] == "another"


def test_what_runs_already_is_done_at_once(box: ConfigBox) -> None:
    box.good(NEW, 2)
    tools = tools_of(box)
    done = outcome(config_push.run, job_of(), tools)
    assert isinstance(done, Done) and done.result["state"] == "confirmed" and tools.stopped == []


def test_it_is_applied_and_ends_after_the_start_that_confirmed_it(box: ConfigBox) -> None:
    job, tools = job_of(), tools_of(box)
    assert outcome(config_push.run, job, tools) == "waits"
    assert box.trying is not None and (box.trying["id"], box.pushed) == ("job-2", NEW)
    assert len(tools.stopped) == 1 and job.memo == {"applied": True}
    box.start()

    async def confirmed() -> Done:
        waiting = asyncio.create_task(config_push.resume(job, tools_of(box)))
        await asyncio.sleep(0.05)
        assert not waiting.done()
        config_guard.confirm(box.folder)
        return await waiting

    assert asyncio.run(confirmed()).result == {"generation": "g", "revision": 2, "state": "confirmed"}


def test_it_fails_after_the_start_that_took_it_back(box: ConfigBox) -> None:
    job = job_of()
    assert outcome(config_push.run, job, tools_of(box)) == "waits"
    box.start()
    config_guard.revert(box.folder, "disk", "disk_reserve")
    with pytest.raises(CommandError) as caught:
        outcome(config_push.resume, job, tools_of(box))
    assert (caught.value.code, caught.value.detail) == ("reverted", "disk: disk_reserve")


def test_a_start_before_anything_was_changed_begins_anew(box: ConfigBox) -> None:
    job, tools = job_of(), tools_of(box)
    job.memo = {"applied": True}
    assert outcome(config_push.resume, job, tools) == "waits"
    assert box.trying is not None and box.trying["id"] == "job-2"


def test_another_configuration_in_its_place_is_an_interruption(box: ConfigBox) -> None:
    job = job_of()
    assert outcome(config_push.run, job, tools_of(box)) == "waits"

    async def replaced() -> None:
        waiting = asyncio.create_task(config_push.resume(job, tools_of(box)))
        await asyncio.sleep(0.05)
        config_guard.revert(box.folder, "disk")
        box.push(NEW, 9)
        with pytest.raises(CommandError) as caught:
            await waiting
        assert caught.value.code in ("interrupted", "reverted")

    asyncio.run(replaced())
