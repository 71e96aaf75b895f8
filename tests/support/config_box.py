"""One box's configuration in a folder: card, files, outbox, and lives of the part that watches a trial, by hand."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import msgspec

from agent import config_guard
from agent.config import AgentConfig
from agent.config_start import configured
from agent.configuring import Configuring
from agent.events import EventLog
from agent.fakes import FakeClock
from agent.outbox import OutboxWriter, open_outbox

OLD = b"[health]\ninterval_s = 40\n"
NEW = b'[health]\ninterval_s = 50\n[uplink]\nhost = "other.example"\n'
WITHIN_MS = 60_000


class ConfigBox:
    """`lives()` yields a started part; `ended` tells whether it asked for the end of the process."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "agent.toml"
        self.data_dir = folder / "data"
        self.folder = self.data_dir / "config"
        self.data_dir.mkdir(exist_ok=True)
        self.path.write_text(
            '[node]\nid = "kel-3673011001"\ndata_dir = "data"\nrun_dir = "run"\n[uplink]\nhost = "centre.example"\n'
            "[health]\ninterval_s = 30\n"
        )
        self.clock = FakeClock()
        self.warnings: set[str] = set()

    def start(self, invocation: str = "") -> AgentConfig:
        """What a start of the agent runs with."""
        return configured(self.path, self.clock, {"INVOCATION_ID": invocation})

    def push(self, toml: bytes = NEW, revision: int = 2, **more: object) -> None:
        """Put in place as the command does; the agent has not started again yet."""
        trial = {"id": f"job-{revision}", "generation": "g", "revision": revision, "digest": "", **more}
        trial = {"within_ms": WITHIN_MS, "warnings": [], **trial}
        config_guard.apply(self.folder, toml, trial, self.clock.boot, self.clock.mono_ms())

    def good(self, toml: bytes = OLD, revision: int = 1) -> None:
        """Pushed and confirmed."""
        self.push(toml, revision)
        self.start()
        config_guard.confirm(self.folder)

    @property
    def trying(self) -> dict[str, Any] | None:
        return config_guard.read(self.folder / "trying.json")

    @property
    def current(self) -> dict[str, Any]:
        return config_guard.current(self.folder)

    @property
    def pushed(self) -> bytes | None:
        path = self.folder / "pushed.toml"
        return path.read_bytes() if path.exists() else None

    @asynccontextmanager
    async def living(self) -> AsyncIterator["Life"]:
        """The part of one life of the agent, running on the box's own outbox."""
        config = self.start()
        outbox = open_outbox(self.data_dir, "board", self.clock.stamp(), config.outbox)
        writer = OutboxWriter(outbox, self.clock)
        life = Life(self, config, writer)
        task = asyncio.create_task(life.part.run())
        try:
            yield life
            if task.done():
                task.result()
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
            await writer.close()


class Life:
    """One run of the process."""

    def __init__(self, box: ConfigBox, config: AgentConfig, writer: OutboxWriter) -> None:
        self.config, self.writer = config, writer
        self.ended: list[str] = []
        events = EventLog(writer, box.clock)
        self.part = Configuring(
            config, box.clock, writer, events, warnings=lambda: box.warnings, stop=self.ended.append
        )

    async def events(self) -> list[dict[str, Any]]:
        """What was told of the configuration, oldest first."""
        page = await self.writer.call(self.writer.outbox.page, "event", 0, 10_000_000, 10_000)
        return [
            {"seq": held.record.seq, **msgspec.json.decode(held.record.body)}
            for held in page
            if held.record.kind == "config"
        ]

    async def told(self, state: str) -> dict[str, Any]:
        """The newest notice, once it has this state."""
        found: list[dict[str, Any]] = []

        async def there() -> bool:
            found[:] = [each for each in await self.events() if each["state"] == state]
            return bool(found)

        await until(there, f"a notice {state}")
        return found[-1]

    async def acknowledge(self, seq: int) -> None:
        """The centre has committed everything up to this event."""
        await self.writer.call(self.writer.outbox.acknowledge, self.writer.epoch, "event", ((1, seq),))


async def until(there: Callable[[], Any], what: str) -> None:
    """Wait for a state, sync or async."""
    async with asyncio.timeout(60):
        while True:
            found = there()
            if await found if asyncio.iscoroutine(found) else found:
                return
            await asyncio.sleep(0.01)
    raise AssertionError(what)


class Cut(BaseException):
    """The power went."""


@contextmanager
def power_cut(monkeypatch: Any, after: int) -> Iterator[list[str]]:
    """The power goes when so many changes have reached the disk. Yields their names."""
    done: list[str] = []
    real = {name: getattr(config_guard, name) for name in ("_put", "_remove")}

    def cutting(name: str) -> Callable[..., None]:
        def change(path: Path, *content: bytes) -> None:
            if len(done) == after:
                raise Cut
            done.append(f"{name} {path.name}")
            real[name](path, *content)

        return change

    with monkeypatch.context() as patch:
        for name in real:
            patch.setattr(config_guard, name, cutting(name))
        with contextlib.suppress(Cut):
            yield done
