"""What others made for the screen is unchanged, licensed, listed and used."""

import hashlib
import re
import tomllib
from pathlib import Path

from agent.kiosk.web import icons, journey

WEB = Path(icons.__file__).parent
VENDOR = WEB / "static" / "vendor"
PARTS = tomllib.loads((VENDOR / "VENDORED.toml").read_text(encoding="utf-8"))["part"]


def test_every_vendored_file_has_the_digest_it_had_at_its_origin() -> None:
    for part in PARTS:
        for name, digest in part["files"].items():
            assert hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() == digest, name


def test_no_file_is_there_that_is_not_listed() -> None:
    listed = {name for part in PARTS for name in part["files"]} | {"VENDORED.toml"}
    assert {path.relative_to(VENDOR).as_posix() for path in VENDOR.rglob("*") if path.is_file()} == listed


def test_every_part_names_version_origin_and_brings_its_licence() -> None:
    for part in PARTS:
        assert part["version"] and part["origin"].startswith("npm:")
        assert part["license"] in {"MIT", "OFL-1.1"}
        assert any(name.endswith("/LICENSE") for name in part["files"])


def test_only_the_icons_that_are_used_are_there() -> None:
    text = "".join(
        path.read_text(encoding="utf-8") for path in [*WEB.glob("*.py"), *(WEB / "templates").glob("*.html")]
    )
    there = {path.stem for path in icons.ICONS.glob("*.svg")}
    assert set(journey.ICONS.values()) <= there
    assert {name for name in there if not re.search(rf"""["']{name}["']""", text)} == set()
    for name in there:
        assert "<svg" in icons.icon(name) and "<script" not in icons.icon(name)
