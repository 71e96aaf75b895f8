"""An enrolled box that is asked things from afar: a booted systemd with our package on a card whose power can be cut.

The card is an ext4 of its own (`LoopDisk`). A cut is an instant: what was not durable by then is not there at the next
start. Only what was written lies on it; below are the trees all boxes of a run share.
"""

import contextlib
import itertools
import json
import shlex
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from argon2.low_level import Type, hash_secret_raw

from tests.support.afar_image import installed
from tests.support.afar_releases import Release
from tests.support.field_box import FieldBox, Switch
from tests.support.lab import run
from tests.support.loop_disk import LoopDisk
from wire.tickets import HANDLE_MEMORY_BYTES, HANDLE_PASSES, HANDLE_SALT, handle_secret, make_handle

KEPT = ("complaint", "event")
"""Streams that a box keeps for days after the centre has them."""
CARD_MIB = 2048
PATIENCE_S = 90.0
AGENT = "sandi-agent.service"
_WATCH = """[Service]
ExecStart=
ExecStart=/usr/lib/sandi/slot-guard --deadline {deadline_s} --steady {steady_s} run
"""
_DATA = "var/lib/sandi"
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Held:
    """An outbox as it lies on the card. `faults`: what SQLite finds wrong. `hashes`: stream -> number -> content."""

    epoch: str
    hashes: Mapping[str, Mapping[int, str]]
    faults: tuple[str, ...]


