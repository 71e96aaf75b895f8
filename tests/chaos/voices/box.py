"""One kiosk box of the suite: the real agent on a disk whose power can be cut, and the callers at its door."""

import os
import random
import signal
from contextlib import suppress
from pathlib import Path

from agent.control_client import NoDaemonError, RefusedError, ask
from tests.support.loop_disk import LoopDisk
from tests.support.tcp_proxy import TcpProxy
from tests.support.voice_caller import Book, read_book
from tests.support.warm import Warm

AGENT, CALLER = "tests.support.warm_agent", "tests.support.warm_caller"
CHECKED = 0.2
"""After so many of the power cuts e2fsck must find nothing to mend."""


class VoiceBox:
    """`start` and `kill` are the agent's; `call` and `kill_caller` its callers'. `disk`: None is the folder's own."""

    def __init__(
        self, folder: Path, warm: Warm, node: str, port: int, credentials: Path, disk: LoopDisk | None = None
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.node, self.disk = folder, node, disk
        self.proxy = TcpProxy(port)
        self.proxy.start()
        self.data = (disk.path if disk else folder) / "data"
        self.run_dir = folder / "run"
        self.books: list[Path] = []
        self.fell = 0
        """Times the agent ended although nobody had killed it."""
        self._wanted = False
        self._warm = warm
        self._pid = 0
        self._callers: dict[Path, int] = {}
        self._config = folder / "agent.toml"
        # Time is compressed, as in the suite beside: what happens by the clock happens sooner.
        self._config.write_text(
            f'[node]\nid = "{node}"\ndata_dir = "{self.data}"\nrun_dir = "{self.run_dir}"\n'
            f'[uplink]\nhost = "127.0.0.1"\nport = {self.proxy.port}\ncredentials = "{credentials}"\n'
            "keepalive_s = 5\nuser_timeout_s = 5\nconnect_timeout_s = 5\nreconnect_min_s = 0.2\nreconnect_max_s = 3\n"
            "taken_over_s = 3\n[health]\ninterval_s = 5\n[outbox]\ncommit_window_s = 2\nack_commit_s = 1\n"
            "reserve_mb = 1\n",
            encoding="utf-8",
        )

    @property
    def intake(self) -> Path:
        """The kiosk's socket."""
        return self.run_dir / "intake.sock"

    # -- the agent ----------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """As systemd does."""
        self._wanted = True
        self._pid = self._warm.start(f"{AGENT}:main", str(self._config))

    def alive(self) -> bool:
        """Whether the agent runs."""
        return bool(self._pid) and self._warm.alive(self._pid)

    def kill(self, number: signal.Signals = signal.SIGKILL) -> bool:
        """End it; False when it did not run."""
        self._wanted = False
        if not self._pid:
            return False
        was = self.alive()
        self._warm.kill(self._pid, number)
        self._pid = 0
        return was

    def keep(self, kinds: str = "") -> None:
        """What systemd does: start again what ended by itself; and callers that were killed come back."""
        if self._wanted and not self.alive():
            self.fell += 1
            self.kill()
            self.start()
        for book, pid in list(self._callers.items()):
            if not self._warm.alive(pid):
                self._warm.wait(pid)
                self._call(book, kinds)

    def power_cut(self, chance: random.Random) -> None:
        """The disk dies, then the agent: it is stopped first, as without power nothing runs on for a moment."""
        assert self.disk is not None
        self._wanted = False
        if self._pid and self.alive():
            os.kill(self._pid, signal.SIGSTOP)
        self.disk.power_cut()
        self.kill()
        self.disk.restart(check=chance.random() < CHECKED)

    def waiting(self) -> int | None:
        """Records of the outbox and tickets that are not at the centre; None when the agent does not say."""
        with suppress(NoDaemonError, RefusedError):
            status = ask(self.run_dir / "control.sock", {"op": "status"})
            streams = status["outbox"].get("streams")  # type: ignore[attr-defined]
            if streams is not None:
                pending = int(status["kiosk"].get("pending", 1))  # type: ignore[attr-defined]
                return pending + sum(row["pending"] for row in streams.values())
        return None

    # -- the callers --------------------------------------------------------------------------------------------------

    def call(self, count: int, seed: int, per_s: float, kinds: str = "") -> None:
        """So many callers begin, each with a book of its own."""
        for number in range(count):
            self.books.append(self.folder / f"book-{seed}-{number}.jsonl")
            self._seed, self._per_s = seed, per_s
            self._call(self.books[-1], kinds)

    def kill_caller(self, chance: random.Random, kinds: str = "") -> None:
        """kill -9 one of them; another goes on with its book."""
        book = chance.choice(list(self._callers))
        self._warm.kill(self._callers[book])
        self._call(book, kinds)

    def quiet(self) -> list[int]:
        """Ask all callers to bring what they began to its end; who still runs."""
        for pid in self._callers.values():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        for book, pid in list(self._callers.items()):
            if not self._warm.alive(pid):
                self._warm.wait(pid)
                if read_book(book).owed:  # killed just before, or gave up: somebody else brings it to its end
                    self._call(book, "")
                else:
                    del self._callers[book]
        return list(self._callers.values())

    def read(self) -> list[Book]:
        """What all its callers know."""
        return [read_book(path) for path in self.books]

    def close(self) -> None:
        """End everything here."""
        for pid in self._callers.values():
            self._warm.kill(pid)
        self._callers.clear()
        self.kill()
        self.proxy.close()

    def _call(self, book: Path, kinds: str) -> None:
        seed = self._seed * 100 + self.books.index(book)
        self._callers[book] = self._warm.start(
            f"{CALLER}:main", str(self.intake), str(book), seed, str(self._per_s), kinds
        )
