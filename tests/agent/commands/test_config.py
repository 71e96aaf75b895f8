"""Which commands a box carries out: all, unless its file says otherwise; and a slip of the pen is told."""

from pathlib import Path

import pytest

from agent.commands.config import CommandsConfig
from agent.config import ConfigError, parse
from wire.commands import COMMANDS

BASE = '[node]\nid = "kel-3673011001"\n[uplink]\nhost = "a"\n[commands]\n'


def of(text: str) -> CommandsConfig:
    return parse(BASE + text, Path("/etc/sandi/agent.toml"), {}).commands


def test_by_default_every_command_is_allowed() -> None:
    assert all(of("").allows(name) for name in COMMANDS)


def test_only_what_is_named_is_allowed_and_what_is_denied_never_is() -> None:
    found = of('allow = ["ping", "reboot"]\ndeny = ["reboot"]\n')
    assert [name for name in COMMANDS if found.allows(name)] == ["ping"]


@pytest.mark.parametrize("text", ['deny = ["rebot"]\n', 'allow = ["pings"]\n', 'deny = "reboot"\n', "allow = [1]\n"])
def test_a_name_that_is_no_command_is_a_mistake(text: str) -> None:
    with pytest.raises(ConfigError):
        of(text)
