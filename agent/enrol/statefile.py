"""The state of the box's certificate, for whoever shows it: written by enrolment alone, read by status and console."""

import os
import re
from pathlib import Path

import msgspec

from agent.core.enrolment import Standing
from agent.enrol.places import STATE
from agent.files import write_durably
from wire import strictjson
from wire.errors import WireError

MAX_BYTES = 8 * 1024
_FINGERPRINT = re.compile("[0-9a-f]{64}")
_DECODER = msgspec.json.Decoder(Standing)


def usual() -> Path:
    """Where it lies; SANDI_ENROL_STATE names another folder."""
    return Path(os.environ.get("SANDI_ENROL_STATE") or STATE) / "state.json"


def read(path: Path) -> Standing | None:
    """None when it is not there, not ours to read, or not what is written there."""
    try:
        with path.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except OSError:
        return None
    return parse(raw)


def parse(raw: bytes) -> Standing | None:
    """A state from its file's bytes."""
    if len(raw) > MAX_BYTES:
        return None
    try:
        found = strictjson.decode(raw, _DECODER)
    except WireError:
        return None
    if found.fingerprint and not _FINGERPRINT.fullmatch(found.fingerprint):
        return None
    return found


def write(path: Path, standing: Standing) -> None:
    """Either the old one or the new one. Raises OSError."""
    write_durably(path, msgspec.json.encode(standing), 0o640)
