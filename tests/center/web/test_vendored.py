"""What others made is unchanged, licensed and listed."""

import hashlib
import tomllib
from pathlib import Path

VENDOR = Path(__file__).resolve().parents[3] / "center" / "static" / "vendor"
PARTS = tomllib.loads((VENDOR / "VENDORED.toml").read_text(encoding="utf-8"))["part"]


def test_every_vendored_file_has_the_digest_it_had_at_its_origin() -> None:
    for part in PARTS:
        for name, digest in part["files"].items():
            assert hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() == digest, name


def test_no_file_is_there_that_is_not_listed() -> None:
    listed = {name for part in PARTS for name in part["files"]} | {"VENDORED.toml"}
    found = {path.relative_to(VENDOR).as_posix() for path in VENDOR.rglob("*") if path.is_file()}
    assert found == listed


def test_every_part_names_version_origin_and_brings_its_licence() -> None:
    for part in PARTS:
        assert part["version"]
        assert part["origin"].startswith("npm:")
        assert part["license"] in {"MIT", "0BSD", "OFL-1.1"}
        assert any(name.endswith("/LICENSE") for name in part["files"])
