"""Writing a camera's mask: the new file is there whole or the old one still is, and the old one is kept beside it.

    NAME.json       the mask
    NAME.json.bak   the one before it
    NAME.cleared    somebody took the mask away on purpose; without this note a mask that is gone means no pictures

The camera process reads these files anew for each picture, so what is written here is in force with the next one.
"""

from pathlib import Path
from typing import Final

from agent.cameras.masks import Mask, encode_mask
from agent.files import give_to_owner, sync_directory, write_durably

_FILE_MODE: Final = 0o600
_FOLDER_MODE: Final = 0o700


def backup_path(path: Path) -> Path:
    """Where the mask before the one in `path` is kept."""
    return path.with_name(f"{path.name}.bak")


def cleared_path(path: Path) -> Path:
    """The note that the mask in `path` was taken away on purpose."""
    return path.with_suffix(".cleared")


def was_cleared(path: Path) -> bool:
    """Whether somebody said that this camera needs its mask no more. OSError when that cannot be told."""
    try:
        cleared_path(path).lstat()
    except FileNotFoundError:
        return False
    return True


def save_mask(path: Path, mask: Mask) -> None:
    """Put `mask` into `path`; what was there goes beside it. Raises OSError, and then the old mask is in force.

    The note that none is needed goes first: a power cut in between leaves no picture rather than one without a mask.
    """
    _make_folder(path.parent)
    cleared_path(path).unlink(missing_ok=True)
    sync_directory(path.parent)
    _keep_old(path)
    write_durably(path, encode_mask(mask), _FILE_MODE)
    give_to_owner(path)


def clear_mask(path: Path) -> bool:
    """Take the mask away, on purpose; whether there was one. Raises OSError.

    The note is written first: a power cut in between leaves a mask that is still in force, never one that is missed.
    """
    _make_folder(path.parent)
    write_durably(cleared_path(path), b"", _FILE_MODE)
    give_to_owner(cleared_path(path))
    try:
        path.rename(backup_path(path))
    except FileNotFoundError:
        return False
    sync_directory(path.parent)
    return True


def _make_folder(folder: Path) -> None:
    if not folder.is_dir():
        folder.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
        give_to_owner(folder)


def _keep_old(path: Path) -> None:
    """As it is, readable or not: whoever needs it again may know more than this program."""
    backup = backup_path(path)
    temporary = path.with_name(f".{backup.name}.part")
    temporary.unlink(missing_ok=True)
    try:
        temporary.hardlink_to(path)
    except FileNotFoundError:
        return
    temporary.rename(backup)
