"""A small system below a folder for `firstrun.sh`: users, an empty unit database, programs; no container. Root is
needed for owners only. `systemctl` alone is a fake: it notes what is enabled, as empty files.
"""

import os
import subprocess
from pathlib import Path

USERS = ("root:0", "sandi:990", "sandi-enrol:991", "sandi-camera:992", "sandi-kiosk:993", "sandi-screen:994")
GROUPS = (*USERS, "sandi-technician:995", "sudo:27")
FAKE_SYSTEMCTL = r"""#!/bin/bash
# systemctl [--quiet] [--root=DIR] enable|disable|is-enabled UNIT, on a folder of its own.
for word; do case "$word" in --root=*) root="${word#--root=}" ;; --*) ;; *) words+=("$word") ;; esac; done
mark="$root/enabled/${words[1]}"
case "${words[0]}" in
  enable) [ -e "$root/units/${words[1]/@*./@.}" ] || exit 1; mkdir -p "$root/enabled"; touch "$mark" ;;
  disable) rm -f "$mark" ;;
  is-enabled) [ -e "$mark" ] ;;
esac
"""


def make_root(root: Path, units: tuple[str, ...]) -> None:
    """A system with Sandi's users and program installed, and these unit files."""
    for name in ("etc", "var/lib/sandi", "opt/sandi/agent/bin", "units", "boot/firmware", "fakes"):
        (root / name).mkdir(parents=True, exist_ok=True)
    (root / "etc/passwd").write_text("".join(f"{u.replace(':', ':x:')}:0::/:/bin/false\n" for u in USERS))
    (root / "etc/group").write_text("".join(f"{g.replace(':', ':x:')}:\n" for g in GROUPS))
    (root / "etc/hosts").write_text("127.0.0.1\tlocalhost\n127.0.1.1\traspberrypi\n")
    (root / "etc/fstab").write_text("proc /proc proc defaults 0 0\n")
    program = root / "opt/sandi/agent/bin/sandi"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    for unit in units:
        (root / "units" / unit).touch()
    fake = root / "fakes/systemctl"
    fake.write_text(FAKE_SYSTEMCTL)
    fake.chmod(0o755)


def first_run(root: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the card's script on the system below `root`."""
    return subprocess.run(
        ["bash", str(root / "boot/firmware/sandi/firstrun.sh")],
        env={
            "PATH": f"{root}/fakes:{os.environ['PATH']}:/usr/sbin:/sbin",
            "SANDI_ROOT": str(root),
            "SANDI_LANG": "en",
            **environment,
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def everything(root: Path, *without: str) -> dict[str, tuple[int, int, int, bytes]]:
    """Mode, owner, group and content of every file and folder."""
    found = {}
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if name.split("/")[0] in without:
            continue
        status = path.lstat()
        content = b"" if path.is_dir() else path.read_bytes()
        found[name] = (status.st_mode, status.st_uid, status.st_gid, content)
    return found
