"""A real slot from a real release, by the guard's own builder and the machine's Python: complete, and nothing run."""

import dataclasses
import os
import subprocess
from pathlib import Path

import pytest

from tests.support.afar_bundles import NEWER, afar_bundle
from tests.support.guarded_box import SYSTEMD, Box

pytestmark = [pytest.mark.full, pytest.mark.timeout(900)]


def _box(root: Path) -> Box:
    box = Box(root)
    box.places = dataclasses.replace(box.places, builder=SYSTEMD / "build-slot.sh")
    return box


def _with_pyav(box: Box, python: str) -> None:
    """The slot in use has PyAV, as a box whose cameras speak in streams."""
    packages = box.old / f"lib/{python}/site-packages"
    packages.mkdir(parents=True, exist_ok=True)
    for name in ("av", "av.libs", "av-17.0.0.dist-info"):
        (packages / name).mkdir()
        (packages / name / "marker").write_text(name)
    (box.old / ".camera-packages").touch()


def _python() -> str:
    version = "import sys; print('python%d.%d' % sys.version_info[:2])"
    words = ("/usr/bin/python3", "-c", version)
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip()


def test_a_release_is_built_offline_with_everything_the_slot_in_use_has(tmp_path: Path) -> None:
    bundle, box = afar_bundle(Path("/")), _box(tmp_path / "box")
    python = _python()
    _with_pyav(box, python)
    digest = box.wish(bundle.read_bytes(), NEWER)
    state = box.guard.install()
    assert state.phase == "trying", f"{state.code}: {state.detail}"
    slot = box.new_slot(digest)
    said = subprocess.run([slot / "bin/sandi", "version"], check=True, capture_output=True, text=True, env={}).stdout
    assert NEWER in said
    packages = slot / f"lib/{python}/site-packages"
    assert (packages / "av/marker").read_text() == "av"
    assert (slot / ".camera-packages").exists()
    cached = slot / "pycache" / str(box.places.link / f"lib/{python}/site-packages/agent").lstrip("/")
    assert list(cached.glob("service.*.opt-2.pyc")), "the service would compile at each start"
    assert not (slot / ".build").exists() and not (slot / ".pip").exists()


def test_a_release_that_cannot_be_imported_is_built_and_fails_only_where_it_is_tried(
    tmp_path: Path,
) -> None:
    """Who judges it must not run it."""
    bundle, box = afar_bundle(Path("/"), "crashes"), _box(tmp_path / "box")
    box.wish(bundle.read_bytes(), NEWER)
    state = box.guard.install()
    assert state.phase == "trying", f"{state.code}: {state.detail}"
    done = subprocess.run(
        [box.slot / "bin/sandi", "run", "--config", "/nowhere"], check=False, capture_output=True, text=True, env={}
    )
    assert "this release cannot be imported" in done.stderr
    box.clock.restarts_seen = 3
    assert (box.guard.look().code, box.slot) == ("crashes", box.old)


def test_a_package_that_is_not_the_locked_one_ends_the_build(tmp_path: Path) -> None:
    """The manifest may name it: the lock's hashes have their say too."""
    from center.fleet.bundles import make_manifest, sign
    from tests.support.bundles import bundle_for
    from tests.support.small_bundles import PYTHON, key

    carried, files = bundle_for(Path("/"), "agent"), tmp_path / "files"
    files.mkdir()
    for path in (*(carried / "wheels").glob("*.whl"), *(carried / "systemd").glob("sandi-*.whl")):
        if not path.name.startswith("av-"):
            (files / path.name).write_bytes(path.read_bytes())
    [tomli] = files.glob("tomli-*.whl")
    tomli.write_bytes(tomli.read_bytes() + b"\0")
    (files / "requirements-agent.lock").write_bytes((carried / "systemd/requirements-agent.lock").read_bytes())
    (files / "manifest.json").write_bytes(make_manifest(files, version=NEWER, floor="0.1.0", pythons=(PYTHON,)))
    sign(files, key(), tmp_path / "bad.sandi")
    box = _box(tmp_path / "box")
    digest = box.wish((tmp_path / "bad.sandi").read_bytes(), NEWER)
    state = box.guard.install()
    assert (state.phase, state.code) == ("refused", "build")
    assert "HASHES" in state.detail.upper()
    assert not box.new_slot(digest).exists()
    assert box.whole()


def test_scripts_release_makes_what_the_offline_key_signs_and_a_box_installs(tmp_path: Path) -> None:
    from center.fleet.bundles import prove, sign
    from tests.support.bundles import BUILT_AT, REPOSITORY
    from tests.support.small_bundles import key

    arch = {"x86_64": "amd64", "aarch64": "arm64"}[os.uname().machine]
    words = [
        REPOSITORY / "scripts/release",
        "--arch",
        arch,
        "--out",
        tmp_path,
        "--version",
        "0.1.2",
        "--floor",
        "0.1.0",
    ]
    done = subprocess.run(
        list(map(str, words)), check=False, capture_output=True, text=True, env={**os.environ, **BUILT_AT}
    )
    assert done.returncode == 0, done.stderr
    made, file = tmp_path / f"sandi-0.1.2-{arch}", tmp_path / "release.sandi"
    sign(made, key(), file)
    manifest, _ = prove(file, key().public_key())
    assert (manifest.version, manifest.floor, manifest.arch) == ("0.1.2", "0.1.0", (os.uname().machine,))
    assert manifest.pythons == ("3.11", "3.13")
    box = _box(tmp_path / "box")
    box.wish(file.read_bytes(), "0.1.2")
    state = box.guard.install()
    assert state.phase == "trying", f"{state.code}: {state.detail}"
    said = subprocess.run(
        [box.slot / "bin/sandi", "version"], check=True, capture_output=True, text=True, env={}
    ).stdout
    assert "0.1.2" in said
