"""A pushed configuration: on trial, confirmed or taken back, whatever is cut in between."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent import config_guard, config_watch, trial
from agent.config import load, load_parts
from agent.config_files import layers
from agent.core import confirming
from tests.support.config_box import NEW, OLD, WITHIN_MS, ConfigBox, power_cut, until
from tests.support.processes import program
from tests.support.small_tmpfs import SmallTmpfs


@pytest.fixture
def box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ConfigBox:
    monkeypatch.setattr(trial, "TICK_S", 0.01)
    return ConfigBox(tmp_path)


def run(scenario: Coroutine[Any, Any, None]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(120):
            await scenario

    asyncio.run(bounded())


def test_a_box_tells_what_its_card_says_and_only_once(box: ConfigBox) -> None:
    async def scenario() -> None:
        async with box.living() as life:
            told = await life.told("card")
            assert told["revision"] == 0 and len(told["digest"]) == 64
            await until((box.folder / "told").exists, "the mark")
        async with box.living() as life:
            await life.part.operation({})
            await asyncio.sleep(0)
            assert len(await life.events()) == 1
        box.path.write_text(box.path.read_text() + "vcgencmd = false\n")
        async with box.living() as life:

            async def second() -> bool:
                return len(await life.events()) == 2

            await until(second, "a second notice, since its digest is another")

    run(scenario())


def test_it_is_confirmed_by_the_acknowledgement_of_its_own_event(box: ConfigBox) -> None:
    box.good()
    box.push()

    async def scenario() -> None:
        async with box.living() as life:
            assert life.config.uplink.host == "other.example"
            assert life.config.health.interval_s == 50
            told = await life.told("trying")
            assert (told["revision"], told["generation"]) == (2, "g")
            await life.acknowledge(told["seq"])
            await until(lambda: box.trying and box.trying.get("event"), "the event to be noted")
            assert box.trying is not None
            box.clock.advance(confirming.WATCHED_MS / 1000)
            confirmed = await life.told("confirmed")
            assert confirmed["revision"] == 2 and confirmed["digest"] == told["digest"]
            assert life.ended == []

    run(scenario())
    assert box.trying is None and box.pushed == NEW
    assert (box.folder / "last-good.toml").read_bytes() == NEW
    assert box.current["state"] == "confirmed" and box.current["id"] == "job-2"


def test_without_an_acknowledgement_it_goes_back_and_says_so(box: ConfigBox) -> None:
    box.good()
    box.push()

    async def scenario() -> None:
        async with box.living() as life:
            await life.told("trying")
            box.clock.advance(WITHIN_MS / 1000)
            await until(lambda: life.ended, "the end of the process")
            assert "unconfirmed" in life.ended[0]
        async with box.living() as life:
            assert life.config.health.interval_s == 40
            told = await life.told("reverted")
            assert (told["revision"], told["tried"], told["code"]) == (1, 2, "unconfirmed")

    run(scenario())
    assert box.pushed == OLD and box.trying is None


def test_an_acknowledgement_of_other_events_is_none(box: ConfigBox) -> None:
    box.push()

    async def scenario() -> None:
        async with box.living() as life:
            told = await life.told("trying")
            await life.acknowledge(told["seq"] - 1)
            box.clock.advance(WITHIN_MS / 1000 - 1)
            await asyncio.sleep(0.1)
            assert box.trying is not None
            box.clock.advance(2)
            await until(lambda: life.ended, "the end of the process")

    run(scenario())
    assert box.pushed is None and box.current["state"] == "reverted"


def test_a_full_disk_takes_it_back_though_the_centre_has_answered(box: ConfigBox) -> None:
    box.good()
    box.push(warnings=["undervoltage"])

    async def scenario() -> None:
        async with box.living() as life:
            await life.acknowledge((await life.told("trying"))["seq"])
            box.warnings.add("disk_reserve")
            await until(lambda: life.ended, "the end of the process")

    run(scenario())
    assert (box.current["code"], box.current["detail"], box.pushed) == ("disk", "disk_reserve", OLD)


def test_a_reboot_in_between_gives_it_its_time_once_more_and_keeps_its_event(box: ConfigBox) -> None:
    box.push()

    async def scenario() -> None:
        async with box.living() as life:
            told = await life.told("trying")
            await until(lambda: box.trying and box.trying.get("event"), "the event to be noted")
        box.clock.advance(WITHIN_MS / 1000 - 1)
        box.clock.reboot("00000000-0000-4000-8000-000000000002", "2")
        async with box.living() as life:
            assert box.trying is not None and box.trying["deadline_ms"] == box.clock.mono_ms() + WITHIN_MS
            assert [each["seq"] for each in await life.events()] == [told["seq"]]
            await life.acknowledge(told["seq"])
            box.clock.advance(confirming.WATCHED_MS / 1000)
            assert (await life.told("confirmed"))["revision"] == 2

    run(scenario())


@pytest.mark.parametrize("reboots", [False, True])
def test_what_never_comes_up_is_taken_back_after_three_starts_or_boots(box: ConfigBox, reboots: bool) -> None:
    box.good()
    box.push()
    for life in range(3):
        if reboots and life:
            box.clock.reboot(f"boot-{life}", str(life))
        assert box.start(f"invocation-{life}").health.interval_s == 50
    if reboots:
        box.clock.reboot("boot-9", "9")
    assert box.start("invocation-9").health.interval_s == 40
    assert box.current["code"] == "starts" and box.trying is None


def test_a_start_is_counted_once_by_systemds_guard_and_the_agent(box: ConfigBox) -> None:
    box.push()
    for _ in range(5):
        config_guard.guard(box.folder, box.clock.boot, box.clock.mono_ms(), "same")
    assert box.start("same").health.interval_s == 50
    assert box.trying is not None and box.trying["starts"] == 1


@pytest.mark.parametrize("cut", range(8))
@pytest.mark.parametrize("change", ["apply", "confirm", "revert"])
def test_the_power_may_go_after_any_step(
    box: ConfigBox, monkeypatch: pytest.MonkeyPatch, change: str, cut: int
) -> None:
    box.good()
    if change != "apply":
        box.push()
        box.start()
    with power_cut(monkeypatch, cut) as steps:
        {"apply": box.push, "confirm": lambda: config_guard.confirm(box.folder),
         "revert": lambda: config_guard.revert(box.folder, "unconfirmed")}[change]()  # fmt: skip
    first = box.start().health.interval_s
    assert first in (40, 50)
    for _ in range(4):
        last = box.start().health.interval_s
    expected = 50 if change == "confirm" and steps else 40
    assert (last, box.trying) == (expected, None)
    assert box.current["revision"] == (2 if expected == 50 else 1)
    assert box.pushed == (box.folder / "last-good.toml").read_bytes() == (NEW if expected == 50 else OLD)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    damaged=st.dictionaries(
        st.sampled_from(["pushed.toml", "last-good.toml", "current.json", "trying.json", "told", "refused.json"]),
        st.binary(max_size=60) | st.sampled_from([b'{"v":1,"phase":"trying"}', b"[health]\ninterval_s = 'x'\n", b"{}"]),
        min_size=1,
    ),
    pushed=st.booleans(),
)
def test_any_bytes_in_any_of_its_files_leave_a_box_that_starts(
    tmp_path_factory: pytest.TempPathFactory, damaged: dict[str, bytes], pushed: bool
) -> None:
    box = ConfigBox(tmp_path_factory.mktemp("box"))
    box.good()
    if pushed:
        box.push()
    for name, content in damaged.items():
        (box.folder / name).write_bytes(content)
    config = box.start()
    assert config.node.id == "kel-3673011001"
    assert config.health.interval_s in (30, 40, 50) or "pushed.toml" in damaged or "last-good.toml" in damaged
    for _ in range(5):
        last = box.start()
    assert box.trying is None
    assert last.health == load(box.path, {}).health


def test_pushed_tables_a_card_no_longer_agrees_with_are_set_aside(box: ConfigBox) -> None:
    box.good(b"[outbox]\nreserve_mb = 10\n")
    (box.folder / "pushed.toml").write_bytes(b"[outbox]\nreserve_mb = -5\n")
    assert box.start().outbox.reserve_mb == 10
    assert (box.current["state"], box.current["code"]) == ("reverted", "invalid")
    for name in ("pushed.toml", "last-good.toml"):
        (box.folder / name).write_bytes(b"[outbox]\nreserve_mb = -5\n")
    assert box.start().outbox.reserve_mb == 64
    assert box.current["revision"] == 0


def test_the_override_wins_is_told_and_is_seen_by_every_process(box: ConfigBox) -> None:
    (box.path.parent / "override.toml").write_text("[health]\ninterval_s = 15\n")
    box.good()

    async def scenario() -> None:
        async with box.living() as life:
            assert life.config.health.interval_s == 15
            assert (await life.told("confirmed"))["overrides"] == ["health.interval_s"]
            assert life.part.status()["overrides"] == ["health.interval_s"]

    run(scenario())
    assert load_parts(box.path, "health")["health"].interval_s == 15


AS_NOBODY = """
import encodings.utf_8_sig, os, pathlib, sys, tomli
from agent.config import PARTS, load, part
for name in PARTS: part(name)
if os.geteuid() == 0:
    os.setgroups([]), os.setgid(65534), os.setuid(65534)
