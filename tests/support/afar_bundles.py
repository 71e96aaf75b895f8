"""Signed release bundles that really install, and faulty ones of them: for tests that update a booted box.

Made from the one wheelhouse of a run (`tests.support.bundles`): only the wheel of Sandi is another one, with another
version and, where wanted, a fault sewn into it. That takes seconds, not the minutes of collecting packages.
"""

import base64
import hashlib
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Final, Literal

from center.fleet.bundles import make_manifest, sign
from tests.support.bundles import bundle_for
from tests.support.made_once import made_once
from tests.support.small_bundles import key, public_pem
from wire.release import MANIFEST

Fault = Literal["ok", "crashes", "hangs", "silent", "deaf", "dies-late"]
FAULTS: Final[dict[str, tuple[str, str]]] = {
    "ok": ("agent/version.py", ""),
    # At import, in the service: what installs it runs none of it.
    "crashes": ("agent/service.py", "\nraise RuntimeError('this release cannot be imported')\n"),
    # Starts, and never says that it is ready.
    "hangs": ("agent/service.py", "\nimport time\n\n\ndef run(path, clock=None):\n    time.sleep(10**6)\n"),
    # Ready, feeds the watchdog, and writes no health file.
    "silent": ("agent/update/watch.py", "\nUpdateWatch.write_health = lambda self: None\n"),
    # Works, and never finds the centre.
    "deaf": (
        "agent/uplink/uplink.py",
        "\n\nasync def _nowhere(self):\n    await asyncio.sleep(10**6)\n\n\nUplink._live = _nowhere\n",
    ),
    # Ready and connected, and dies after some seconds.
    "dies-late": (
        "agent/update/watch.py",
        "\nimport threading\n\nthreading.Timer(20.0, os._exit, (1,)).start()\n",
    ),
}
"""Fault -> module of Sandi's wheel, and what is sewn to its end."""
NEWER: Final = "0.1.1"


def afar_bundle(root: Path, fault: Fault = "ok", version: str = NEWER, *, floor: str = "0.1.0") -> Path:
    """The bundle for the machine at `root` (its Python, this processor); each made once per run. Signed by `key()`."""
    name = f"afar-{fault}-{version}-{floor}"
    return made_once(name, lambda folder: _make(folder, root, fault, version, floor)) / f"{name}.sandi"


def release_pub() -> bytes:
    """/etc/sandi/release.pub of the boxes these bundles are for."""
    return public_pem()


def _make(folder: Path, root: Path, fault: Fault, version: str, floor: str) -> None:
    carried, files = bundle_for(root, "agent"), folder / "files"
    files.mkdir()
    for wheel in (carried / "wheels").glob("*.whl"):
        if not wheel.name.startswith("av-"):
            shutil.copyfile(wheel, files / wheel.name)
    shutil.copyfile(carried / "systemd/requirements-agent.lock", files / "requirements-agent.lock")
    [own] = (carried / "systemd").glob("sandi-*.whl")
    sewn(own, files, version, *FAULTS[fault])
    python = _python_of(root)
    (files / MANIFEST).write_bytes(make_manifest(files, version=version, floor=floor, pythons=(python,)))
    sign(files, key(), folder / f"{folder.name.removesuffix('.half')}.sandi")
    shutil.rmtree(files)


def sewn(wheel: Path, folder: Path, version: str, module: str, code: str) -> Path:
    """The same wheel as another version, with `code` behind `module`."""
    old = wheel.name.split("-")[1]
    target = folder / wheel.name.replace(f"sandi-{old}-", f"sandi-{version}-")
    info_old, info = f"sandi-{old}.dist-info/", f"sandi-{version}.dist-info/"
    record: list[str] = []
    with zipfile.ZipFile(wheel) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made:
        for item in source.infolist():
            name, content = item.filename.replace(info_old, info), source.read(item)
            if name == f"{info}RECORD":
                continue
            if name == f"{info}METADATA":
                content = content.replace(f"\nVersion: {old}\n".encode(), f"\nVersion: {version}\n".encode(), 1)
            if name == "agent/version.py":
                content = content.replace(f'VERSION = "{old}"'.encode(), f'VERSION = "{version}"'.encode())
            if name == module:
                content += code.encode()
            proof = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
            record.append(f"{name},sha256={proof},{len(content)}")
            made.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
        made.writestr(zipfile.ZipInfo(f"{info}RECORD"), "\n".join([*record, f"{info}RECORD,,", ""]))
    return target


def _python_of(root: Path) -> str:
    words = ("chroot", str(root), "python3", "-c", "import sys; print('%d.%d' % sys.version_info[:2])")
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip()
