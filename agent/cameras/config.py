"""`[camera_process]`: where the camera process (`sandi camera run`) keeps its things, and its workers' memory."""

from pathlib import Path
from typing import Final

from agent.configuration.settings import Settings, field

MASKS_FOLDER: Final = "masks"
MEMORY_FOLDER: Final = "memory"
SPOOL_FOLDER: Final = "spool"


class CameraProcessConfig(Settings, frozen=True):
    """Read by `sandi camera` alone; the cameras themselves are `[cameras.NAME]`."""

    data_dir: Path = field(
        default=Path("/var/lib/sandi-camera"),
        metadata={"help": "privacy masks, what was learned of each camera, bytes per day"},
    )
    run_dir: Path = field(
        default=Path("/run/sandi-camera"), metadata={"help": "pictures on their way to the agent; best in memory"}
    )
    logins_file: Path = field(
        default=Path("/etc/sandi/camera-passwords.toml"),
        metadata={"help": "users and passwords of the cameras; mode 0600, owned by the user sandi-camera"},
    )
    worker_mb: int = field(
        default=256, metadata={"min": 32, "max": 4096, "help": "most memory one camera's worker may take, then it ends"}
    )

    @property
    def memory_dir(self) -> Path:
        """One `NAME.json` per camera: what the process remembers of it."""
        return self.data_dir / MEMORY_FOLDER

    @property
    def masks_dir(self) -> Path:
        """One `NAME.json` per camera that has a privacy mask."""
        return self.data_dir / MASKS_FOLDER

    @property
    def spool_dir(self) -> Path:
        """Where workers leave their pictures."""
        return self.run_dir / SPOOL_FOLDER
