"""The first run divides a real card: a disk image on a loop device, with a boot partition and a system's.

Both are ext4: not every kernel that runs tests knows FAT, and the first run uses nothing only one of them has. Needs
partitions of loop devices; where the kernel cannot give them, the tests say so and are skipped.
"""

import os
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.support.box_root import first_run, make_root
from tests.support.firstrun_card import units, write_card
from tests.support.loop_disk import why_not
from tests.support.processes import wait_until

pytestmark = pytest.mark.full
MIB = 1024 * 1024
NODE = "kel-3673011001"


def run(*command: str | Path, stdin: str = "") -> str:
    done = subprocess.run(list(map(str, command)), input=stdin, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


def may_resize() -> bool:
    """Enlarging a mounted ext4 needs CAP_SYS_RESOURCE, which a container's root may lack."""
    [effective] = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("CapEff"))
    return bool(int(effective.split()[1], 16) >> 24 & 1)


class Card:
    """A card of 640 MiB as a flashed image leaves it: 64 MiB boot, 96 MiB system, nothing behind."""

    def __init__(self, folder: Path) -> None:
        self.image, self.root = folder / "card.img", folder / "root"
        self.disk = ""
        with self.image.open("wb") as file:
            file.truncate(640 * MIB)

    def flash(self) -> None:
        """Write partition table, boot and system anew, as a flashing tool does; what lies behind stays."""
        run("sfdisk", "-q", self.image, stdin="label: dos\nstart=2048, size=64MiB, type=c\nsize=96MiB, type=83\n")
        self.attach()
        run("mkfs.ext4", "-q", "-F", "-L", "bootfs", f"{self.disk}p1")
        run("mkfs.ext4", "-q", "-F", "-L", "rootfs", f"{self.disk}p2")
        self.mount()
        make_root(self.root, units())
        write_card(self.root)

    def attach(self) -> None:
        self.disk = run("losetup", "--find", "--show", "--partscan", self.image).strip()
        if not Path(f"{self.disk}p2").exists():
            subprocess.run(["partx", "-u", self.disk], capture_output=True, check=False)
        with suppress(AssertionError):
            wait_until(lambda: Path(f"{self.disk}p2").exists(), "the partitions", 10)
        if not Path(f"{self.disk}p2").exists():
            self.close()
            pytest.skip("this kernel gives loop devices no partitions")

    def mount(self) -> None:
        self.root.mkdir(exist_ok=True)
        run("mount", f"{self.disk}p2", self.root)
        (self.root / "boot/firmware").mkdir(parents=True, exist_ok=True)
        run("mount", f"{self.disk}p1", self.root / "boot/firmware")

    def first_run(self, **environment: str) -> "subprocess.CompletedProcess[str]":
        sizes = {"SANDI_DISK": self.disk, "SANDI_ROOT_PART": "2"}
        return first_run(self.root, **sizes, **environment)

    def power_off(self) -> None:
        """Unmount all and let the device go."""
        if self.root.is_mount():
            wait_until(self._is_unmounted, "its file systems to be let go")
        self.close()

    def _is_unmounted(self) -> bool:
        """What a killed first run had started may hold them for a moment longer."""
        subprocess.run(["umount", "-R", str(self.root)], capture_output=True, check=False)
        return not self.root.is_mount()

    def power_on(self) -> None:
        """The card in the next box, or the same one after a reboot without the data mounted."""
        self.attach()
        self.mount()

    def close(self) -> None:
        if self.disk:
            subprocess.run(["losetup", "-d", self.disk], capture_output=True, check=False)
        self.disk = ""

    def partitions(self) -> list[str]:
        table = run("sfdisk", "-d", self.disk)
        return [line.split(" : ")[1] for line in table.splitlines() if line.startswith("/dev/")]


@pytest.fixture
def card(tmp_path: Path) -> Iterator[Card]:
    if reason := why_not():
        pytest.skip(reason)
    made = Card(tmp_path)
    try:
        made.flash()
        yield made
    finally:
        made.power_off()


def small(card: Card) -> None:
    """The card's own script with sizes that fit a small image."""
    script = card.root / "boot/firmware/sandi/firstrun.sh"
    text = script.read_text().replace("ROOT_MB='8192'", "ROOT_MB='160'").replace("DATA_MB='2048'", "DATA_MB='64'")
    script.write_text(text)