class AfarBox(FieldBox):
    """`node` with its credentials and configuration on the card. `filed`: complaints that were accepted."""

    def __init__(self, node: str, folder: Path, card: LoopDisk, switch: Switch) -> None:
        boot = folder / "boot"
        boot.mkdir()
        self.node, self._disk = node, card
        self.filed: set[str] = set()
        """What the centre knows those complaints by."""
        super().__init__(installed(), boot, card.path / "box", switch)
        self.console = folder / "console.log"
        (self.system / "etc/machine-id").write_text(f"{self.board}\n")  # not its first start: no presets

    def is_given(self, credentials: Path, toml: str) -> None:
        """What enrolment and its card leave on a box."""
        etc = self.system / "etc/sandi"
        for file in credentials.iterdir():
            (etc / "credentials" / file.name).write_bytes(file.read_bytes())
        (etc / "agent.toml").write_text(toml)
        self.changes_its_card(
            "chown -R sandi-enrol:sandi-enrol /etc/sandi/credentials; chmod 600 /etc/sandi/credentials/*;"
            "chown root:sandi-technician /etc/sandi/agent.toml; chmod 640 /etc/sandi/agent.toml"
        )

    def takes_releases(self, public_pem: bytes, *, deadline_s: int, steady_s: int) -> None:
        """Pin the release key, and let the guard of slots decide within so many seconds instead of ten minutes."""
        (self.system / "etc/sandi/release.pub").write_bytes(public_pem)
        drop_in = self.system / "etc/systemd/system/sandi-update.service.d/patience.conf"
        drop_in.parent.mkdir()
        drop_in.write_text(_WATCH.format(deadline_s=deadline_s, steady_s=steady_s))
        self.rests()

    def has_bundle(self, release: Release) -> None:
        """The bundle lies there already, as from an order before this one. The box runs."""
        folder = "/var/lib/sandi/update"
        self.machine.run("install", "-d", "-m", "750", "-o", "sandi", "-g", "sandi", folder)
        there = self.machine.path(f"{folder}/{release.digest}.bundle")
        shutil.copyfile(release.path, there)
        self.machine.run("chown", "sandi:sandi", f"{folder}/{there.name}")
        self.machine.run("chmod", "640", f"{folder}/{there.name}")
        self.rests()

    def update_state(self) -> dict[str, object]:
        """What the guard of slots wrote down; works while the box is off. Empty before the first update."""
        with contextlib.suppress(FileNotFoundError):
            return dict(json.loads((self.system / "var/lib/sandi-update/state.json").read_text()))
        return {}

    def changes_its_card(self, steps: str) -> None:
        """Run a shell on the card while the box is off, with the box's own users and programs."""
        run(("chroot", str(self.system), "sh", "-euc", steps))
        self.rests()

    def rests(self) -> None:
        """All that was written until now is durable, as if it lay there for long."""
        run(("sync", "--file-system", str(self._disk.path)))

    def starts_up(self, what: str = "its system") -> None:
        """Power, until the usual system is up."""
        self.power_on()
        self.follow(what, self.has_booted, PATIENCE_S)

    def cut_power(self) -> None:
        """In this instant. Nothing that was not durable is there afterwards; it stays off until `power_on`."""
        self._disk.power_cut()
        self.lose_power()
        self._unmount()
        self._disk.restart()
        self._mount()

    def complains(self, text: str) -> None:
        """A citizen hands something in and gets a ticket, or the test fails."""
        name = f"afar-{self.board[:12]}-{next(_numbers)}"
        typed = shlex.quote(json.dumps({"category": "aduan", "text": text, "client_id": name}))
        said: list[str] = []

        def accepted() -> bool:
            """Asked again under the same name until there is an answer: the agent may just be starting anew."""
            asked = self.machine.run("sh", "-c", f"printf %s {typed} | sandi complain --json --input -", check=False)
            said[:] = [asked.stdout + asked.stderr]
            with contextlib.suppress(ValueError, KeyError):
                self.filed.add(handle_of(str(json.loads(asked.stdout)["code"])))
                return True
            return False

        try:
            self.follow("a ticket", accepted, PATIENCE_S)
        except AssertionError as error:
            error.add_note(f"asked for one, it said: {said}")
            raise

    def status(self) -> Mapping[str, object]:
        """`sandi status --json`; empty while nobody answers."""
        asked = self.machine.run("sandi", "status", "--json", check=False).stdout
        with contextlib.suppress(ValueError):
            return dict(json.loads(asked))
        return {}

    def is_connected(self) -> bool:
        uplink = self.status().get("uplink")
        return isinstance(uplink, dict) and uplink.get("connected") is True

    def slot(self) -> str:
        """The name of the slot that is switched to; works while the box is off."""
        return (self.system / "opt/sandi/agent").readlink().name

    def held_reserve_mib(self) -> int:
        """What its outbox holds in advance of the card."""
        return (self.system / _DATA / "reserve.bin").stat().st_blocks * 512 // 2**20

    def agent_pid(self) -> int:
        return int(self.machine.show(AGENT, "MainPID")["MainPID"])

    def held(self) -> "Held":
        """What its outbox holds. Of a box that is off: the agent shares the file with nobody."""
        assert self._supervisor is None
        with tempfile.TemporaryDirectory(prefix="held-") as folder:
            for file in (self.system / _DATA).glob("outbox.db*"):
                shutil.copy(file, folder)
            database = sqlite3.connect(Path(folder) / "outbox.db")
            try:
                return _read(database)
            finally:
                database.close()

    def close(self) -> None:
        """Off, and the card out."""
        try:
            self.power_off()
        finally:
            run(("umount", str(self.system)))

    def _unmount(self) -> None:
        run(("umount", str(self.system)))


def handle_of(code: str) -> str:
    """What the centre knows a ticket by (`center.complaints.codes` says the same, and wants a database for it)."""
    stretched = hash_secret_raw(
        handle_secret(code), HANDLE_SALT, time_cost=HANDLE_PASSES, memory_cost=HANDLE_MEMORY_BYTES // 1024,
        parallelism=1, hash_len=32, type=Type.ID,
    )  # fmt: skip
    return make_handle(stretched)


def _read(database: sqlite3.Connection) -> Held:
    ((epoch,),) = database.execute("SELECT value FROM note WHERE name = 'epoch'").fetchall()
    said = [str(row[0]) for row in database.execute("PRAGMA integrity_check")]
    hashes = {stream: dict(database.execute(f"SELECT seq, hash FROM {stream}_record")) for stream in KEPT}
    return Held(str(epoch), hashes, tuple(line for line in said if line != "ok"))


@contextlib.contextmanager
def afar_box(node: str, folder: Path, switch: Switch) -> Iterator[AfarBox]:
    """A box without power and keys yet; gone at the end of the block."""
    folder.mkdir(parents=True, exist_ok=True)
    with LoopDisk(folder, CARD_MIB) as card:
        box = AfarBox(node, folder, card, switch)
        try:
            yield box
        finally:
            box.close()
