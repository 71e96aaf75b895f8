"""A small ext4 of its own on a loop device, whose power can be cut: milliseconds per cycle, no virtual machine.

`power_cut` is the ioctl EXT4_IOC_SHUTDOWN without flushing the journal: from that instant the file system writes
nothing more, neither data, metadata nor log, whoever asks. `restart` mounts what the device then holds, which replays
the journal: what is then there is what was durable. What the loop driver had already taken stays, as on a card that
keeps what it took.

A restart mounts a copy of the image: a mount namespace that somebody else made meanwhile (`ip netns exec`, a container)
holds the old mount, and mounting the same image again would only give the dead file system back.
"""

import array
import fcntl
import os
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType

EXT4_IOC_SHUTDOWN = 0x8004587D
GOING_FLAGS_NOLOGFLUSH = 2
MIB = 1024 * 1024
UMOUNT_WITHIN_S = 30.0
MEMORY = Path("/dev/shm")


class LoopDisk:
    """`path` is where it is mounted. Use as a context manager: it is unmounted and gone at the end, whatever happened.

    The image lies in memory, where a flush costs nothing, or in another folder (`image_in`), for instance one that can
    be made full under the file system.
    """

    def __init__(self, folder: Path, size_mib: int = 64, *, image_in: Path | None = None, options: str = "") -> None:
        self.path = folder / "disk"
        self._own = None if image_in else tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else folder)
        self.image = (image_in or Path(self._own.name if self._own else "")) / "disk.img"
        self._options = ",".join(filter(None, ("loop", options)))
        self.path.mkdir(mode=0o700, parents=True)
        with self.image.open("wb") as image:
            image.truncate(size_mib * MIB)
        _run("mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0", str(self.image))

    def __enter__(self) -> "LoopDisk":
        self._mount()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if self._mounted() and subprocess.run(["umount", str(self.path)], capture_output=True, check=False).returncode:
            with suppress(OSError):
                self.power_cut()  # nobody gets anything more out of it
            subprocess.run(["umount", "-l", str(self.path)], check=False)
        self.image.unlink(missing_ok=True)
        if self._own:
            self._own.cleanup()

    def power_cut(self) -> None:
        """Now. Processes that use the disk get EIO from here on; kill them, then `restart`."""
        fd = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.ioctl(fd, EXT4_IOC_SHUTDOWN, array.array("I", [GOING_FLAGS_NOLOGFLUSH]))
        finally:
            os.close(fd)

    def restart(self, *, check: bool = False, repair: bool = False) -> None:
        """Power is back: the journal is replayed. `check`: after that e2fsck must find nothing to mend.

        `repair`: e2fsck mends, as at the boot after an error.
        """
        self._umount()
        copy = self.image.with_name("copy.img")
        _run("cp", "--sparse=always", str(self.image), str(copy))
        if check:
            subprocess.run(["e2fsck", "-y", "-E", "journal_only", str(copy)], capture_output=True, check=False)
            _run("e2fsck", "-fn", str(copy))
        if repair:
            subprocess.run(["e2fsck", "-fy", str(copy)], capture_output=True, check=False)
        copy.replace(self.image)
        self._mount()

    def fail_read_only(self) -> None:
        """What ext4 does when it meets an error (errors=remount-ro): nothing may be written until the next mount."""
        Path("/sys/fs/ext4", self._device(), "trigger_fs_error").write_text("1")

    def hang(self, for_s: float) -> None:
        """Nobody can write for a while; who tries waits in the kernel."""
        _run("fsfreeze", "--freeze", str(self.path))
        try:
            time.sleep(for_s)
        finally:
            _run("fsfreeze", "--unfreeze", str(self.path))

    def _mount(self) -> None:
        _run("mount", "-t", "ext4", "-o", self._options, str(self.image), str(self.path))

    def _mounted(self) -> bool:
        return os.path.ismount(self.path)

    def _umount(self) -> None:
        """A process that was just killed may take a moment to let go."""
        deadline = time.monotonic() + UMOUNT_WITHIN_S
        while self._mounted():
            done = subprocess.run(["umount", str(self.path)], capture_output=True, text=True, check=False)
            if done.returncode and time.monotonic() > deadline:
                raise RuntimeError(f"{self.path} stays mounted: {done.stderr}")
            time.sleep(0.01 if done.returncode else 0)

    def _device(self) -> str:
        number = self.path.stat().st_dev
        return Path(f"/sys/dev/block/{os.major(number)}:{os.minor(number)}").resolve().name


def why_not() -> str:
    """Why no loop disk can be had here; "" when it can."""
    if os.geteuid() != 0:
        return "needs root to mount"
    if not Path("/dev/loop-control").exists():
        return "has no loop devices"
    return ""


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stdout}{done.stderr}")
