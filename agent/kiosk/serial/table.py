"""Kinds of devices: one line each, named as text so that only what is configured is imported.

Each is a function `make(settings, number, shared) -> Part`; its settings stand in the field of that name in
`[kiosk.serial]`. A new kind is its file, its settings class with a field beside the others, its line here, its test.
"""

from collections.abc import Callable
from importlib import import_module
from typing import Any, Final, Protocol, cast

from agent.kiosk.serial.keeper import Keeper
from agent.kiosk.serial.shared import Shared


class Part(Protocol):
    """A device that is kept."""

    keeper: Keeper

    async def run(self) -> None:
        """For ever."""


DEVICES: Final[dict[str, str]] = {
    "printer": "agent.kiosk.serial.printer:make",
    "panel": "agent.kiosk.serial.panel:make",
    "scanner": "agent.kiosk.serial.scanner:make",
}
"""In the order in which they are made: the printer first, because panels print on it."""


def make(kind: str, settings: Any, number: int, shared: Shared) -> Part:
    """The device of these settings; KeyError for a kind there is none of."""
    module, _, name = DEVICES[kind].partition(":")
    function = cast("Callable[[Any, int, Shared], Part]", getattr(import_module(module), name))
    return function(settings, number, shared)
