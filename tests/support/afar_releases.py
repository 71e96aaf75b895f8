"""Releases for boxes that are updated from afar, as an order names them; small ones, since fetching is dear.

As those of `afar_bundles`, but their lock names only what an agent without kiosk and cameras loads.
"""

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from tests.support.afar_bundles import FAULTS, Fault, sewn
from tests.support.bundles import bundle_for
from tests.support.debian_root import debian_root
from tests.support.made_once import made_once
from tests.support.small_bundles import digest_of, key

PYTHON = "3.11"
FLOOR = "0.1.0"
SLIM = frozenset(
    {
        "appdirs", "argcomplete", "cffi", "click", "h11", "idna", "markdown-it-py", "mdurl", "msgspec", "paho-mqtt",
        "psutil", "pycparser", "pygments", "pynacl", "pyserial", "rich", "segno", "tomli", "typing-extensions",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Release:
    """A bundle as an order names it."""

    path: Path
    version: str
    digest: str
    size_bytes: int

    def arguments(self, *, forced: bool = False) -> dict[str, str | int | bool]:
        """Of the command `update`."""
        return {"digest": self.digest, "size_bytes": self.size_bytes, "version": self.version, "forced": forced}


def release(version: str, fault: Fault = "ok") -> Release:
    """This checkout's agent as `version`, with a fault; the same one all through a run."""
    path = made_once(f"release-{version}-{fault}", lambda place: _make(place, version, fault)) / "bundle.sandi"
    return Release(path, version, digest_of(path), path.stat().st_size)


def _make(place: Path, version: str, fault: Fault) -> None:
    from center.fleet.bundles import make_manifest, sign
    from wire.release import MANIFEST

    made = place / "made"
    made.mkdir()
    source = bundle_for(debian_root(), "center", "agent")
    _slim_lock(source / "systemd/requirements-agent.lock", made / "requirements-agent.lock")
    for wheel in (source / "wheels").glob("*.whl"):
        if _project(wheel) in SLIM | {"pip"}:
            shutil.copy(wheel, made)
    (own,) = (source / "systemd").glob("sandi-*.whl")
    sewn(own, made, version, *FAULTS[fault])
    (made / MANIFEST).write_bytes(make_manifest(made, version=version, floor=FLOOR, pythons=(PYTHON,)))
    sign(made, key(), place / "bundle.sandi")
    shutil.rmtree(made)


def _project(wheel: Path) -> str:
    return wheel.name.split("-")[0].lower().replace("_", "-")


def _slim_lock(lock: Path, target: Path) -> None:
    """The pins of SLIM with their hashes: each begins at the margin and goes on indented."""
    kept, keeping = [], False
    for line in lock.read_text().splitlines(keepends=True):
        if line[:1].isalnum():
            keeping = re.split(r"[=\s]", line)[0] in SLIM
        if keeping and not line.startswith("#"):
            kept.append(line)
    target.write_text("".join(kept))
