"""A small Debian file tree with systemd and Python, made once with debootstrap and kept in the user's cache.

The tree is only ever read: machines booted from it write to an overlay in memory. It is made from the mirror this
machine's own apt uses, for the release this machine runs or for a newer one. What arrives is checked against Debian's
own keys, or nothing is made.
"""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from tests.support.made_once import made_in

# What every Raspberry Pi OS has besides; not python3-venv: an installation without internet does without it.
PACKAGES = ("systemd", "systemd-sysv", "dbus", "python3", "openssl", "iproute2", "procps")
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
_BUILD_TIMEOUT_S = 900


def debian_root(codename: str = "", more: tuple[str, ...] = ("mosquitto",)) -> Path:
    """The tree, made now if it is not there. RuntimeError says what is missing; needs root and debootstrap.

    `codename`: the release, this machine's own where empty. `more`: packages beside PACKAGES.
    """
    codename = codename or own_codename()
    packages = PACKAGES + more
    key = hashlib.sha256(" ".join((codename, *packages)).encode()).hexdigest()[:12]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sandi"
    cache.mkdir(mode=0o700, parents=True, exist_ok=True)
    return made_in(cache, f"debian-{codename}-{key}", lambda root: _build(root, codename, packages))


def _build(root: Path, codename: str, packages: tuple[str, ...]) -> None:
    # Without the keyring debootstrap would only warn that it checks nothing.
    command = ["debootstrap", "--variant=minbase", "--force-check-gpg", f"--keyring={KEYRING}"]
    done = subprocess.run(
        [*command, f"--include={','.join(packages)}", codename, str(root), _mirror()],
        capture_output=True,
        text=True,
        timeout=_BUILD_TIMEOUT_S,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"debootstrap failed:\n{done.stdout[-3000:]}\n{done.stderr[-2000:]}")
    shutil.rmtree(root / "var/cache/apt", ignore_errors=True)


def own_codename() -> str:
    for line in Path("/etc/os-release").read_text().splitlines():
        if line.startswith("VERSION_CODENAME="):
            return line.partition("=")[2].strip('"')
    raise RuntimeError("/etc/os-release names no release; these tests need Debian")


def _mirror() -> str:
    """Where this machine's apt gets its release's main archive from: the other releases lie there too."""
    codename = own_codename()
    form = "$(REPO_URI) $(RELEASE) $(COMPONENT)"
    listing = subprocess.run(
        ["apt-get", "indextargets", "--format", form, "Identifier: Packages"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout
    for line in listing.splitlines():
        uri, release, component = line.rsplit(" ", 2)
        if (release, component) == (codename, "main"):
            return uri
    raise RuntimeError(f"apt knows no source for {codename} main; add one to its sources and run apt-get update")
