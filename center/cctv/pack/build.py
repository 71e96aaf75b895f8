"""The evidence pack of one camera and span: its pictures byte for byte, a signed manifest, the script that checks both.

The pack is complete in itself: the keys its box has had, the links of pictures deleted since, and the moments the
centre derived, all under the centre's signature. What its files do not prove, the script says.
"""

import hashlib
import json
import shutil
import zipfile
from dataclasses import dataclass
from io import BufferedRandom
from pathlib import Path
from typing import Any, Final

from django.db.models import QuerySet, Sum

from center.cctv.chain import tellers
from center.cctv.models import Deletion, NodeKey, Snapshot
from center.cctv.pack import check
from center.cctv.pack.words import README
from center.cctv.serving import read_file
from center.core import picture_chain
from center.errors import CenterError
from center.reports.keys import ReportKey
from center.reports.pack import verify as signatures
from center.sites.models import Node

MOST_PICTURES: Final = 5000
BESIDE_BYTES: Final = 1_000_000
"""The manifest, the script and the directory of the ZIP file, generously."""
STAMP: Final = (1980, 1, 1, 0, 0, 0)


class PackError(CenterError):
    """There is nothing to pack, or too much."""


@dataclass(frozen=True, slots=True)
class Span:
    """Whose pictures: one camera's, taken from `from_ms` up to before `to_ms`."""

    node: str
    camera: str
    from_ms: int
    to_ms: int


def check_room(target_dir: Path, span: Span, least_free_pct: int) -> None:
    """That a pack of the span may lie in that folder for a while: what must stay free on its disk stays free.

    Raises:
        PackError: it may not. Otherwise old pictures would have to go for a copy of others.
    """
    needed = (_taken(span)[:MOST_PICTURES].aggregate(size=Sum("size_bytes"))["size"] or 0) + BESIDE_BYTES
    usage = shutil.disk_usage(target_dir)
    if needed > usage.free - usage.total * least_free_pct // 100:
        raise no_room(needed)


def no_room(needed: int = 0) -> PackError:
    """What to say when the disk is too full for a pack, of `needed` bytes where that is known."""
    megabytes = f"{-(-needed // 1_000_000)} MB" if needed else ""
    return PackError(
        f"there is no room on the centre's disk for this file {megabytes}".rstrip() + ": choose a shorter span",
        f"di disk pusat tidak ada tempat untuk berkas ini {megabytes}".rstrip() + ": pilih rentang yang lebih pendek",
    )


@dataclass(frozen=True, slots=True)
class Packed:
    """What was written. `sha256`: of the whole file; `missing`: rows whose file has gone."""

    pictures: int
    missing: int
    sha256: str


def write_pack(target: BufferedRandom, data_dir: Path, span: Span, key: ReportKey, made_ms: int) -> Packed:
    """Write the pack of the span to an empty file opened "w+b".

    Raises:
        PackError: no picture of that camera then, or more than MOST_PICTURES.
    """
    node, camera = span.node, span.camera
    rows = _rows(span)
    files: dict[str, str] = {}
    listed: list[dict[str, Any]] = []
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        for row in rows:
            name = f"pictures/{row.epoch[:8]}-{row.seq:09}.jpg"
            try:
                content = read_file(data_dir, row)
            except OSError:
                continue
            files[name] = _add(archive, name, content)
            listed.append({"file": name, "seq": row.seq, "epoch": row.epoch, **_facts(row)})
        for name, content in _beside().items():
            files[name] = _add(archive, name, content)
        held = {(one["epoch"], one["seq"]) for one in listed}
        manifest = signatures.canonical(
            {
                "format": check.FORMAT,
                "node": node,
                "camera": camera,
                "from_ms": span.from_ms,
                "to_ms": span.to_ms,
                "made_ms": made_ms,
                "key": key.public,
                "keys": _keys(node),
                "links": _links(rows, held),
                "pictures": listed,
                "files": [{"name": name, "sha256": digest} for name, digest in sorted(files.items())],
            }
        )
        _add(archive, "manifest.json", manifest)
        _add(archive, "manifest.sig", key.sign(check.DOMAIN + manifest).encode() + b"\n")
    target.seek(0)
    digest = hashlib.file_digest(target, "sha256").hexdigest()
    return Packed(len(listed), len(rows) - len(listed), digest)


