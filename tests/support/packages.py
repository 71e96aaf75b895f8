"""Debian packages made from this checkout, and variants of them: another version, other content."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.support.bundles import BUILT_AT, REPOSITORY
from tests.support.made_once import made_once

VERSION = "0.1.0~test"


def built_once() -> Path:
    """The folder with this run's package, as `sandi-center provision --packages` wants it."""
    return made_once("deb-packages", built)


def built(out: Path) -> None:
    """Fill `out` with the package `sandi` as `scripts/deb` makes it for this machine's processor."""
    done = subprocess.run(
        [str(REPOSITORY / "scripts/deb"), "--out", str(out), "--no-camera", "--version", VERSION],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, **BUILT_AT},
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, done.stderr


def package_in(folder: Path) -> Path:
    (package,) = folder.glob("sandi_*.deb")
    return package


def variant(package: Path, version: str, shelf: Path, scratch: Path, change: Callable[[Path], None]) -> Path:
    """The same package as another version, in `shelf`; `change` is shown the folder that becomes /usr/share/sandi."""
    tree = scratch / version
    _dpkg_deb("--raw-extract", str(package), str(tree))
    control = tree / "DEBIAN/control"
    lines = control.read_text().splitlines(keepends=True)
    control.write_text("".join(f"Version: {version}\n" if line.startswith("Version:") else line for line in lines))
    change(tree / "usr/share/sandi")
    target = shelf / f"sandi_{version}.deb"
    _dpkg_deb("--root-owner-group", "-Zgzip", "-z1", "--build", str(tree), str(target))
    return target


def contents(package: Path) -> str:
    """What `ls -l` would say of the files in it."""
    return _dpkg_deb("--contents", str(package))


def field(package: Path, name: str) -> str:
    return _dpkg_deb("--field", str(package), name).strip()


def _dpkg_deb(*arguments: str) -> str:
    return subprocess.run(["dpkg-deb", *arguments], check=True, capture_output=True, text=True).stdout
