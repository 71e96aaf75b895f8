"""What a remote command is given to work with: its job (id, arguments, a mouth), and what the agent lends it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from wire.shape import Struct, field

if TYPE_CHECKING:
    from agent.clock import Clock
    from agent.config import AgentConfig

Scalar = str | int | float | bool | None


class CommandError(Exception):
    """The command failed. `code`: a stable word of small letters, digits and _; `detail` is for people."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail[:500]


class Done(Struct, frozen=True):
    """It is done. `result`: figures for a page (at most 40, texts of at most 500 characters)."""

    detail: str = ""
    result: Mapping[str, Scalar] = field(default_factory=dict)


class Job(Protocol):
    """One command that runs."""

    @property
    def id(self) -> str:
        """The command's id, the same at the centre."""

    @property
    def name(self) -> str:
        """Its name in `wire.commands.COMMANDS`."""

    @property
    def arguments(self) -> Struct:
        """Its struct of `wire.commands`."""

    async def progress(self, pct: int, detail: str = "") -> None:
        """Tell how far it is; told at most once a second, the newest wins."""

    async def output(self, text: str) -> None:
        """Add to what it printed. Cut at `MAX_OUTPUT_BYTES`, silently for the command, said to the centre."""

    async def keep(self, memo: Mapping[str, Scalar]) -> None:
        """Write this on the disk, durably, before doing what ends the process: `memo` is there at `resume`."""

    @property
    def memo(self) -> Mapping[str, Scalar]:
        """What was kept; empty at the first run."""


class Tools(Protocol):
    """What the agent lends its commands."""

    @property
    def config(self) -> "AgentConfig": ...

    @property
    def clock(self) -> "Clock": ...

    @property
    def operations(self) -> Mapping[str, Callable[[Mapping[str, object]], Awaitable[Mapping[str, object]]]]:
        """The operations of the control socket (maintenance, snapshot, ...); they raise ControlError."""

    async def sandi(self, job: Job, words: Sequence[str], *, timeout_s: float, stdin: bytes = b"") -> int:
        """Run this version's `sandi` with these words in a process of its own, its output streamed to `job`.

        Returns the exit code. Raises CommandError("timeout") after `timeout_s`, with the process and its children gone.
        """

    async def want(self, word: str, *, timeout_s: float = 30.0) -> None:
        """Have the root helper do one of `agent.names.WANTS`; returns when it has taken the word.

        Raises CommandError("helper") where it is not installed or does not take it.
        """

    def stop(self, reason: str) -> None:
        """End this process in order; systemd starts it again."""


Run = Callable[[Job, Tools], Awaitable[Done]]
"""A handler of `table.HANDLERS`. Anything it raises but CommandError is `failed` with code `fault`.

`resume(job, tools)`, of the same shape, is called at the next start for a job that ran when the process ended; a
command without one ends there as `failed` with code `interrupted`.
"""