def _rows(span: Span) -> list[Snapshot]:
    """The pictures of the span in the order they were taken; PackError for none and for too many."""
    node, camera = span.node, span.camera
    if span.from_ms >= span.to_ms:
        raise PackError("the span ends before it begins", "akhir rentang itu tidak sesudah awalnya")
    rows = list(_taken(span)[: MOST_PICTURES + 1])
    if not rows:
        raise PackError(
            f"no picture of {node} {camera} in that span", f"tidak ada gambar {node} {camera} dalam rentang itu"
        )
    if len(rows) > MOST_PICTURES:
        raise PackError(
            f"more than {MOST_PICTURES} pictures: choose a shorter span",
            f"lebih dari {MOST_PICTURES} gambar: pilih rentang yang lebih pendek",
        )
    return rows


def _taken(span: Span) -> "QuerySet[Snapshot]":
    rows = Snapshot.objects.filter(node=span.node, camera=span.camera)
    return rows.filter(at_ms__gte=span.from_ms, at_ms__lt=span.to_ms).order_by("at_ms", "id")


def _facts(row: Snapshot) -> dict[str, Any]:
    return {
        "at_ms": row.at_ms,
        "at_quality": row.at_quality,
        "age_ms": row.age_ms,
        "received_ms": row.received_ms,
        "finding": row.finding or ("genuine" if row.signature_ok else ""),
    }


def _beside() -> dict[str, bytes]:
    """The script and what it needs, as the centre itself uses it."""
    sources = {"verify.py": check, "signatures.py": signatures, "chain.py": picture_chain}
    return {
        "README.txt": README.encode(),
        **{name: Path(str(module.__file__)).read_bytes() for name, module in sources.items()},
    }


def _keys(node: str) -> list[dict[str, Any]]:
    """Every key the box had, for whoever looks at what it signed with which."""
    keys: list[dict[str, Any]] = [
        {"public": row.public, "key_id": row.key_id, "since_ms": row.since_ms, "revoked_ms": row.revoked_ms}
        for row in NodeKey.objects.filter(node=node).order_by("since_ms", "id")
    ]
    present = Node.objects.filter(pk=node).values_list("sign_key", flat=True).first()
    if present and present not in {one["public"] for one in keys}:
        keys.append({"public": present, "key_id": "", "since_ms": None, "revoked_ms": None})
    return keys


def _links(rows: list[Snapshot], held: set[tuple[str, int]]) -> list[dict[str, Any]]:
    """Links of pictures that are not in the pack: deleted since, without their file, right before the span, or later
    ones that tell which pictures were given up."""
    node, camera = rows[0].node, rows[0].camera
    links: dict[tuple[str, int], dict[str, Any]] = {}
    for epoch in {row.epoch for row in rows}:
        first = min(row.seq for row in rows if row.epoch == epoch)
        last = max(row.seq for row in rows if row.epoch == epoch)
        lane = {"node": node, "camera": camera, "epoch": epoch}
        before: tuple[Any, ...] = (
            *Snapshot.objects.filter(**lane, seq__lt=first).order_by("-seq")[:1],
            *Deletion.objects.filter(**lane, seq__lt=first).order_by("-seq")[:1],
        )
        within: tuple[Any, ...] = (
            *Snapshot.objects.filter(**lane, seq__range=(first, last)),
            *Deletion.objects.filter(**lane, seq__range=(first, last)),
        )
        after = [one for table in (Snapshot, Deletion) for one in tellers(table.objects.filter(**lane, seq__gt=last))]
        for one in (*before, *within, *after):
            if (epoch, one.seq) not in held:
                links[epoch, one.seq] = {
                    "epoch": epoch,
                    "seq": one.seq,
                    "sha256": one.sha256,
                    "previous_sha256": one.previous_sha256,
                    "deleted_ms": getattr(one, "deleted_ms", None),
                    "why": getattr(one, "why", ""),
                    "evicted": json.loads(one.evicted),
                    "evicted_more": one.evicted_more,
                }
    return [links[place] for place in sorted(links)]


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> str:
    archive.writestr(zipfile.ZipInfo(name, STAMP), content)
    return hashlib.sha256(content).hexdigest()
