"""The helper that does for the agent what only root may do: whatever lies in its folder, three words, nothing else."""

import importlib.util
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.names import WANT_FOLDER, WANTS

SCRIPT = Path(__file__).resolve().parents[2] / "systemd/lib/want.py"
MEANT = {
    "restart-kiosk": ("--no-block", "restart", "sandi-kiosk.service"),
    "update": ("--no-block", "start", "sandi-update.service"),
    "reboot": ("--no-wall", "reboot"),
}
NAMES = st.one_of(st.sampled_from(WANTS), st.text("abcdert-.RU \n;$/\\é", min_size=1, max_size=20))
THINGS = st.sampled_from(("file", "large", "folder", "full folder", "link", "dangling", "pipe", "hard link"))


@pytest.fixture(scope="module")
def helper() -> ModuleType:
    spec = importlib.util.spec_from_file_location("sandi_want", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Orders:
    """What would have been said to systemd; only the kiosk's server is on."""

    def __init__(self) -> None:
        self.given: list[tuple[str, ...]] = []

    def __call__(self, words: Sequence[str]) -> int:
        if words[0] == "--quiet":
            return int("sandi-kiosk.service" not in words)
        self.given.append(tuple(words))
        return 0


def lay(folder: Path, name: str, thing: str) -> None:
    """Something of this name; a name that cannot be one in a folder is left out."""
    if "/" in name or name in (".", "..") or (folder / name).exists() or (folder / name).is_symlink():
        return
    path = folder / name
    match thing:
        case "file" | "large":
            path.write_bytes(b"" if thing == "file" else bytes(100_000))
        case "folder" | "full folder":
            path.mkdir()
            if thing == "full folder":
                (path / "reboot").write_bytes(b"")
        case "link" | "dangling":
            path.symlink_to("/etc/passwd" if thing == "link" else "nowhere")
        case "pipe":
            os.mkfifo(path)
        case "hard link":
            (folder.parent / f"of-{len(name)}").write_bytes(b"")
            path.hardlink_to(folder.parent / f"of-{len(name)}")


@given(st.dictionaries(NAMES, THINGS, max_size=8))
def test_whatever_lies_in_the_folder_only_the_three_words_are_obeyed(
    helper: ModuleType, tmp_path_factory: pytest.TempPathFactory, things: dict[str, str]
) -> None:
    """Each once, as a small plain file of exactly that name, in a fixed order; of what stands in its way it is said."""
    run_dir = tmp_path_factory.mktemp("run")
    folder = run_dir / WANT_FOLDER
    folder.mkdir()
    for name, thing in things.items():
        lay(folder, name, thing)
    orders, before = Orders(), {path.name for path in folder.iterdir()}
    code = helper.grant(str(run_dir), orders)
    stuck = {word for word in WANTS if things.get(word) == "full folder"}
    assert orders.given == [MEANT[word] for word in ("restart-kiosk", "update", "reboot") if things.get(word) == "file"]
    assert code == int(bool(stuck))
    assert {path.name for path in folder.iterdir()} == (before - set(WANTS)) | stuck
    again = Orders()
    assert helper.grant(str(run_dir), again) == code
    assert again.given == []


def test_the_words_are_those_that_the_agent_may_wish_for(helper: ModuleType) -> None:
    assert set(helper.WORDS) == set(helper.DOES) == set(WANTS)
    assert helper.FOLDER == WANT_FOLDER
    unit = (SCRIPT.parents[1] / "sandi-want.path").read_text()
    assert {line for line in unit.splitlines() if line.startswith("PathExists=")} == {
        f"PathExists=/run/sandi/{WANT_FOLDER}/{word}" for word in WANTS
    }


def test_a_link_in_place_of_the_folder_leads_nowhere(helper: ModuleType, tmp_path: Path) -> None:
    elsewhere, run_dir = tmp_path / "elsewhere", tmp_path / "run"
    elsewhere.mkdir()
    run_dir.mkdir()
    (elsewhere / "reboot").write_bytes(b"")
    (run_dir / WANT_FOLDER).symlink_to(elsewhere)
    orders = Orders()
    assert helper.grant(str(run_dir), orders) == 1
    assert orders.given == []
    assert (elsewhere / "reboot").exists()
    (run_dir / WANT_FOLDER).unlink()
    assert helper.grant(str(run_dir), orders) == 0  # no folder: nothing is wished for


def test_what_cannot_be_taken_away_is_not_obeyed(helper: ModuleType, tmp_path: Path) -> None:
    """A wish in a folder that is not ours to write would come again and again."""
    folder = tmp_path / WANT_FOLDER
    folder.mkdir()
    (folder / "update").write_bytes(b"")
    orders = Orders()
    child = os.fork()
    if child == 0:
        os._exit(_without_rights(helper, folder, tmp_path, orders))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1
    assert (folder / "update").exists()


def _without_rights(helper: ModuleType, folder: Path, run_dir: Path, orders: Orders) -> int:
    """In a child: as a user who may look and not write; 2 where an order was given all the same."""
    for path in (folder, run_dir, *run_dir.parents):
        if path.stat().st_uid == os.geteuid() and str(path).startswith(str(Path(os.environ.get("TMPDIR", "/tmp")))):
            path.chmod(0o755)
    if os.geteuid() == 0:
        os.setuid(65_534)
    else:
        folder.chmod(0o555)
    code = helper.grant(str(run_dir), orders)
    return 2 if orders.given else int(code)


def test_a_box_that_has_just_started_is_restarted_when_its_minute_is_over(
    helper: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    monkeypatch.setattr(helper.time, "sleep", slept.append)
    for up_s in (10.0, 3600.0):
        monkeypatch.setattr(helper.time, "clock_gettime", lambda _, up_s=up_s: up_s)
        orders = Orders()
        helper.reboot(orders)
        assert orders.given == [MEANT["reboot"]]
    assert slept == [50.0, 0.0]


def test_only_those_parts_of_a_kiosk_that_are_on_start_again(helper: ModuleType) -> None:
    orders = Orders()
    helper.restart_kiosk(orders)
    assert orders.given == [MEANT["restart-kiosk"]]


def test_it_needs_nothing_but_the_machines_own_python(helper: ModuleType) -> None:
    assert SCRIPT.read_text().startswith("#!/usr/bin/python3 -IS\n")
    imported = {line.split()[1] for line in SCRIPT.read_text().splitlines() if line.startswith(("import ", "from "))}
    assert {name.partition(".")[0] for name in imported} <= set(sys.stdlib_module_names)
    assert helper.SYSTEMCTL.startswith("/")
