"""A box with two slots in a temporary folder, its guard in process, and a systemd that only counts."""

import hashlib
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from slotguard.guard import Guard
from slotguard.machine import State
from slotguard.places import Places

from tests.support.small_bundles import public_pem

SYSTEMD = Path(__file__).resolve().parents[2] / "systemd"

BUILDER = """#!/bin/sh
set -eu
mkdir -p "$2/bin" && cp "$1"/* "$2/" && touch "$2/bin/sandi"
touch "$2/.complete"
"""


class Cut(BaseException):
    """The power went."""


@dataclass
class Clockwork:
    """This boot and its time; systemd's part, counted. `restarts_seen`: what it says of the agent."""

    boot: str = "boot-0"
    now_ms: int = 1_000_000
    restarts_seen: int = 0
    restarted: int = 0
    watched: int = 0

    def restart(self) -> None:
        self.restarted += 1

    def restarts(self) -> int:
        return self.restarts_seen

    def watch(self) -> None:
        self.watched += 1

    def unwatch(self) -> None:
        self.watched = 0

    def reboot(self) -> None:
        self.boot, self.now_ms, self.restarts_seen = f"{self.boot}+", 5_000, 0


@dataclass
class Box:
    """`root` is the machine; the old slot is in use and version 0.1.0."""

    root: Path
    clock: Clockwork = field(default_factory=Clockwork)
    builder: str = BUILDER

    def __post_init__(self) -> None:
        self.places = Places(
            self.root / "data", self.root / "run", self.root / "home", self.root / "opt", self.root / "release.pub",
            self.root / "build-slot.sh",
        )  # fmt: skip
        for folder in (self.places.data / "update", self.places.run, self.places.home, self.places.releases):
            folder.mkdir(parents=True, exist_ok=True)
        self.places.key.write_bytes(public_pem())
        self.places.builder.write_text(self.builder)
        self.places.builder.chmod(0o755)
        self.old = self.places.releases / "old"
        (self.old / "bin").mkdir(parents=True)
        (self.old / "bin/sandi").touch()
        (self.old / ".complete").touch()
        (self.old / "lib/python3.11/site-packages/sandi-0.1.0.dist-info").mkdir(parents=True)
        self.places.link.symlink_to(self.old)
        (self.places.data / "complaint").write_text("nothing may touch this")

    @property
    def guard(self) -> Guard:
        return Guard(self.places, self.clock, lambda: self.clock.boot, lambda: self.clock.now_ms, self._sleep)

    def _sleep(self, seconds: float) -> None:
        self.clock.now_ms += round(seconds * 1000)

    @property
    def state(self) -> State:
        return self.guard.state()

    @property
    def slot(self) -> Path:
        """The one in use."""
        return self.places.link.readlink()

    def wish(self, bundle: bytes, version: str = "0.2.0", **more: Any) -> str:
        """As the agent leaves it; the digest."""
        digest = hashlib.sha256(bundle).hexdigest()
        (self.places.data / f"update/{digest}.bundle").write_bytes(bundle)
        request = {"digest": digest, "size": len(bundle), "version": version, "command": "c-1", "attempt": 0} | more
        (self.places.data / "update/request.json").write_text(json.dumps(request))
        return digest

    def new_slot(self, digest: str) -> Path:
        return self.places.releases / digest[:12]

    def health(self, **more: Any) -> None:
        """What a healthy agent of the slot in use says now; it was started when the trial began."""
        began = self.state.began_ms
        value: dict[str, Any] = {
            "boot": self.clock.boot, "at_ms": self.clock.now_ms, "started_ms": began, "slot": str(self.slot),
            "connected": True, "last_ack_ms": self.clock.now_ms, "stalled": False, "cameras": ["halaman"],
        }  # fmt: skip
        (self.places.run / "health.json").write_text(json.dumps(value | more))

    def whole(self) -> bool:
        """There is a slot in use that can start, and nobody touched the agent's data."""
        slot = self.slot
        untouched = (self.places.data / "complaint").read_text() == "nothing may touch this"
        return untouched and (slot / ".complete").exists() and os.path.lexists(slot / "bin/sandi")
