"""Commands about pictures as evidence: take them along with their proofs, and check what somebody hands in."""

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from io import BufferedRandom
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from center.commands.common import acted, data_option, say
from center.errors import CenterError
from center.files import PRIVATE

CITY = ZoneInfo("Asia/Jakarta")


class EvidenceError(CenterError):
    """What was asked for cannot be: a moment nobody can read, or no key to hold a picture against."""


@click.group()
def evidence() -> None:
    """Pictures as evidence: export a span with its proofs, verify files."""


@evidence.command()
@click.option("--node", required=True, metavar="NODE")
@click.option("--camera", required=True, metavar="CAMERA")
@click.option("--from", "first", required=True, metavar="WHEN", help="2026-11-27 or 2026-11-27T08:00, in WIB.")
@click.option("--to", "last", required=True, metavar="WHEN", help="The same; a day counts to its end.")
@click.option("-o", "--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="The ZIP file.")
@data_option
def export(*, node: str, camera: str, first: str, last: str, out: Path, data: Path) -> None:
    """Write the pictures of a camera over a span, with records, keys and a script that checks them, to one file.

    It is noted in the audit log, with the SHA-256 of the file.
    """
    from center.database import open_database

    from_ms, to_ms = moment(first), moment(last, is_end=True)
    open_database()
    from center.cctv.pack.build import Span, write_pack
    from center.reports.keys import load_key

    with _beside(out) as file:
        span = Span(node, camera, from_ms, to_ms)
        packed = write_pack(file, data, span, load_key(data), time.time_ns() // 1_000_000)
        acted("picture-export", f"{node}/{camera} {first} {last}", f"{packed.pictures} {packed.sha256}")
        file.flush()
        Path(file.name).replace(out)
    say("evidence-written", file=out, count=packed.pictures, missing=packed.missing, digest=packed.sha256)


@evidence.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--key", "keys", multiple=True, metavar="BASE64", help="Of a pack the centre's, of a picture its box's.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object; times in UTC milliseconds.")
@data_option
def verify(files: tuple[Path, ...], keys: tuple[str, ...], as_json: bool, data: Path) -> int:
    """Check pictures (JPEG) and packs (ZIP): signature, chain, how certain their times are.

    Exit code 0: all of them are genuine. 1: something is not, and it is named. 2: wrong use. Without --key the keys of
    this centre are taken; where there is no centre, a pack is only proven to be whole, and its key is named.
    """
    from zipfile import is_zipfile

    from center.cctv.pack import check
    from center.reports.pack.verify import Fault

    given = [_key(one) for one in keys]
    pictures: list[dict[str, Any]] = []
    singles: list[dict[str, Any]] = []
    faults: list[str] = []
    unknown: list[str] = []
    centers = given or _centers_keys(data)
    for path in files:
        try:
            if is_zipfile(path):
                pack = check.check_pack(str(path), centers, signed)
                pictures += pack["pictures"]
                unknown += [] if centers else [pack["manifest"]["key"]]
            else:
                content = path.read_bytes()[: check.MOST_FILE_BYTES + 1]
                singles.append(check.judge(content, path.name, given or _nodes_keys(content, path, data), signed))
        except Fault as fault:
            faults.append(f"{path.name}: {fault}")
        except OSError as error:
            raise EvidenceError(f"cannot read {path}: {error}", f"tidak dapat membaca {path}: {error}") from error
    check.chain_of(singles)
    found = [*pictures, *singles]
    good = not faults and check.is_good(found)
    if as_json:
        told = {"good": good, "faults": faults, "unknown_keys": unknown, "pictures": found}
        click.echo(json.dumps(told, indent=2))
    else:
        for text in faults:
            click.echo(f"TIDAK SAH / NOT GENUINE  {text}")
        click.echo(check.said(found), nl=False)
        for key in unknown:
            say("evidence-key", public=key)
    return 0 if good else 1


@evidence.command()
@click.option("--node", default="", metavar="NODE", help="Only of this node.")
@click.option("--camera", default="", metavar="CAMERA", help="Only of this camera.")
@click.option("--since", default="", metavar="WHEN", help="Deleted from then on, in WIB.")
@data_option
def deleted(node: str, camera: str, since: str, data: object) -> None:
    """The log of deleted pictures as CSV: which, taken when, deleted when and why, their SHA-256. Times in WIB."""
    import csv
    import sys

    from center.database import open_database

    since_ms = moment(since) if since else 0
    open_database()
    from center.cctv.models import Deletion

    rows = Deletion.objects.filter(deleted_ms__gte=since_ms).order_by("id")
    rows = rows.filter(node=node) if node else rows
    rows = rows.filter(camera=camera) if camera else rows
    writer = csv.writer(sys.stdout)
    writer.writerow(("node", "camera", "epoch", "seq", "taken", "deleted", "why", "size_bytes", "sha256"))
    for row in rows.iterator():
        times = (_written(row.at_ms), _written(row.deleted_ms))
        writer.writerow((row.node, row.camera, row.epoch, row.seq, *times, row.why, row.size_bytes, row.sha256))


def _written(at_ms: int) -> str:
    """ISO 8601 in the city's time; "" for what no calendar holds."""
    try:
        return datetime.fromtimestamp(at_ms / 1000, CITY).isoformat(timespec="seconds")
    except (ValueError, OverflowError, OSError):
        return ""


def moment(text: str, *, is_end: bool = False) -> int:
    """Unix ms of a day or a moment of the city; a day that ends a span counts to its end.

    Raises:
        EvidenceError: it is neither.
    """
    try:
        parsed = datetime.fromisoformat(text)
        local = parsed if parsed.tzinfo else parsed.replace(tzinfo=CITY)
        if is_end and len(text) == len("2026-11-27"):
            local += timedelta(days=1)
        return int(local.timestamp() * 1000)
    except (ValueError, OverflowError) as error:
        raise EvidenceError(
            f"{text!r} is no day and no moment; write 2026-11-27 or 2026-11-27T08:00",
            f"{text!r} bukan hari dan bukan waktu; tulis 2026-11-27 atau 2026-11-27T08:00",
        ) from error


def signed(key: bytes, message: bytes, signature: bytes) -> bool:
    """As the script in the pack judges, with the library the centre has: a hundred times faster."""
    from nacl.exceptions import CryptoError
    from nacl.signing import VerifyKey

    try:
        VerifyKey(key).verify(message, signature)
    except (CryptoError, ValueError, TypeError):
        return False
    return True


@contextmanager
def _beside(out: Path) -> Iterator[BufferedRandom]:
    """A private file in the folder of `out`, gone at the end unless it was renamed."""
    path = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        path.unlink(missing_ok=True)
        with open(path, "x+b", opener=lambda name, flags: os.open(name, flags, PRIVATE)) as file:
            yield file
    except OSError as error:
        why = error.strerror or error
        raise EvidenceError(f"cannot write {out}: {why}", f"tidak dapat menulis {out}: {why}") from error
    finally:
        path.unlink(missing_ok=True)


def _key(text: str) -> bytes:
    import base64
    import binascii

    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != 32:
        raise EvidenceError(f"--key {text!r} is not 32 bytes in base64", f"--key {text!r} bukan 32 byte dalam base64")
    return raw


def _centers_keys(data: Path) -> list[bytes]:
    """What this centre has signed packs with; nothing where there is no centre."""
    from center.reports.keys import public_keys

    return [_key(one) for one in public_keys(data)]


def _nodes_keys(content: bytes, path: Path, data: Path) -> list[bytes]:
    """The keys of the box the picture says it is of; none for what is no picture, whoever may have signed it."""
    from center.cctv.pack import check
    from center.reports.pack.verify import Fault

    try:
        record, _raw, _signature = check.read_picture(content, path.name)
    except Fault:
        return []
    if not (data / "secret_key").exists():
        raise EvidenceError(
            f"{path.name}: no key to hold it against; give the box's with --key, or the centre's folder with --data",
            f"{path.name}: tidak ada kunci pembanding; beri kunci kotak dengan --key, atau folder pusat dengan --data",
        )
    if "\x00" in f"{record['node']}{record['epoch']}{record['sha256']}":
        return []
    from center.database import open_database

    open_database()
    from center.cctv.keys import keys_of
    from center.cctv.models import Snapshot

    identity = {name: record[name] for name in ("node", "epoch", "seq", "sha256")}
    arrived_ms = Snapshot.objects.filter(**identity).values_list("received_ms", flat=True).first()
    return [_key(one) for one in keys_of(record["node"], arrived_ms or time.time_ns() // 1_000_000)]
