"""A trip on which a word of its own is planted in every field: a box on its own disk, a centre, and what was found."""

import contextlib
import os
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agent.control_client import NoDaemonError, RefusedError, ask
from tests.support.city import NODE, City, Program, wait_until
from tests.support.loop_disk import LoopDisk
from tests.support.ports import free_port
from tests.support.voice_markers import Markers

LOUD = {"SANDI_LOG": "debug", "PYTHONFAULTHANDLER": "1"}


@dataclass
class Trip:
    """A box on a disk of its own, a centre, and what was planted."""

    city: City
    disk: LoopDisk
    folder: Path
    markers: Markers = field(default_factory=Markers)
    found: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    tickets: list[dict[str, object]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.port = free_port()
        for part in ("data", "run", "tmp"):
            (self.disk.path / part).mkdir()
        self.config = self.folder / "agent.toml"
        self.config.write_text(
            f'[node]\nid = "{NODE}"\ndata_dir = "{self.disk.path / "data"}"\nrun_dir = "{self.disk.path / "run"}"\n'
            f'[uplink]\nhost = "127.0.0.1"\nport = {self.city.mqtt_port}\n'
            f'credentials = "{self.city.credentials(NODE)}"\nreconnect_min_s = 0.2\nreconnect_max_s = 2\n'
            "[outbox]\nreserve_mb = 1\nack_commit_s = 1\n"
            f"[kiosk.web]\nport = {self.port}\n"
        )
        # Its log lies on the same disk: on a real box the journal does, too.
        self.log = self.disk.path / "agent.log"
        words = ("agent.cli", "run", "--config", str(self.config))
        noisy = LOUD | {"TMPDIR": str(self.disk.path / "tmp")}
        self.agent = Program(self.log, *words, env=noisy)
        words = ("agent.cli", "kiosk", "--config", str(self.config))
        self.screen = Program(self.disk.path / "screen.log", *words, env=noisy)

    @property
    def intake(self) -> Path:
        return self.disk.path / "run" / "intake.sock"

    def ask(self, **request: object) -> dict[str, Any]:
        """As the kiosk's page does: again while nobody answers."""
        answers: list[dict[str, Any]] = []

        def answered() -> bool:
            with contextlib.suppress(NoDaemonError):
                answers.append(ask(self.intake, request, 30))
            return bool(answers)

        wait_until(answered, f"an answer\n{self.agent.tail()}", 120)
        return answers[0]

    def look(self, where: str, content: bytes, *, within: bool = True) -> None:
        """Search some bytes; what is found goes on the list."""
        hits = self.markers.hits_within(content) if within else self.markers.hits(content)
        if hits:
            self.found[where] |= hits

    # -- what people do -----------------------------------------------------------------------------------------------

    def person(self, who: str, category: str, **more: object) -> dict[str, object]:
        """A request with a word of its own in every field that can be typed into."""
        plant = self.markers.plant
        typed = {name: f"{plant(f'{who} {name}')} di sini" for name in ("text", "name")}
        typed |= {"contact": plant(f"{who} contact"), "rt_rw": "01/02"}
        client_id = plant(f"{who} client_id") + "-0123456789"
        common = {"op": "submit", "category": category, "client_id": client_id, "channel": "web", "lang": "id"}
        return common | typed | more

    def hand_in(self, who: str, request: dict[str, object]) -> dict[str, object]:
        ticket = self.ask(**request)
        self.note(who, ticket)
        return ticket

    def note(self, who: str, ticket: dict[str, object]) -> None:
        """Look for its code and PIN from here on."""
        self.tickets.append(ticket)
        self.markers.watch(f"{who} code", str(ticket["code"]))
        for written in ('"pin":"{}"', '"pin": "{}"', "pin={}\n", "'pin': '{}'"):
            self.markers.watch(f"{who} PIN", written.format(ticket["pin"]), only_text=True)


@contextlib.contextmanager
def quiet_environment(more: dict[str, str]) -> Iterator[None]:
    """These variables for every process that is started in the block."""
    before = dict(os.environ)
    os.environ.update(more)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def ready(trip: Trip) -> bool:
    """Whether the intake takes voices."""
    with contextlib.suppress(NoDaemonError, RefusedError):
        return bool(ask(trip.intake, {"op": "ready", "lang": "id"})["ready"])
    return False


def stored(city: City) -> int:
    """Complaints at the desk."""
    return int(str(city.query("SELECT count(*) FROM complaints_complaint")[0][0]))
