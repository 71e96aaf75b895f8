"""Keys and certificates across a restore: which must fit together, and which must not go back in time.

The authority's book and its revocation list live outside the database. When the centre in place has the same authority
as the backup, its later entries are taken over: a box that was stolen after the backup stays locked out. The
commander's keys and book stay as they are in place.
"""

import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from center import authorities
from center.commander.keys import FOLDER, RING
from center.errors import BackupError, CenterError
from center.files import PRIVATE, write_atomic
from center.pki import Authority, open_authority
from center.sealing import SealingKeys
from wire.topics import is_node_id


@dataclass(frozen=True, slots=True)
class Trust:
    """What a restore found about certificates.

    `merged`: the centre in place had the same authority. `retired`: nodes without a valid certificate left.
    `later`: nodes whose certificate is newer than the backup. `newest_revocation`: the last one that is known.
    """

    merged: bool
    retired: tuple[str, ...]
    later: tuple[str, ...]
    newest_revocation: tuple[str, datetime] | None


def check_keys(new: Path) -> None:
    """BackupError when the keys of an unpacked backup are incomplete; nothing to check where it brings none."""
    if not (new / "pki").exists() and not (new / "keys").exists() and not (new / "secret_key").exists():
        return
    try:
        open_authority(new / "pki")
        SealingKeys.load(new / "keys")
        if not (new / "secret_key").read_bytes().strip():
            raise OSError("secret_key is empty")
    except (CenterError, OSError) as error:
        raise BackupError.damaged(f"its keys are incomplete: {error}") from error


def carry_over(data: Path, new: Path) -> Trust:
    """Take what is later in the centre in place into the unpacked one; what came of it."""
    if not (new / "pki").exists():
        authority = open_authority(data / "pki")
        return Trust(True, _retired(authority), (), _newest(authority))
    present = _present(data)
    if present is not None:
        authorities.take_over(new / "pki", data / "pki")
    authority = open_authority(new / "pki")
    if present is None or not authority.is_same(present):
        return Trust(False, _retired(authority), (), _newest(authority))
    known = {entry["serial"] for entry in authority.book()}
    authority.take_over(present)
    _keep_sealing_keys(data / "keys", new / "keys")
    _keep_commander(data / FOLDER, new / FOLDER)
    later = sorted({entry["name"] for entry in authority.book() if entry["serial"] not in known})
    return Trust(True, _retired(authority), tuple(filter(is_node_id, later)), _newest(authority))


def _present(data: Path) -> Authority | None:
    try:
        return open_authority(data / "pki")
    except CenterError:
        return None


def _retired(authority: Authority) -> tuple[str, ...]:
    """Nodes whose newest certificate was taken back."""
    revoked = authority.revoked()
    newest = {entry["name"]: entry["serial"] for entry in authority.book()}
    return tuple(sorted(name for name, serial in newest.items() if serial in revoked and is_node_id(name)))


def _newest(authority: Authority) -> tuple[str, datetime] | None:
    names = {entry["serial"]: entry["name"] for entry in authority.book()}
    found = [(at, names.get(serial, serial)) for serial, at in authority.revoked().items()]
    if not found:
        return None
    at, name = max(found)
    return name, at


def _keep_commander(old: Path, new: Path) -> None:
    """The commander's keys and book never go back in time: boxes know the later key, a code serves once, and what was
    ordered stands in the book. The folder in place stays where it is, and the backup's is not taken."""
    try:
        in_place = (old / "keys" / RING).exists()
    except PermissionError:  # it is there, and belongs to the commander's own user
        in_place = True
    if in_place:
        shutil.rmtree(new, ignore_errors=True)


def _keep_sealing_keys(old: Path, new: Path) -> None:
    """A key that was made after the backup opens what citizens wrote since: it stays, under its id."""
    try:
        keys = SealingKeys.load(old).without(SealingKeys.load(new))
    except CenterError:
        return
    for key_id, content in keys.items():
        write_atomic(new / f"seal-{key_id}.key", content, PRIVATE)