config = load(pathlib.Path(sys.argv[1]))
print(config.health.interval_s, config.kiosk.status_url)
"""


def test_who_may_not_look_into_the_agents_folder_reads_the_copy_for_its_group(box: ConfigBox) -> None:
    (box.path.parent / "override.toml").write_text("[kiosk]\nstatus_url = 'https://a.example'\n")
    box.good(b"[health]\ninterval_s = 40\n")
    box.start()
    shared = box.path.parent / "run-config"
    assert sorted(path.name for path in shared.iterdir()) == ["camera.json", "kiosk.json", "technicians.json"]
    card = box.path.parent / "credentials" / "agent.toml"
    card.parent.mkdir()
    card.write_text(
        box.path.read_text().replace('"data"', f'"{box.data_dir}"').replace('"run"', f'"{box.path.parent}/run"')
    )
    box.folder.chmod(0)
    try:
        for path in (box.path.parent, card.parent, shared, *shared.iterdir()):
            path.chmod(0o755)
        for parent in list(card.parents)[:-2]:
            parent.chmod(parent.stat().st_mode | 0o055)
        done = subprocess.run([sys.executable, "-c", AS_NOBODY, str(card)], capture_output=True, text=True, check=False)
    finally:
        box.folder.chmod(0o750)
    assert done.stdout == "40.0 https://a.example\n", done.stderr


def test_copies_go_when_nothing_lies_over_the_card_any_more(box: ConfigBox) -> None:
    override = box.path.parent / "override.toml"
    override.write_text("[health]\ninterval_s = 15\n")
    box.start()
    assert (box.path.parent / "run-config" / "kiosk.json").exists()
    override.unlink()
    box.start()
    assert not (box.path.parent / "run-config").exists()


def test_a_mistake_names_the_file_it_stands_in(box: ConfigBox) -> None:
    (box.path.parent / "override.toml").write_text("[health]\ninterval_s = -1\n[outbox]\nreserve_mb = true\n")
    from agent.config import ConfigError

    with pytest.raises(ConfigError) as caught:
        load(box.path, {})
    assert all("override.toml" in line for line in caught.value.lines())
    assert layers(box.path).origin("node.id") == box.path


def test_the_guard_is_a_script_of_the_standard_library_alone(box: ConfigBox) -> None:
    box.good()
    box.push()
    trying = json.loads((box.folder / "trying.json").read_text())
    trying.update(starts=3, boot=config_guard.this_boot())
    (box.folder / "trying.json").write_text(json.dumps(trying))
    command = [sys.executable, "-I", "-S", str(Path(config_guard.__file__)), "--card", str(box.path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "config-guard: the configuration on trial was taken back: starts\n")
    assert box.pushed == OLD and box.current["state"] == "reverted"


WATCHING = """
import pathlib, signal, sys, threading
from agent import config_watch
config_watch.LOOK_S = 0.05
signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))
watch = config_watch.Watch(pathlib.Path(sys.argv[1]), ("node", "kiosk"), {"INVOCATION_ID": "x"})
watch.busy = pathlib.Path(sys.argv[2]).exists
print("watching", flush=True)
threading.Event().wait(60)
"""


def test_a_process_beside_the_agent_starts_anew_when_its_own_tables_change_and_only_then(box: ConfigBox) -> None:
    override, visit = box.path.parent / "override.toml", box.path.parent / "visit"
    visit.touch()
    with program(sys.executable, "-c", WATCHING, str(box.path), str(visit)) as kiosk:
        kiosk.wait_for_output("watching")
        own, seen = config_watch.tables(box.path, ("kiosk",)), config_watch.marks(box.path)
        override.write_text("[health]\ninterval_s = 15\n")
        box.start()
        assert config_watch.marks(box.path) != seen
        assert config_watch.tables(box.path, ("kiosk",)) == own
        box.good(b"[kiosk]\nstatus_url = 'https://a.example'\n")
        box.start()
        assert config_watch.tables(box.path, ("kiosk",)) != own
        assert kiosk.process.poll() is None  # somebody is typing
        visit.unlink()
        assert kiosk.wait() == 7


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")
def test_a_reserve_beyond_all_measure_is_taken_back_and_gives_its_room_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trial, "TICK_S", 0.01)
    with SmallTmpfs(tmp_path / "card", 64) as disk:
        disk.fill(28 * 1024 * 1024)
        box = ConfigBox(disk.path)
        box.push(b"[outbox]\nreserve_mb = 60000\n", free_mb=28)

        async def scenario() -> None:
            async with box.living() as life:
                await until(lambda: life.ended, "the end of the process")
            async with box.living() as life:
                assert (await life.told("reverted"))["code"] == "disk"
                await life.writer.call(life.writer.outbox.keep_reserve)

        run(scenario())
        assert box.current["code"] == "disk"
