"""From pieces to one file: each piece redacted, weighed and hashed, the manifest first, then written where nobody else
may read it."""

import hashlib
import io
import json
import os
import tarfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from agent.bundle.pieces import LeftOut, Piece
from agent.core.redact import Redactor

MOST_BYTES: Final = 12 * 1024 * 1024
"""Of the text in it: packed about a tenth, which any mail and any slow line takes."""
NEVER: Final = (
    LeftOut("credentials/", "keys"),
    LeftOut("outbox contents", "contents"),
    LeftOut("complaints", "complaints"),
    LeftOut("pictures", "pictures"),
    LeftOut("neighbours", "neighbours"),
)
"""Never gathered, and said so: whoever reads the archive need not wonder."""


class LeakError(Exception):
    """A known secret was still in a piece after redaction: nothing is written."""


def packed(pieces: Iterable[Piece], left_out: Sequence[LeftOut], facts: dict[str, Any], redactor: Redactor) -> bytes:
    """The archive's bytes. Raises LeakError."""
    kept, gone, total = list[tuple[str, bytes, int]](), [*NEVER, *left_out], 0
    for piece in pieces:
        before = redactor.taken
        text = redactor.text(piece.text)
        if redactor.holds_secret(text):
            raise LeakError(piece.name)
        content = text.encode("utf-8", "replace")
        if total + len(content) > MOST_BYTES:
            gone.append(LeftOut(piece.name, "too_large"))
            continue
        total += len(content)
        kept.append((piece.name, content, redactor.taken - before))
    manifest = {
        **facts,
        "files": [
            {"name": name, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest(), "redacted": count}
            for name, content, count in kept
        ],
        "left_out": [
            {"what": redactor.text(each.what), "why": each.why, "detail": redactor.text(each.detail)} for each in gone
        ],
    }
    told = json.dumps(manifest, indent=1, ensure_ascii=False).encode()
    return _tar([("manifest.json", told), *((name, content) for name, content, _ in kept)])


def write(path: Path, content: bytes) -> None:
    """A new file only this user may read. OSError, FileExistsError among them."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        path.unlink(missing_ok=True)
        raise


def _tar(files: Sequence[tuple[str, bytes]]) -> bytes:
    """No owner, no times of this box's files."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, content in files:
            entry = tarfile.TarInfo(f"sandi-bundle/{name}")
            entry.size, entry.mode = len(content), 0o600
            archive.addfile(entry, io.BytesIO(content))
    return out.getvalue()
