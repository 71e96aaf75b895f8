"""A small Debian tree for 64-bit Arm with Python and OpenSSL, made once and kept in the user's cache.

Its packages are only unpacked: no script of theirs runs, and this machine's own apt and dpkg do not know of it. They
come from the mirrors this machine's apt uses, over an apt directory of its own. Byte code is the same on every
processor: a Python of the same version here compiles theirs, which takes QEMU many times as long at each start.
"""

import hashlib
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.support.made_once import made_in

PACKAGES = ("python3", "openssl")
ARCHITECTURE = "arm64"
_MAKING = "compiled"
"""Another word where a tree of the same packages is made another way than before."""
_TIMEOUT_S = 300
_MERGED = ("bin", "sbin", "lib")


def arm_root() -> Path:
    """The tree, made now if it is not there. RuntimeError says what is missing."""
    codename = platform.freedesktop_os_release()["VERSION_CODENAME"]
    key = hashlib.sha256(" ".join((codename, *PACKAGES, _MAKING)).encode()).hexdigest()[:12]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sandi"
    cache.mkdir(mode=0o700, parents=True, exist_ok=True)
    return made_in(cache, f"debian-{ARCHITECTURE}-{codename}-{key}", _build)


def python_version() -> str:
    """Of the Python in the tree, as `3.11`."""
    return _standard_library(arm_root()).name.removeprefix("python")


def compile_for(version: str, folder: Path, inside: str, *without: str) -> None:
    """Byte code for a folder that is called `inside` there, beside its sources; none where this machine's Python is
    another than `version`."""
    if version != "{}.{}".format(*sys.version_info):
        return
    unused = ("-x", f"/({'|'.join(without)})/") if without else ()
    _run(sys.executable, "-m", "compileall", "-q", *unused, "-s", str(folder), "-p", inside, str(folder))


def _standard_library(root: Path) -> Path:
    return next((root / "usr/lib").glob("python3.*"))


def _build(root: Path) -> None:
    for name in _MERGED:  # since Debian 12 these are links, made before the first package
        (root / "usr" / name).mkdir(parents=True)
        (root / name).symlink_to(f"usr/{name}")
    with tempfile.TemporaryDirectory() as folder:
        for package in _fetched(Path(folder)):
            _unpack(package, root)
    library = _standard_library(root)
    compile_for(library.name.removeprefix("python"), library, f"/usr/lib/{library.name}", "test", "lib2to3", "idlelib")


def _fetched(folder: Path) -> list[Path]:
    """The packages and all they depend on."""
    for name in ("lists/partial", "archives/partial"):
        (folder / name).mkdir(parents=True)
    (folder / "status").touch()
    options = {
        "APT::Architecture": ARCHITECTURE,
        "APT::Architectures": ARCHITECTURE,
        "APT::Sandbox::User": "root",
        "Dir::State": folder,
        "Dir::State::status": folder / "status",
        "Dir::Cache": folder,
        "Debug::NoLocking": "1",
    }
    given = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
    _run("apt-get", "-q", *given, "update")
    _run("apt-get", "-q", "-y", *given, "--no-install-recommends", "--download-only", "install", *PACKAGES)
    return sorted((folder / "archives").glob("*.deb"))


def _unpack(package: Path, root: Path) -> None:
    archive = subprocess.Popen(("dpkg-deb", "--fsys-tarfile", str(package)), stdout=subprocess.PIPE)
    _run("tar", "-x", "--keep-directory-symlink", "-C", str(root), stdin=archive)
    if archive.wait() != 0:
        raise RuntimeError(f"dpkg-deb could not read {package.name}")


def _run(*command: str, stdin: subprocess.Popen[bytes] | None = None) -> None:
    done = subprocess.run(
        command,
        stdin=stdin.stdout if stdin is not None else subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_S,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
