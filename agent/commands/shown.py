"""The commands of this node as people are shown them, read from their files: the agent may be dead."""

from pathlib import Path
from typing import Any

import msgspec

from agent.commands.store import MAX_FILE_BYTES, Entry


def rows(folder: Path, most: int) -> list[dict[str, Any]]:
    """The newest `most`, newest first: id, name, state, code, detail, result, and wall times in milliseconds.

    Files that are damaged are passed over. OSError where the folder cannot be read; none where it is not there.
    """
    found: list[Entry] = []
    try:
        paths = [path for path in folder.iterdir() if path.suffix == ".json"]
    except FileNotFoundError:
        return []
    for path in paths:
        try:
            with path.open("rb") as file:
                found.append(msgspec.json.decode(file.read(MAX_FILE_BYTES), type=Entry))
        except (FileNotFoundError, msgspec.DecodeError):
            continue
    found.sort(key=lambda entry: entry.number, reverse=True)
    return [_row(entry) for entry in found[:most]]


def _row(entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "name": entry.name,
        "state": entry.state,
        "code": entry.code,
        "detail": entry.detail,
        "result": entry.result,
        "accepted_ms": entry.wall_ms,
        "ended_ms": entry.ended_wall_ms or None,
    }
