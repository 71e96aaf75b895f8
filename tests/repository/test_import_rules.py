"""The rules of who may import whom: they hold, and breaking one is noticed."""

import re
import shutil
import subprocess
import sys
from itertools import permutations
from pathlib import Path

import grimp
import pytest

from agent.cameras.table import CAMERAS
from agent.probes.table import PROBES

REPOSITORY = Path(__file__).resolve().parents[2]
PACKAGES = ("wire", "agent", "center")


def _lint(checkout: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
        cwd=checkout,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def copy_of_the_checkout(tmp_path: Path) -> Path:
    for package in PACKAGES:
        shutil.copytree(REPOSITORY / package, tmp_path / package, ignore=lambda _, names: _but_python(names))
    shutil.copy(REPOSITORY / "pyproject.toml", tmp_path)
    return tmp_path


def _but_python(names: list[str]) -> set[str]:
    return {name for name in names if "." in name and not name.endswith(".py")} | {"__pycache__"}


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("wire/leak.py", "import agent.clock"),
        ("agent/leak.py", "import center.errors"),
        ("center/leak.py", "import agent.clock"),
        ("agent/core/leak.py", "import socket"),
        ("center/core/leak.py", "import django"),
        ("agent/probes/leak.py", "import agent.cameras.table"),
        ("agent/health/leak.py", "import agent.config"),
        ("center/ingest/leak.py", "import center.web.words"),
    ],
)
def test_breaking_a_rule_fails_the_check(copy_of_the_checkout: Path, module: str, line: str) -> None:
    (copy_of_the_checkout / module).write_text(f'"""Breaks a rule."""\n\n{line}\n')
    done = _lint(copy_of_the_checkout)
    assert done.returncode != 0
    assert re.search(r"[1-9]\d* broken", done.stdout), done.stdout
    assert module.removesuffix(".py").replace("/", ".") in done.stdout


def test_the_rules_hold() -> None:
    done = _lint(REPOSITORY)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    "table",
    [PROBES, {name: entry.camera for name, entry in CAMERAS.items()}],
    ids=["probes", "cameras"],
)
def test_plugins_of_one_table_never_import_each_other(table: dict[str, str]) -> None:
    """Read from the tables themselves, so that adding a plugin stays one file and one line."""
    graph = grimp.build_graph("agent", include_external_packages=False, cache_dir=None)
    modules = {dotted.partition(":")[0] for dotted in table.values()}
    assert modules <= graph.modules
    for importer, imported in permutations(sorted(modules), 2):
        assert graph.find_shortest_chain(importer, imported) is None, (importer, imported)
