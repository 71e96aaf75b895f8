"""The technicians' reference says what the program does: commands, exit codes, warnings, sockets."""

import re
from pathlib import Path

import click
import pytest

from agent import cli
from agent.cli_app import app
from agent.config import parse
from agent.control_config import ControlConfig
from wire.warnings import WARNINGS

HANDBOOK = (Path(__file__).parents[2] / "docs" / "perintah.md").read_text(encoding="utf-8")


def test_every_command_is_described_and_every_described_one_exists() -> None:
    def names(group: click.Group, before: str = "") -> set[str]:
        found = set()
        for name, command in group.commands.items():
            found |= names(command, f"{name} ") if isinstance(command, click.Group) else {f"{before}{name}"}
        return found

    described = {
        row.strip() for row in re.findall(r"^\| `sandi ([a-z]+(?:[ -][a-z]+)*)(?: \[?[A-Z]+\]?)?` \|", HANDBOOK, re.M)
    }
    assert described == names(app)


def test_every_warning_stands_there_with_title_severity_and_delay() -> None:
    rows = re.findall(
        r"^\| `([a-z_]+)` \| (gangguan|peringatan) \| ([A-Z][^|]+?) \| [^|]+ \| ([^|]+?) \|", HANDBOOK, re.M
    )
    severities = {"error": "gangguan", "warning": "peringatan"}
    assert rows == [
        (rule.code, severities[rule.severity], rule.title("id"), delay(rule.visible_after_s))
        for rule in WARNINGS.values()
    ]


def delay(seconds: float) -> str:
    return "langsung" if not seconds else f"{seconds / 60:g} menit"


def test_the_exit_codes_are_those_of_the_program() -> None:
    codes = {int(code) for code in re.findall(r"^\| ([0-9]) \|", HANDBOOK, re.M)}
    assert codes == {cli.EXIT_OK, cli.EXIT_PROBLEM, cli.EXIT_USAGE, cli.EXIT_NOT_RUNNING}


def test_the_five_lines_are_a_whole_configuration() -> None:
    [block] = re.findall(r"```toml\n(.*?)```", HANDBOOK, re.S)
    assert len(block.splitlines()) == 5
    assert parse(block, Path("/etc/sandi/agent.toml"), {}).node.id == "kel-3673011001"


@pytest.mark.parametrize("group", [ControlConfig().technicians_group, ControlConfig().kiosk_group])
def test_the_groups_are_those_of_the_sockets(group: str) -> None:
    assert f"`{group}`" in HANDBOOK
