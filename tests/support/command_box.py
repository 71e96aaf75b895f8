"""A node's commands without its network: the real runner, book and outbox, and a centre that signs what it is told."""

import asyncio
import base64
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from agent.commands.config import CommandsConfig
from agent.commands.job import Job
from agent.commands.needs import Needs
from agent.commands.runner import Runner
from agent.config import AgentConfig, parse
from agent.events import EventLog
from agent.fakes import FakeClock
from agent.outbox import OutboxWriter, open_outbox
from agent.signing import Signer, verifies
from tests.support import command_handlers
from wire.bodies import Command, CommandNotice, OutputNotice
from wire.commands import EXPIRES_AFTER_MS
from wire.keys import key_id, key_line
from wire.messages import Downlink, signed_bytes
from wire.shape import replace

NODE = "kel-3673011001"
PATIENCE_S = 60.0
ARGUMENTS: dict[str, dict[str, Any]] = {
    "ping": {"host": "127.0.0.1", "count": 1},
    "trace": {"host": "127.0.0.1"},
    "dns": {"name": "serangkota.go.id"},
    "site": {"url": "https://serangkota.go.id/"},
    "maintenance": {"lasts_s": 600},
    "witness": {"node": "kel-3673011002", "host": "10.0.0.2"},
    "update": {"digest": "0" * 64, "size_bytes": 10, "version": "9.9.9"},
}
"""What a command needs to be one, by name."""


class Signing:
    """A centre's command key, and what it signs."""

    def __init__(self, seed: bytes = b"c" * 32, node: str = NODE) -> None:
        self.signer = Signer(seed)
        self.public = self.signer.public
        self.node = node

    def sign(self, leaf: str, downlink: Downlink) -> Downlink:
        named = replace(downlink, key_id=key_id(self.public))
        signature = self.signer.sign(signed_bytes(self.node, leaf, named))
        return replace(named, signature=base64.b64encode(signature).decode())

    def command(
        self, ident: str, name: str, *, nonce: str, expires_ms: int, arguments: Mapping[str, Any] | None = None
    ) -> Downlink:
        """A signed command on its leaf."""
        given = ARGUMENTS.get(name, {}) if arguments is None else arguments
        if name == "keys" and arguments is None:
            given = {"keys": base64.b64encode(self.public).decode()}
        body = msgspec.json.encode(Command(name, dict(given)))
        if name == "config":
            plain = {"generation": "g1", "revision": 1, "toml": "[health]\ninterval_s = 20\n", "confirm_within_s": 60}
            body = msgspec.json.encode(plain)
        plain_one = Downlink(1, ident, "g1", 1, msgspec.Raw(body), nonce=nonce, expires_ms=expires_ms)
        return self.sign(leaf_of(name), plain_one)


def leaf_of(name: str) -> str:
    return "config" if name == "config" else "command"


class ScriptedTools:
    """What commands are lent in these tests: `sandi` prints its words and ends with `code`; wishes are noted."""

    def __init__(self, config: AgentConfig, clock: FakeClock) -> None:
        self.config, self.clock = config, clock
        self.operations: dict[str, Callable[[Mapping[str, object]], Awaitable[Mapping[str, object]]]] = {}
        self.code = 0
        self.said: list[tuple[str, ...]] = []
        self.wanted: list[str] = []
        self.stopped: list[str] = []

    async def sandi(self, job: Job, words: Sequence[str], *, timeout_s: float, stdin: bytes = b"") -> int:
        self.said.append(tuple(words))
        await job.output(f"$ sandi {' '.join(words)}\n")
        return self.code

    async def want(self, word: str, *, timeout_s: float = 30.0) -> None:
        self.wanted.append(word)

    def stop(self, reason: str) -> None:
        self.stopped.append(reason)


