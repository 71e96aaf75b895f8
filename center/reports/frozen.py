"""Months as published: frozen once, changed only by a signed amendment with its reason.

A month can be frozen three days after it ended, when backlog of up to 72 h has arrived. What arrives later never
changes what was published; it shows as `pending` until somebody with the right amends the month.
"""

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction

from center.availability.models import Due
from center.core import days as calendar
from center.core.amendments import Change, changes
from center.errors import CenterError
from center.reports.build import month_document
from center.reports.keys import is_good, load_key, public_keys
from center.reports.models import FrozenMonth
from center.reports.pack.verify import canonical
from center.sites.models import Node, RegistryChange
from center.sites.terms import HISTORY

GRACE_MS = 72 * 3_600_000
"""As long as a node may hold its backlog (DESIGN: arrival up to 72 h late)."""
DOMAIN = b"sandi-report-1\n"
MOST_REASON_CHARS = 500


class FrozenError(CenterError):
    """A month cannot be frozen or amended now; the message says why, and what can be done."""


@dataclass(frozen=True, slots=True)
class Version:
    """One published version of a month. `good`: its signature holds under one of the city's keys."""

    month: int
    version: int
    frozen_ms: int
    by: str
    reason: str
    digest: str
    signature: str
    document: dict[str, Any]
    good: bool


def published(month: int) -> list[Version]:
    """Every version of a month, the newest last; empty while it is not frozen."""
    return [_version(row) for row in FrozenMonth.objects.filter(month=month).order_by("version")]


def newest_versions() -> dict[int, Mapping[str, int]]:
    """Of every published month the newest version and when it was published; no document is read for that."""
    rows = FrozenMonth.objects.order_by("month", "version").values_list("month", "version", "frozen_ms")
    return {month: {"version": version, "frozen_ms": frozen_ms} for month, version, frozen_ms in rows}


def freeze(month: int, by: str, now_ms: int | None = None) -> Version:
    """Publish a month. FrozenError before its time, or when it is already."""
    now_ms = time.time_ns() // 1_000_000 if now_ms is None else now_ms
    _, last = calendar.month(month)
    ripe_ms = calendar.bounds(last).end_ms + GRACE_MS
    if now_ms < ripe_ms:
        hours = -(-(ripe_ms - now_ms) // 3_600_000)
        raise FrozenError(
            f"{month} is not over for long enough; backlog may still arrive for {hours} h",
            f"{month} belum cukup lama berakhir; data tertinggal masih dapat masuk selama {hours} jam",
        )
    if FrozenMonth.objects.filter(month=month).exists():
        raise FrozenError(f"{month} is frozen already; amend it instead", f"{month} sudah dibekukan; buat amandemen")
    return _publish(month, 1, by, "", document=month_document(month, now_ms), now_ms=now_ms)


def pending(month: int, now_ms: int | None = None) -> tuple[Change, ...]:
    """What an amendment would change now; empty when nothing would, or while the month is not frozen."""
    versions = published(month)
    now_ms = time.time_ns() // 1_000_000 if now_ms is None else now_ms
    return changes(versions[-1].document, month_document(month, now_ms)) if versions else ()


def amend(month: int, by: str, reason: str, now_ms: int | None = None) -> Version:
    """Publish a further version. FrozenError without a reason, or when nothing changed."""
    now_ms = time.time_ns() // 1_000_000 if now_ms is None else now_ms
    reason = " ".join(reason.split())
    if not reason or len(reason) > MOST_REASON_CHARS:
        raise FrozenError(
            f"an amendment needs a reason of at most {MOST_REASON_CHARS} characters",
            f"amandemen perlu alasan, paling panjang {MOST_REASON_CHARS} huruf",
        )
    versions = published(month)
    if not versions:
        raise FrozenError(f"{month} is not frozen; freeze it first", f"{month} belum dibekukan; bekukan dahulu")
    document = month_document(month, now_ms)
    if not changes(versions[-1].document, document):
        raise FrozenError(f"nothing of {month} has changed", f"tidak ada yang berubah pada {month}")
    return _publish(month, versions[-1].version + 1, by, reason, document=document, now_ms=now_ms)


def _publish(month: int, version: int, by: str, reason: str, *, document: dict[str, Any], now_ms: int) -> Version:
    _refuse_unsettled(month, document)
    content = canonical(document)
    digest = hashlib.sha256(content).hexdigest()
    signature = load_key(Path(settings.DATA_DIR)).sign(_statement(month, version, reason, digest))
    try:
        with transaction.atomic():
            row = FrozenMonth.objects.create(
                month=month, version=version, frozen_ms=now_ms, by=by[:150], reason=reason, document=content.decode(),
                digest=digest, signature=signature,
            )  # fmt: skip
    except IntegrityError:
        raise FrozenError(
            f"somebody else has just published {month}; look at it first",
            f"{month} baru saja diterbitkan orang lain; lihat dahulu",
        ) from None
    return _version(row)


def _refuse_unsettled(month: int, document: Mapping[str, Any]) -> None:
    """What is published must not wait for anything: neither for days to be divided among providers, nor for the
    contract hours of another provider."""
    _first, last = calendar.month(month)
    until_ms = calendar.bounds(last).end_ms
    retold = RegistryChange.objects.filter(table=HISTORY).values_list("key", flat=True)
    nodes = set(Node.objects.filter(site_id__in=retold).values_list("id", flat=True))
    waiting = set(Due.objects.filter(node__in=nodes, from_ms__lt=until_ms).values_list("node", flat=True))
    waiting |= {node for node, _day in document["unsettled"]}
    if waiting:
        shown = ", ".join(sorted(waiting)[:5])
        raise FrozenError(
            f"a line changed, and its days are still being worked out ({shown}); try again in a minute",
            f"ada saluran yang berganti dan harinya masih dihitung ({shown}); coba lagi sebentar",
        )


def _statement(month: int, version: int, reason: str, digest: str) -> bytes:
    said: Mapping[str, Any] = {"month": month, "version": version, "reason": reason, "digest": digest}
    return DOMAIN + bytes(canonical(said))


def _version(row: FrozenMonth) -> Version:
    statement = _statement(row.month, row.version, row.reason, row.digest)
    intact = hashlib.sha256(row.document.encode()).hexdigest() == row.digest
    signed = any(is_good(key, statement, row.signature) for key in public_keys(Path(settings.DATA_DIR)))
    return Version(
        row.month, row.version, row.frozen_ms, row.by, row.reason, row.digest, row.signature, json.loads(row.document),
        intact and signed,
    )  # fmt: skip