def test_the_card_is_divided_and_what_a_box_keeps_outlives_everything(card: Card) -> None:
    small(card)
    done = card.first_run()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "formatting the data partition" in done.stdout
    boot, system, data = card.partitions()
    assert "type=c" in boot
    assert f"{160 * 2048}," in system
    if may_resize():
        assert os.statvfs(card.root).f_blocks * os.statvfs(card.root).f_frsize > 120 * MIB
    else:
        assert "cannot enlarge" in done.stdout
    assert "type=83" in data
    assert run("blkid", "-p", "-o", "value", "-s", "LABEL", f"{card.disk}p3").strip() == "sandi-data"
    root = card.root
    assert (root / "mnt/sandi/opt/agent/bin/sandi").exists()
    assert (root / "mnt/sandi/etc/enrol/token").exists()
    fstab = (root / "etc/fstab").read_text()
    uuid = run("blkid", "-p", "-o", "value", "-s", "UUID", f"{card.disk}p3").strip()
    assert fstab.startswith(f"proc /proc proc defaults 0 0\n# >>> sandi\nUUID={uuid} /mnt/sandi ext4 noatime,nofail")
    assert "/mnt/sandi/etc /etc/sandi none bind" in fstab
    (root / "var/lib/sandi/outbox.db").write_text("RECORDS")
    (root / "etc/sandi/credentials/node.key").write_text("KEY")
    again = card.first_run()
    assert "kept" in again.stdout and "formatting" not in again.stdout
    assert (root / "etc/fstab").read_text() == fstab

    # Flashed anew for the same node: table and system are new, the partition behind is found again.
    card.power_off()
    card.flash()
    small(card)
    done = card.first_run()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "found the old data partition again" in done.stdout
    assert (root / "var/lib/sandi/outbox.db").read_text() == "RECORDS"
    assert (root / "etc/sandi/credentials/node.key").read_text() == "KEY"

    # And for another: no key of the first, all of its records.
    card.power_off()
    card.flash()
    write_card(root, "opd-dinkes", "kelurahan-kiosk")
    small(card)
    assert card.first_run().returncode == 0
    assert not (root / "etc/sandi/credentials/node.key").exists()
    assert (root / f"mnt/sandi/aside/{NODE}/sandi/outbox.db").read_text() == "RECORDS"
    assert not (root / "var/lib/sandi/outbox.db").exists()


def test_a_power_cut_while_dividing_is_made_good_at_the_next_start(card: Card, tmp_path: Path) -> None:
    """SIGKILL before each command that changes the disk; the next start finds a whole card."""
    small(card)
    hook = tmp_path / "hook"
    # As the programs of the first run are called: counted, and the whole run dies instead of the wanted one.
    hook.write_text(
        "die() { ((++CALLS == DIE_AT)) && kill -9 $$; }\n"
        + "".join(f'{name}() {{ die; command {name} "$@"; }}\n' for name in ("sfdisk", "mkfs.ext4", "mount", "e2fsck"))
    )
    for at in range(1, 30, 3):
        card.first_run(BASH_ENV=str(hook), DIE_AT=str(at))
        card.power_off()
        card.power_on()
        small(card)
    done = card.first_run()
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(card.partitions()) == 3
    assert (card.root / "mnt/sandi/etc/node.toml").exists()


def test_a_partition_that_is_not_ours_and_a_card_too_small_are_left_alone(card: Card) -> None:
    script = card.root / "boot/firmware/sandi/firstrun.sh"
    script.write_text(script.read_text().replace("DATA_MB='2048'", "DATA_MB='4096'"))
    done = card.first_run()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "too small for a data partition" in done.stdout
    assert len(card.partitions()) == 2
    run("sfdisk", "-q", "--append", "--no-reread", "--force", card.disk, stdin="size=64MiB, type=83\n")
    run("partx", "-u", card.disk)
    run("mkfs.ext4", "-q", "-F", "-L", "music", f"{card.disk}p3")
    write_card(card.root)
    small(card)
    done = card.first_run()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "another partition behind" in done.stdout
    assert run("blkid", "-p", "-o", "value", "-s", "LABEL", f"{card.disk}p3").strip() == "music"
