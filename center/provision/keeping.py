"""What is true of a site is kept at the centre: a broken box is replaced in a hurry, and the file its first card was
made with lies on somebody's laptop.

One file per node, DATA/site-facts/NODE.json, for its owner alone, in the backup with the keys: it may hold the password
of the site's Wi-Fi. Pages never see it.
"""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import msgspec

from center.errors import CenterError
from center.files import PRIVATE, make_directory, sync_directory, write_atomic
from center.provision.facts import MAX_BYTES, Facts, FactsError, build_facts

FOLDER: Final = "site-facts"
SECRETS: Final = ("psk", "password_hash")
HIDDEN: Final = "***"


def keep(data: Path, node: str, facts: Facts, host: str = "") -> None:
    """Keep `facts`, with the `host` that was named beside them; where there are none, what was kept stays.

    Raises:
        CenterError: they cannot be written.
    """
    kept = msgspec.structs.replace(facts, host=host or facts.host)
    if kept == Facts():
        return
    path = _path(data, node)
    try:
        make_directory(path.parent, 0o700)
        write_atomic(path, msgspec.json.encode(kept), PRIVATE)
    except OSError as error:
        raise CenterError(
            f"{path} cannot be written: {error.strerror or error}",
            f"{path} tidak dapat ditulis: {error.strerror or error}",
        ) from error


def kept(data: Path, node: str) -> dict[str, Any]:
    """The facts kept of this node, as they are typed in a site file; {} where there are none.

    Raises:
        FactsError: the file is damaged. What to do stands in the text.
    """
    path = _path(data, node)
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES * 2 + 1)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise _unusable(path, node, error.strerror or str(error)) from error
    try:
        tree = json.loads(content)
        if not isinstance(tree, dict):
            raise TypeError("no table")
        tree = {name: value for name, value in tree.items() if value not in (None, "", [], {})}
        build_facts(tree, str(path))
    except (ValueError, TypeError, RecursionError, FactsError) as error:
        raise _unusable(path, node, str(error)) from error
    return tree


def kept_since(data: Path, node: str) -> datetime | None:
    """When they were last kept, UTC; None where there are none."""
    try:
        return datetime.fromtimestamp(_path(data, node).stat().st_mtime, UTC)
    except OSError:
        return None


def forget(data: Path, node: str) -> bool:
    """Remove them; whether there were any."""
    path = _path(data, node)
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise _unusable(path, node, error.strerror or str(error)) from error
    sync_directory(path.parent)
    return True


def without_secrets(tree: Any) -> Any:
    """The same for a screen: passwords and their hashes are `HIDDEN`."""
    if isinstance(tree, dict):
        return {name: HIDDEN if name in SECRETS and value else without_secrets(value) for name, value in tree.items()}
    return [without_secrets(value) for value in tree] if isinstance(tree, list) else tree


def _path(data: Path, node: str) -> Path:
    return data / FOLDER / f"{node}.json"


def _unusable(path: Path, node: str, detail: str) -> FactsError:
    command = f"sandi-center provision facts {node} --forget"
    return FactsError(
        f"{path} cannot be used: {detail}; name the facts with --site-file, or: {command}",
        f"{path} tidak dapat dipakai: {detail}; beri --site-file, atau: {command}",
    )
