"""The command `update` at the box: every way it can go has one end, over restarts and power cuts."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from agent.commands import update
from agent.commands.job import CommandError, Done
from wire.commands import Update

DIGEST = "a" * 64
ARGUMENTS = Update(DIGEST, 1000, "0.2.0")


class Asked:
    """A job and its tools; `guard` says, wish by wish, what the guard makes of it, phase by phase."""

    id, name, arguments = "c-1", "update", ARGUMENTS

    def __init__(self, root: Path, guard: Sequence[Sequence[Mapping[str, Any]]], *, fetched: int = 0) -> None:
        self.memo: Mapping[str, Any] = {}
        self.state, self.guard, self.fetched = root / "state.json", list(guard), fetched
        uplink = SimpleNamespace(profile="normal")
        node = SimpleNamespace(data_dir=root)
        self.config = SimpleNamespace(node=node, uplink=uplink, path=root / "agent.toml")
        self.wishes: list[dict[str, Any]] = []
        self.words: list[str] = []
        self.folder = root / "update"

    async def progress(self, pct: int, detail: str = "") -> None:
        assert 0 <= pct <= 100

    async def keep(self, memo: Mapping[str, Any]) -> None:
        self.memo = dict(memo)

    async def sandi(self, job: object, words: Sequence[str], *, timeout_s: float, stdin: bytes = b"") -> int:
        self.words = list(words)
        (self.folder / f"{DIGEST}.bundle").write_bytes(b"bundle")
        return self.fetched

    async def want(self, word: str, *, timeout_s: float = 30.0) -> None:
        assert word == "update"
        wish = json.loads((self.folder / "request.json").read_bytes())
        self.wishes.append(wish)
        for said in self.guard.pop(0) if self.guard else ():
            about = {"command": wish["command"], "attempt": wish["attempt"], "version": "0.2.0", "running": "0.1.0"}
            self.state.write_text(json.dumps(about | said))
            await asyncio.sleep(0.02)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(update, "LOOK_S", 0.005)
    monkeypatch.setattr(update, "WANT_AGAIN_S", 0.05)
    monkeypatch.setattr(update, "RESERVE_BYTES", 0)
    monkeypatch.setenv("SANDI_UPDATE_STATE", str(tmp_path / "state.json"))


def _run(asked: Any) -> Done:
    return asyncio.run(update.run(asked, asked))


def _failed(asked: Any) -> CommandError:
    with pytest.raises(CommandError) as ended:
        _run(asked)
    return ended.value


def test_a_release_that_is_confirmed_is_done(tmp_path: Path) -> None:
    asked = Asked(tmp_path, [[{"phase": "built"}, {"phase": "trying"}, {"phase": "confirmed"}]])
    assert _run(asked).result == {"version": "0.2.0", "before": "0.1.0"}
    [wish] = asked.wishes
    assert (wish["digest"], wish["size"], wish["forced"], wish["command"]) == (DIGEST, 1000, False, "c-1")
    assert [path.name for path in asked.folder.iterdir()] == []
    assert asked.words[asked.words.index("--budget") + 1] == str(2000 + 256 * 1024)


@pytest.mark.parametrize(("phase", "code"), [("rolled_back", "uplink"), ("refused", "signature")])
def test_what_the_guard_takes_back_or_refuses_is_failed_with_its_reason(tmp_path: Path, phase: str, code: str) -> None:
    error = _failed(Asked(tmp_path, [[{"phase": phase, "code": code, "detail": "because"}]]))
    assert (error.code, error.detail) == (phase, f"{code}: because")


@pytest.mark.parametrize(
    ("exit_code", "code"), [(10, "not_found"), (11, "budget"), (12, "hash"), (14, "late"), (1, "fetch")]
)
def test_a_bundle_that_cannot_be_fetched_is_never_wished_for(tmp_path: Path, exit_code: int, code: str) -> None:
    asked = Asked(tmp_path, [], fetched=exit_code)
    assert (_failed(asked).code, asked.wishes) == (code, [])


def test_an_interrupted_one_is_asked_for_again_and_not_for_ever(tmp_path: Path) -> None:
    cut = [{"phase": "refused", "code": "interrupted", "detail": "power"}]
    asked = Asked(tmp_path, [cut, cut, [{"phase": "confirmed"}]])
    assert _run(asked).result["version"] == "0.2.0"
    assert [wish["attempt"] for wish in asked.wishes] == [0, 1, 2]
    asked = Asked(tmp_path, [cut, cut, cut, cut])
    asked.state.unlink()
    assert (_failed(asked).detail, len(asked.wishes)) == ("interrupted: power", 3)


def test_after_a_restart_it_waits_for_the_outcome_and_fetches_nothing(tmp_path: Path) -> None:
    asked = Asked(tmp_path, [])
    asked.memo = {"step": "wanted", "attempt": 1}
    asked.folder.mkdir()
    asked.state.write_text(json.dumps({"phase": "confirmed", "command": "c-1", "attempt": 1, "version": "0.2.0"}))
    assert asyncio.run(update.resume(asked, asked)).result["version"] == "0.2.0"
    assert (asked.words, asked.wishes) == ([], [])


def test_a_wish_that_got_lost_is_made_again(tmp_path: Path) -> None:
    asked = Asked(tmp_path, [[], [], [{"phase": "confirmed"}]])
    assert _run(asked).result["version"] == "0.2.0"
    assert [wish["attempt"] for wish in asked.wishes] == [0, 0, 0]


def test_the_outcome_of_another_command_is_not_this_ones(tmp_path: Path) -> None:
    asked = Asked(tmp_path, [[], [{"phase": "confirmed"}]])
    asked.state.write_text(json.dumps({"phase": "rolled_back", "command": "c-0", "version": "0.1.5"}))
    assert _run(asked).result["version"] == "0.2.0"


def test_a_full_disk_is_said_before_anything_is_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(update, "RESERVE_BYTES", 2**60)
    asked = Asked(tmp_path, [])
    assert (_failed(asked).code, asked.words) == ("room", [])


def test_a_guard_that_says_nothing_ends_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(update, "GUARD_S", 0.2)
    asked = Asked(tmp_path, [])
    assert _failed(asked).code == "helper"
    assert not (asked.folder / "request.json").exists(), "nothing may be begun behind the end"


def test_a_helper_that_does_not_take_the_wish_ends_it_and_nothing_is_begun_later(tmp_path: Path) -> None:
    asked = Asked(tmp_path, [])

    async def deaf(word: str, *, timeout_s: float = 30.0) -> None:
        raise CommandError("helper", "nobody takes it")

    asked.want = deaf  # type: ignore[method-assign]
    assert _failed(asked).code == "helper"
    assert not (asked.folder / "request.json").exists()
