"""Releases for boxes, made of this checkout's own wheel: a good one, and the ways in which one can be bad.

A bundle is made as `make release` makes it and signed with the key the boxes trust; only its lock names fewer packages,
those an agent without kiosk and cameras loads: what is dear is fetching and building, and nothing here is about them.
"""

import re
import shutil
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.support import small_bundles
from tests.support.bundles import bundle_for
from tests.support.debian_root import debian_root
from tests.support.made_once import made_once

PYTHON = "3.11"
SLIM = frozenset(
    ("appdirs", "argcomplete", "cffi", "click", "h11", "idna", "markdown-it-py", "mdurl", "msgspec", "paho-mqtt")
    + ("psutil", "pycparser", "pygments", "pynacl", "pyserial", "rich", "segno", "tomli", "typing-extensions")
)
OWN_VERSION = "0.1.0"
_VERSION_FILE = "agent/version.py"


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


def good(version: str) -> Release:
    """Nothing but a newer number."""
    return release(version, "good", {})


def crashing(version: str) -> Release:
    """It fails while it is imported."""
    return release(version, "crashing", {"agent/service.py": lambda text: text + '\nraise ImportError("no such part")\n'})


def hanging(version: str) -> Release:
    """It starts and comes no further: neither ready nor ended."""
    begun = "def run(path: Path, clock: Clock | None = None) -> int:\n"

    def hang(text: str) -> str:
        assert begun in text
        return text.replace(begun, f"{begun}    threading.Event().wait()\n")

    return release(version, "hanging", {"agent/service.py": hang})


def cut_off(version: str) -> Release:
    """It works in all, but its connection goes to a port where nobody is."""
    dialled = "client.connect(config.host, config.port,"

    def miss(text: str) -> str:
        assert dialled in text
        return text.replace(dialled, "client.connect(config.host, 9,")

    return release(version, "cut-off", {"agent/uplink/connecting.py": miss})


def release(version: str, kind: str, changes: Mapping[str, Callable[[str], str]]) -> Release:
    """This checkout's agent as `version`, with some files changed; the same one all through a run."""
    name = f"release-{version}-{kind}"
    folder = made_once(name, lambda place: _make(place, version, changes))
    path = folder / "bundle.sandi"
    return Release(path, version, small_bundles.digest_of(path), path.stat().st_size)


def _make(place: Path, version: str, changes: Mapping[str, Callable[[str], str]]) -> None:
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
    _renumber(own, made / f"sandi-{version}-py3-none-any.whl", version, changes)
    (made / MANIFEST).write_bytes(make_manifest(made, version=version, floor=OWN_VERSION, pythons=(PYTHON,)))
    sign(made, small_bundles.key(), place / "bundle.sandi")
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


def _renumber(wheel: Path, target: Path, version: str, changes: Mapping[str, Callable[[str], str]]) -> None:
    """The agent's half of the wheel as another version. Its RECORD is made anew where it is installed."""
    old, new = f"sandi-{OWN_VERSION}.dist-info", f"sandi-{version}.dist-info"
    left = {_VERSION_FILE, *changes}
    with zipfile.ZipFile(wheel) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made:
        for name in source.namelist():
            if name.startswith("center/"):
                continue
            content = source.read(name)
            if name in (f"{old}/METADATA", f"{old}/RECORD", _VERSION_FILE):
                content = content.replace(OWN_VERSION.encode(), version.encode())
            if name in changes:
                content = changes[name](content.decode()).encode()
            left.discard(name)
            made.writestr(source.getinfo(name).filename.replace(old, new), content)
    assert not left, f"not in the wheel: {left}"
