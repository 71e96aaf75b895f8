"""Debian packages made from this checkout, and variants of them: another version, other content."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]


def built(out: Path, *options: str) -> Path:
    """The package `sandi` as `scripts/deb` makes it for this machine's processor."""
    done = subprocess.run(
        [str(REPOSITORY / "scripts/deb"), "--out", str(out), "--no-camera", *options],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "SANDI_KEEP_ENVIRONMENT": "1"},
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, done.stderr
    (package,) = out.glob("sandi_*.deb")
    return package


def variant(package: Path, version: str, scratch: Path, change: Callable[[Path], None]) -> Path:
    """The same package as another version; `change` is shown the folder that becomes /usr/share/sandi."""
    tree = scratch / version
    _dpkg_deb("--raw-extract", str(package), str(tree))
    control = tree / "DEBIAN/control"
    lines = control.read_text().splitlines(keepends=True)
    control.write_text("".join(f"Version: {version}\n" if line.startswith("Version:") else line for line in lines))
    change(tree / "usr/share/sandi")
    target = package.with_name(f"sandi_{version}.deb")
    _dpkg_deb("--root-owner-group", "-Zgzip", "-z1", "--build", str(tree), str(target))
    return target


def contents(package: Path) -> str:
    """What `ls -l` would say of the files in it."""
    return _dpkg_deb("--contents", str(package))


def field(package: Path, name: str) -> str:
    return _dpkg_deb("--field", str(package), name).strip()


def _dpkg_deb(*arguments: str) -> str:
    return subprocess.run(["dpkg-deb", *arguments], check=True, capture_output=True, text=True).stdout
