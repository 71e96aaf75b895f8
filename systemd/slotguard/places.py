"""Where everything lies on a box."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Places:
    """`data`, `run`: the agent's folders, which it writes; all others are root's alone."""

    data: Path = Path("/var/lib/sandi")
    run: Path = Path("/run/sandi")
    home: Path = Path("/var/lib/sandi-update")
    prefix: Path = Path("/opt/sandi")
    key: Path = Path("/etc/sandi/release.pub")
    builder: Path = Path("/usr/lib/sandi/build-slot.sh")

    @property
    def state(self) -> Path:
        return self.home / "state.json"

    @property
    def stage(self) -> Path:
        """Root's own: the copied bundle, then its files."""
        return self.home / "stage"

    @property
    def spare(self) -> Path:
        """Room kept for the states of an update: a release that fills the disk must not keep itself by that."""
        return self.home / "spare"

    @property
    def link(self) -> Path:
        return self.prefix / "agent"

    @property
    def releases(self) -> Path:
        return self.prefix / "releases"
