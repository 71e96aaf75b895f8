"""`sandi-center release key` and `sign`, as on the machine that has the key: no database, no network, no centre."""

import subprocess
import sys
from pathlib import Path

import pytest

from center.fleet.bundles import BundleError, make_manifest, prove, public_key
from tests.support.guarded_box import Box
from tests.support.small_bundles import FILES, PYTHON


def _command(*words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    run = "import sys; from center.cli import main; sys.exit(main())"
    return subprocess.run(
        [sys.executable, "-c", run, "--lang", "en", "release", *words], input=stdin, capture_output=True, text=True,
        check=False, timeout=120,
    )  # fmt: skip


@pytest.fixture
def made(tmp_path: Path) -> Path:
    folder = tmp_path / "sandi-0.2.0"
    folder.mkdir()
    for name, content in FILES.items():
        (folder / name).write_bytes(content)
    raw = make_manifest(folder, version="0.2.0", floor="0.1.0", pythons=(PYTHON,))
    (folder / "manifest.json").write_bytes(raw)
    return folder


def test_a_key_with_a_password_signs_what_centre_and_box_take(tmp_path: Path, made: Path) -> None:
    assert _command("key", str(tmp_path), "--password-stdin", stdin="kata sandi\n").returncode == 0
    secret, public = tmp_path / "release.key", tmp_path / "release.pub"
    assert (secret.stat().st_mode & 0o777, public.stat().st_mode & 0o777) == (0o600, 0o644)
    wrong = _command("sign", str(made), "--key", str(secret), "--password-stdin", stdin="lain\n")
    assert (wrong.returncode, (tmp_path / "sandi-0.2.0.sandi").exists()) == (2, False)
    done = _command("sign", str(made), "--key", str(secret), "--password-stdin", stdin="kata sandi\n")
    assert done.returncode == 0, done.stderr
    file = tmp_path / "sandi-0.2.0.sandi"
    manifest, _ = prove(file, public_key(public))
    assert manifest.version == "0.2.0"
    box = Box(tmp_path / "box")
    box.places.key.write_bytes(public.read_bytes())
    box.wish(file.read_bytes())
    assert box.guard.install().phase == "trying"


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    assert _command("key", str(tmp_path)).returncode == 0
    before = (tmp_path / "release.key").read_bytes()
    assert _command("key", str(tmp_path)).returncode == 2
    assert (tmp_path / "release.key").read_bytes() == before


@pytest.mark.parametrize("change", ["more", "less", "other"])
def test_a_folder_that_is_not_its_manifest_is_not_signed(tmp_path: Path, made: Path, change: str) -> None:
    _command("key", str(tmp_path))
    wheel = made / "sandi-0.2.0-py3-none-any.whl"
    {
        "more": lambda: (made / "extra").write_bytes(b"x"),
        "less": wheel.unlink,
        "other": lambda: wheel.write_bytes(b"w" * wheel.stat().st_size),
    }[change]()
    done = _command("sign", str(made), "--key", str(tmp_path / "release.key"))
    assert (done.returncode, "scripts/release" in done.stderr) == (2, True)
    assert list(tmp_path.glob("*.sandi*")) == []


def test_names_too_long_for_a_bundle_are_said_when_it_is_made(tmp_path: Path) -> None:
    (tmp_path / ("x" * 101)).write_bytes(b"1")
    with pytest.raises(BundleError):
        make_manifest(tmp_path, version="0.2.0", floor="0.1.0", pythons=("3.11",))