class CommandBox:
    """One node on a disk, over any number of lives."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data_dir = folder / "data"
        self.credentials = folder / "credentials"
        self.credentials.mkdir(parents=True, exist_ok=True)
        self.clock = FakeClock()
        self.nonce = "nonce-1"
        self.center = Signing()
        self.config = CommandsConfig()
        self.forged: list[str] = []
        self.pin(self.center)
        text = f'[node]\nid = "{NODE}"\ndata_dir = "data"\nrun_dir = "run"\n'
        text += '[uplink]\nhost = "localhost"\ncredentials = "credentials"\n'
        self.tools = ScriptedTools(parse(text, folder / "agent.toml", {}), self.clock)

    def pin(self, *keys: Signing) -> None:
        """Put these keys into the credentials, as a card does."""
        (self.credentials / "command.pub").write_text("".join(key_line(key.public) for key in keys))

    def command(self, ident: str, name: str = "ping", **changes: Any) -> Downlink:
        """One that is good now, but for the changes."""
        given = {"nonce": self.nonce, "expires_ms": self.clock.wall_ms() + EXPIRES_AFTER_MS, **changes}
        return self.center.command(ident, name, **given)

    @contextlib.asynccontextmanager
    async def life(self) -> AsyncIterator["Life"]:
        """One run of the agent's part that carries out commands; cancelled at the end, as by SIGTERM."""
        self.data_dir.mkdir(exist_ok=True)
        writer = OutboxWriter(open_outbox(self.data_dir, "board", self.clock.stamp()), self.clock)
        life = Life(self, writer)
        try:
            await life.begin()
            yield life
        finally:
            await life.end()

    def reboot(self, number: int) -> None:
        """The next life is of another boot."""
        self.clock.reboot(f"00000000-0000-4000-8000-{number:012}", f"{number:016}")


class Life:
    """A running runner, and what it has told."""

    def __init__(self, box: CommandBox, writer: OutboxWriter) -> None:
        self.box, self.writer = box, writer
        self.events = EventLog(writer, box.clock)
        self.runner = Runner(
            Needs(
                NODE, box.data_dir, box.data_dir / "commands", box.credentials, box.config, box.clock, writer,
                self.events, lambda: box.nonce, box.tools, verifies, box.forged.append,
            )
        )  # fmt: skip
        self._task: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        ready = asyncio.Event()
        self._task = asyncio.create_task(self.runner.run(ready.set))
        waiting = asyncio.create_task(ready.wait())
        await asyncio.wait({waiting, self._task}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if self._task.done():
            await self._task

    async def end(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})
            if not self._task.cancelled():
                self._task.exception()
        await self.writer.close()

    async def take(self, downlink: Downlink, leaf: str = "command") -> str:
        return await self.runner.take(leaf, downlink)

    async def settled(self) -> None:
        """Until every command that is known is over, and told to be."""
        await self.until(lambda: all(entry.over and entry.told for entry in self.runner.book.entries), "an end")

    async def until(self, condition: Callable[[], object], what: str) -> None:
        loop = asyncio.get_running_loop()
        deadline_s = loop.time() + PATIENCE_S
        while not condition():
            if self._task is not None and self._task.done():
                await self._task
            assert loop.time() < deadline_s, f"{what} did not come: {self.runner.book.entries}"
            await asyncio.sleep(0.005)

    def notices(self, ident: str = "") -> list[CommandNotice]:
        """What the centre will read, in its order."""
        return [msgspec.json.decode(body, type=CommandNotice) for body in self._bodies("command", ident)]

    def states(self, ident: str) -> list[str]:
        return [notice.state for notice in self.notices(ident)]

    def finals(self, ident: str) -> list[CommandNotice]:
        return [notice for notice in self.notices(ident) if notice.state not in ("accepted", "running")]

    def output(self, ident: str) -> list[OutputNotice]:
        return [msgspec.json.decode(body, type=OutputNotice) for body in self._bodies("output", ident)]

    def _bodies(self, kind: str, ident: str) -> list[bytes]:
        held = self.writer.outbox.page("event", 0, 50_000_000, 100_000)
        bodies = [bytes(each.record.body) for each in held if each.record.kind == kind]
        return [body for body in bodies if not ident or msgspec.json.decode(body)["id"] == ident]


def lived(box: CommandBox, story: Callable[[Life], Awaitable[None]]) -> None:
    """The story, in one life of the box."""

    async def whole() -> None:
        command_handlers.begin()
        async with box.life() as life:
            await story(life)

    asyncio.run(whole())
