"""Storing and projecting without a broker: the same functions the processes call, in this process."""

import base64
import hashlib
import io
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
from nacl.signing import SigningKey

from tests.support.fleet import BOOT, EPOCH, NODE, batch, state
from wire import snapshot, topics
from wire.messages import Record
from wire.seal import key_id

RECEIVED = 1_760_000_100_000


def store_records(
    data: Path, records: Sequence[Record], stream: str = "event", received_ms: int = RECEIVED, **named: Any
) -> list[Any]:
    """Store one batch; the outcomes."""
    node = named.get("node", NODE)
    return store_payload(data, topics.up(node, stream), batch(records, stream, **named), received_ms)


def store_state(data: Path, received_ms: int = RECEIVED, retained: bool = False, **fields: Any) -> None:
    """Store a birth, stop or will."""
    store_payload(data, topics.state(fields.get("node", NODE)), state(**fields), received_ms, retained)


def store_payload(
    data: Path, topic: str, payload: bytes, received_ms: int = RECEIVED, retained: bool = False
) -> list[Any]:
    """Decode and commit one message as ingest does."""
    from center.ingest.commit import commit
    from center.ingest.decode import CenterNews, decode

    news = decode(topic, payload, retained=retained, received_ms=received_ms)
    assert news is not None and not isinstance(news, CenterNews)
    return list(commit([news], data))


def project_all(data: Path) -> int:
    """Project everything stored, dates included, as the worker does; how many records that were."""
    from center.worker.projection import project_page
    from center.worker.redating import redate

    total = 0
    while count := project_page(data):
        total += count
    while redate():
        pass
    return total


def picture_bytes(colour: tuple[int, int, int] = (90, 120, 60), size: tuple[int, int] = (64, 48)) -> bytes:
    """A real JPEG."""
    from PIL import Image

    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "JPEG")
    return out.getvalue()


def signed_picture(key: SigningKey, seq: int = 1, node: str = NODE, signed_by: SigningKey | None = None) -> bytes:
    """A picture's file as a node makes it; `signed_by` another key forges it."""
    image = picture_bytes()
    public = bytes(key.verify_key)
    described = snapshot.SnapshotRecord(
        1, node, EPOCH, seq, BOOT, "run-1", 1000 * seq, 1_760_000_000_000, True, "depan", "traffic", 1500, 64, 48,
        len(image), hashlib.sha256(image).hexdigest(), "", key_id(public),
    )  # fmt: skip
    record_json = msgspec.json.encode(described)
    return snapshot.embed(image, record_json, (signed_by or key).sign(record_json).signature)


def register_node(key: SigningKey | None = None, node: str = NODE) -> None:
    """An enrolled node, with its signing key."""
    from django.utils import timezone

    from center.sites.models import Node, Site

    site, _ = Site.objects.get_or_create(code=node, defaults={"name": "Serang", "kind": node.partition("-")[0]})
    Node.objects.create(
        id=node,
        site=site,
        enrolled_at=timezone.now(),
        certificate_serial="01",
        certificate_expires_at=timezone.now() + timedelta(days=365),
        sign_key=base64.b64encode(bytes(key.verify_key)).decode() if key else "",
    )
