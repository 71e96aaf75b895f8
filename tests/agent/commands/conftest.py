"""A node for commands, and handlers that wait."""

from pathlib import Path

import pytest

from agent.commands import table
from tests.support.command_box import CommandBox
from wire.commands import COMMANDS


@pytest.fixture
def box(in_memory: Path) -> CommandBox:
    return CommandBox(in_memory)


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands begin and do not end until `handlers.let_go`."""
    for name in COMMANDS:
        monkeypatch.setitem(table.HANDLERS, name, "tests.support.command_handlers:held")
