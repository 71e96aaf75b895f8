"""The shape of the repository: what lies at the top, what is vendored, what can be started, what is locked."""

import hashlib
import importlib
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
TOP_LEVEL = {
    "pyproject.toml", "agent", "center", "wire", "firmware_configs", "systemd", "tests", "bench", "docs", "README.md",
    "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "Makefile", "requirements.lock", "scripts",
}  # fmt: skip
DOT_FILES = {".ci", ".gitignore"}
VENDOR = REPOSITORY / "center/static/vendor"
LOCKS = [REPOSITORY / "requirements.lock", *sorted((REPOSITORY / "systemd").glob("requirements-*.lock"))]


def _tracked() -> list[str]:
    done = subprocess.run(["git", "ls-files", "-z"], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("not a git checkout")
    return [name for name in done.stdout.split("\0") if name]


def test_the_top_level_holds_what_it_should_and_nothing_else() -> None:
    assert {name.split("/")[0] for name in _tracked()} == TOP_LEVEL | DOT_FILES


def test_no_tests_directory_is_a_package() -> None:
    assert [name for name in _tracked() if name.startswith("tests/") and name.endswith("__init__.py")] == []


@pytest.mark.parametrize("script", ["check", "test", "test-full", "chaos", "run", "bench", "lock", "bundle", "deb"])
def test_each_script_can_be_started_by_itself(script: str) -> None:
    path = REPOSITORY / "scripts" / script
    assert path.stat().st_mode & 0o111
    assert subprocess.run(["bash", "-n", str(path)], check=False).returncode == 0


def test_every_name_of_the_makefile_is_a_script() -> None:
    names = re.search(r"^([\w -]+):\n\t@scripts/\$@", (REPOSITORY / "Makefile").read_text(), re.MULTILINE)
    assert names is not None
    assert all((REPOSITORY / "scripts" / name).exists() for name in names[1].split())


def test_each_console_script_names_a_function_there_is() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    assert set(project["scripts"]) == {"sandi", "sandi-center"}
    for target in project["scripts"].values():
        module, _, function = target.partition(":")
        assert callable(getattr(importlib.import_module(module), function))


def test_every_vendored_file_is_listed_and_is_what_it_was() -> None:
    text = (VENDOR / "VENDORED.toml").read_text()
    listed = {name: digest for part in tomllib.loads(text)["part"] for name, digest in part["files"].items()}
    present = {
        path.relative_to(VENDOR).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in VENDOR.rglob("*")
        if path.is_file() and path.name != "VENDORED.toml"
    }
    assert listed == present


def test_every_vendored_part_says_where_it_is_from_and_under_which_licence() -> None:
    for part in tomllib.loads((VENDOR / "VENDORED.toml").read_text())["part"]:
        assert all(part[key] for key in ("name", "version", "license", "origin"))
        assert any(name.endswith("/LICENSE") for name in part["files"]), part["name"]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_a_lock_has_hashes_for_everything_and_names_no_place(lock: Path) -> None:
    text = lock.read_text()
    assert not re.search(r"://|file:|^-", text, re.MULTILINE)
    requirements = re.findall(r"^\S+==\S+.*?(?=^\S|\Z)", text, re.MULTILINE | re.DOTALL)
    assert requirements
    assert all("--hash=sha256:" in requirement for requirement in requirements)


def test_what_is_installed_on_nodes_and_centres_is_what_was_tested() -> None:
    """Every package of the smaller locks has the very version of the developers' lock."""
    pinned = {lock.name: set(re.findall(r"^(\S+==\S+)", lock.read_text(), re.MULTILINE)) for lock in LOCKS}
    everything = pinned.pop("requirements.lock")
    assert set(pinned) == {f"requirements-{one}.lock" for one in ("agent", "camera", "center", "build")}
    for name, some in pinned.items():
        assert some <= everything, name


def test_the_lock_covers_what_pyproject_asks_for() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *(one for extra in project["optional-dependencies"].values() for one in extra)]
    locked = set(re.findall(r"^([A-Za-z0-9_.-]+)==", (REPOSITORY / "requirements.lock").read_text(), re.MULTILINE))
    names = {re.split(r"[\[<>=!~ ;]", requirement)[0].lower().replace("_", "-") for requirement in wanted}
    assert names <= {name.lower() for name in locked}
