"""Writing a mask: the old or the new one is there, the one before is kept, and taking it away is written down."""

import os
import stat
from pathlib import Path

import pytest

from agent.cameras.maskfile import backup_path, clear_mask, cleared_path, save_mask, was_cleared
from agent.cameras.masks import encode_mask, make_mask, mask_path, read_mask

FIRST = make_mask(1.7778, [[(0.1, 0.1), (0.4, 0.1), (0.4, 0.5)]])
SECOND = make_mask(1.7778, [[(0.2, 0.2), (0.6, 0.2), (0.6, 0.8), (0.2, 0.8)]])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return mask_path(tmp_path / "state", "halaman")


def test_a_saved_mask_is_read_as_it_was_drawn_and_by_its_owner_alone(path: Path) -> None:
    save_mask(path, FIRST)
    assert read_mask(path) == FIRST
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert not backup_path(path).exists()


def test_the_mask_before_is_kept_beside_the_new_one(path: Path) -> None:
    save_mask(path, FIRST)
    save_mask(path, SECOND)
    assert read_mask(path) == SECOND
    assert backup_path(path).read_bytes() == encode_mask(FIRST)
    assert sorted(entry.name for entry in path.parent.iterdir()) == ["halaman.json", "halaman.json.bak"]


def test_an_unreadable_mask_is_kept_too_when_it_is_replaced(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.write_bytes(b"{broken")
    save_mask(path, FIRST)
    assert backup_path(path).read_bytes() == b"{broken"
    assert read_mask(path) == FIRST


def test_a_mask_taken_away_is_gone_on_purpose_and_kept_beside(path: Path) -> None:
    save_mask(path, FIRST)
    assert not was_cleared(path)
    assert clear_mask(path) is True
    assert read_mask(path) is None
    assert was_cleared(path)
    assert backup_path(path).read_bytes() == encode_mask(FIRST)


def test_a_mask_that_only_disappeared_was_not_cleared(path: Path) -> None:
    save_mask(path, FIRST)
    path.unlink()
    assert not was_cleared(path)


def test_a_new_mask_ends_what_was_said_about_the_old_one(path: Path) -> None:
    assert clear_mask(path) is False
    assert was_cleared(path)
    save_mask(path, SECOND)
    assert not was_cleared(path)
    assert not cleared_path(path).exists()


def test_a_write_that_fails_leaves_the_old_mask_in_force(path: Path) -> None:
    save_mask(path, FIRST)
    blocked = path.with_name(f".{path.name}.part")
    blocked.mkdir()  # where the new file would be written
    with pytest.raises(OSError, match="directory"):
        save_mask(path, SECOND)
    assert read_mask(path) == FIRST


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_what_root_saves_belongs_to_the_service(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    os.chown(state, 4242, 4243)
    path = mask_path(state, "halaman")
    save_mask(path, FIRST)
    owners = {(entry.stat().st_uid, entry.stat().st_gid) for entry in (path.parent, path)}
    assert owners == {(4242, 4243)}
