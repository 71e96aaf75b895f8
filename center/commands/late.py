"""Groups of commands that import a command's module when that command is asked for: a start needs one of them."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click


class LateGroup(click.Group):
    """`late`: name of a command -> "module:attribute". Help of the group and completion of a name see all of them."""

    def __init__(self, *arguments: Any, late: Mapping[str, str] | None = None, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._late = dict(late or {})

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, whether they were asked for or not."""
        return sorted({*super().list_commands(ctx), *self._late})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command; its module is imported the first time."""
        if cmd_name in self._late and cmd_name not in self.commands:
            module, _, attribute = self._late[cmd_name].partition(":")
            self.add_command(getattr(import_module(module), attribute), cmd_name)
        return super().get_command(ctx, cmd_name)
