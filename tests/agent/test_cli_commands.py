"""`sandi commands` and what `sandi status` says of them: on a dead box, in both languages, or asked of nothing."""

import json
from pathlib import Path

import pytest

from agent import cli_commands
from agent.cli_daemon import CommandError
from agent.cli_status import _commands
from agent.commands.store import CommandStore, Entry
from agent.messages import Messages
from tests.agent.test_cli import sandi
from tests.support.agent_box import AgentBox
from wire.shape import replace

WALL_MS = 1_800_000_000_000
"""15 January 2027, 15:00:00 in Serang."""
ENTRY = Entry("c-1", "ping", 1, "command", "done", "boot", 5, WALL_MS, result={"exit": 0}, told=True)


@pytest.fixture
def box(tmp_path: Path) -> AgentBox:
    made = AgentBox(tmp_path)
    store = CommandStore(made.data_dir / "commands")
    made.data_dir.mkdir()
    store.open()
    store.write(ENTRY)
    store.write(replace(ENTRY, id="c-2", number=2, name="reboot", state="rejected", code="not_allowed", detail="[x]"))
    return made


def test_the_newest_stands_first_with_state_and_reason(box: AgentBox) -> None:
    done = sandi("commands", "-c", str(box.config))
    assert done.returncode == 0, done.stderr
    head, first, second = done.stdout.splitlines()
    assert head.split()[:2] == ["Waktu", "(WIB)"]
    assert first.split() == ["15-01", "15:00:00", "reboot", "ditolak", "not_allowed", "[x]"]
    assert second.split() == ["15-01", "15:00:00", "ping", "selesai"]
    assert sandi("commands", "-c", str(box.config), "--last", "1", "--lang", "en").stdout.count("rejected") == 1


def test_programs_are_told_everything(box: AgentBox) -> None:
    found = json.loads(sandi("commands", "-c", str(box.config), "--json").stdout)["commands"]
    assert [row["id"] for row in found] == ["c-2", "c-1"]
    assert found[1]["result"] == {"exit": 0} and found[1]["accepted_ms"] == WALL_MS


def test_a_box_that_was_never_asked_says_so_and_a_bad_file_is_named(tmp_path: Path) -> None:
    box = AgentBox(tmp_path)
    assert sandi("commands", "-c", str(box.config), "--lang", "en").stdout.startswith("The centre has not asked")
    box.config.write_text("[nod]\n")
    assert sandi("commands", "-c", str(box.config)).returncode == 2


def test_what_cannot_be_read_is_told_with_the_reason(box: AgentBox) -> None:
    for path in (box.data_dir / "commands").iterdir():
        path.unlink()
    (box.data_dir / "commands").rmdir()
    (box.data_dir / "commands").write_text("a file in its place")
    done = sandi("commands", "-c", str(box.config), "--lang", "en")
    assert (done.returncode, "cannot be read" in done.stderr) == (1, True)


def test_where_the_files_may_not_be_read_the_running_agent_is_asked(
    box: AgentBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(*_: object) -> list[object]:
        raise PermissionError

    monkeypatch.setattr(cli_commands, "rows", denied)
    with pytest.raises(CommandError) as nobody:
        cli_commands._found(box.config, Messages("en"), 20)
    assert (nobody.value.exit_code, nobody.value.code) == (1, "not_allowed")
    with box.running():
        found = cli_commands._found(box.config, Messages("en"), 20)
    assert [row["id"] for row in found] == ["c-2", "c-1"]


def test_status_says_whether_commands_are_taken() -> None:
    facts = {"keys": 0, "source": "", "fault": "", "running": 0, "waiting": 0}
    assert "tidak diterima" in _commands(Messages("id"), facts)
    assert "command.pub: broken" in _commands(Messages("en"), {**facts, "fault": "command.pub: broken"})
    assert _commands(Messages("en"), {**facts, "keys": 2, "running": 1}).endswith("(2 keys), 1 under way")
