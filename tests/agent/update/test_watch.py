"""The health file the guard of slots judges by, and the notices of where an update stands: each change told once."""

import asyncio
import json
from pathlib import Path
from typing import Any

from agent.clock import Clock
from agent.core.clock import Stamp
from agent.events import EventLog
from agent.update.watch import Facts, UpdateWatch, facts_of


class Recorder:
    def __init__(self) -> None:
        self.filed: list[dict[str, Any]] = []

    async def append(self, stream: str, kind: str, body: bytes, stamp: Stamp) -> int:
        assert (stream, kind) == ("event", "release")
        self.filed.append(json.loads(body))
        return len(self.filed)


def _watch(root: Path, recorder: Recorder, **uplink: object) -> UpdateWatch:
    clock = Clock()
    for name in ("data", "run"):
        (root / name).mkdir(exist_ok=True)
    return UpdateWatch(
        clock, EventLog(recorder, clock), data_dir=root / "data", run_dir=root / "run",
        facts=lambda: Facts(uplink, ("halaman",)), state_file=root / "state.json",
    )  # fmt: skip


def _say(root: Path, phase: str, **more: object) -> None:
    value = {"phase": phase, "version": "0.2.0", "digest": "a" * 64, "command": "c-1", "format_of_tomorrow": 1} | more
    (root / "state.json").write_text(json.dumps(value))


def test_the_health_file_says_how_this_run_is(tmp_path: Path) -> None:
    watch = _watch(tmp_path, Recorder(), connected=True, acked_age_s=2.0, stalled_for_s=None)
    watch.write_health()
    path = tmp_path / "run/health.json"
    said = json.loads(path.read_bytes())
    assert (said["connected"], said["stalled"], said["cameras"]) == (True, False, ["halaman"])
    assert said["at_ms"] - said["last_ack_ms"] == 2000
    assert said["started_ms"] <= said["at_ms"]
    assert path.stat().st_mode & 0o777 == 0o644


def test_an_answer_long_owed_is_a_stall_and_none_at_all_is_no_ack(tmp_path: Path) -> None:
    said = _watch(tmp_path, Recorder(), connected=True, acked_age_s=None, stalled_for_s=61.0).health()
    assert (said["stalled"], said["last_ack_ms"]) == (True, 0)


def test_cameras_count_when_they_give_pictures() -> None:
    assert facts_of({}, {"a": {"state": "ok"}, "b": {"state": "failing"}, "c": {}}).cameras == ("a",)


def test_each_change_is_told_once_over_restarts_too(tmp_path: Path) -> None:
    recorder = Recorder()

    async def story() -> None:
        for phase, more in (("building", {}), ("built", {}), ("trying", {}), ("undoing", {"code": "acks"})):
            _say(tmp_path, phase, **more)
            await _watch(tmp_path, recorder).tell()
            await _watch(tmp_path, recorder).tell()
        _say(tmp_path, "rolled_back", code="acks", detail="the centre acknowledged nothing")
        watch = _watch(tmp_path, recorder)
        await watch.tell()
        await watch.tell()

    asyncio.run(story())
    assert [(each["state"], each.get("code", "")) for each in recorder.filed] == [
        ("built", ""), ("trying", ""), ("rolled_back", "acks"),
    ]  # fmt: skip
    assert recorder.filed[-1]["command"] == "c-1"


def test_what_cannot_be_read_is_told_to_nobody(tmp_path: Path) -> None:
    recorder = Recorder()
    for raw in (b"", b"[]", b"{", b'{"phase": 7}', b'{"phase": "confirmed", "version": "no version at all"}'):
        (tmp_path / "state.json").write_bytes(raw)
        asyncio.run(_watch(tmp_path, recorder).tell())
    assert recorder.filed == []


def test_fetching_is_told_with_what_is_here_already(tmp_path: Path) -> None:
    recorder = Recorder()
    watch = _watch(tmp_path, recorder)
    folder = tmp_path / "data/update"
    folder.mkdir()
    (folder / f"{'a' * 64}.part").write_bytes(bytes(40))
    wish = {"digest": "a" * 64, "size_bytes": 100, "version": "0.2.0", "command": "c-1"}
    (folder / "fetching.json").write_text(json.dumps(wish))
    asyncio.run(watch.tell())
    [told] = recorder.filed
    assert (told["state"], told["bytes_done"], told["bytes_total"]) == ("fetching", 40, 100)
