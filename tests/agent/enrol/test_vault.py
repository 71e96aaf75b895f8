"""The credential directory: one whole version counts at every moment, whatever is cut and however it came."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.enrol.vault import FILES, About, Vault
from center.pki import Authority, create_authority
from tests.support.enrol_dies_at import count_changes
from tests.support.torture import often

NODE = "kec-367301"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return create_authority(tmp_path_factory.mktemp("pki") / "pki")


@pytest.fixture(scope="module")
def versions(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> list[dict[str, bytes]]:
    """Three sets of credentials of one node."""
    made = []
    for number in range(3):
        folder = tmp_path_factory.mktemp("made") / str(number)
        authority.issue_node(NODE, folder, seal_public_key=bytes(32))
        made.append({name: (folder / name).read_bytes() for name in FILES})
    return made


def by_hand(folder: Path, files: dict[str, bytes]) -> None:
    """As `install.sh --credentials` puts them there."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).unlink(missing_ok=True)
        (folder / name).write_bytes(content)


def read(folder: Path) -> dict[str, bytes]:
    """What the agent's unit would load."""
    return {name: (folder / name).read_bytes() for name in FILES if (folder / name).exists()}


def put(folder: Path, files: dict[str, bytes]) -> None:
    vault = Vault(folder)
    vault.stage(files, About(5, "token"))
    vault.install()


def test_a_version_takes_the_place_of_the_one_before_and_one_before_is_kept(
    tmp_path: Path, versions: list[dict[str, bytes]]
) -> None:
    folder = tmp_path / "credentials"
    for files in versions:
        put(folder, files)
        assert read(folder) == files
        assert (folder / "installed").read_text().strip() == (folder / "current").readlink().name
    assert sorted(path.name for path in folder.glob("v*")) == ["v2", "v3"]
    held = Vault(folder).held()
    assert held is not None and (held.node, held.about) == (NODE, About(5, "token"))
    assert Vault(folder).back() and read(folder) == versions[1]
    assert Vault(folder).back() and read(folder) == versions[2]


def test_plain_files_put_there_by_hand_are_the_version_before(tmp_path: Path, versions: list[dict[str, bytes]]) -> None:
    folder = tmp_path / "credentials"
    by_hand(folder, versions[0])
    held = Vault(folder).held()
    assert held is not None and held.about == About()
    put(folder, versions[1])
    assert read(folder) == versions[1]
    assert read(folder / "previous") == versions[0]
    by_hand(folder, versions[2])  # and once more over the links
    held = Vault(folder).held()
    assert held is not None and held.about == About() and held.files == versions[2]
    put(folder, versions[0])
    assert read(folder) == versions[0] and read(folder / "previous") == versions[2]


def test_a_version_of_before_there_were_commands_is_whole_and_is_never_a_link_to_nothing(
    tmp_path: Path, versions: list[dict[str, bytes]]
) -> None:
    folder = tmp_path / "credentials"
    put(folder, versions[0])
    (folder / "current" / "command.pub").unlink()
    (folder / "command.pub").unlink()
    held = Vault(folder).held()
    assert held is not None and held.files["command.pub"] == b""
    Vault(folder).settle()
    assert not (folder / "command.pub").is_symlink()
    (folder / "command.pub").write_bytes(b"# by hand\n")
    held = Vault(folder).held()
    assert held is not None and held.about == About(5, "token"), "the others still count as a version"
    put(folder, {**versions[1], "command.pub": b"# later\n"})
    assert (folder / "command.pub").read_bytes() == b"# later\n"


def test_half_a_set_is_no_version(tmp_path: Path, versions: list[dict[str, bytes]]) -> None:
    folder = tmp_path / "credentials"
    by_hand(folder, {name: versions[0][name] for name in ("ca.crt", "node.crt")})
    assert Vault(folder).held() is None and not Vault(folder).back()
    put(folder, versions[1])
    assert read(folder) == versions[1]


@pytest.mark.full
@pytest.mark.parametrize("before", ["nothing", "a version", "plain files"])
def test_a_cut_at_any_change_leaves_a_whole_version_and_the_next_one_comes_through(
    tmp_path: Path, versions: list[dict[str, bytes]], before: str
) -> None:
    old, new = versions[0], versions[1]
    ends, number = [], 0
    while not ends or ends[-1]:
        folder = tmp_path / f"cut-{number}"
        if before == "a version":
            put(folder, old)
        elif before == "plain files":
            by_hand(folder, old)
        ends.append(died(lambda folder=folder: put(folder, new), number))
        found = read(folder)
        if before == "nothing":
            assert "node.key" not in found or found == new
        else:
            assert found in (old, new), number
        put(folder, new)
        assert read(folder) == new
        assert (folder / "installed").read_text().strip() == (folder / "current").readlink().name
        assert len([path for path in folder.iterdir() if path.is_dir() and not path.is_symlink()]) <= 2
        number += often(2, 1)
    assert number > 20, "a version is many changes"


def died(work: Callable[[], None], at: int) -> bool:
    """Do it in a child that is killed before its change number `at`; whether it was."""
    child = os.fork()
    if child == 0:
        try:
            count_changes(at)
            work()
        except BaseException:  # noqa: BLE001 - the parent is told by the code
            os._exit(2)
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code in (0, -9), code
    return code == -9
