"""One group of arrivals to the database: together when that works, apart when something in it cannot be stored.

A group is one transaction, because the commit is what costs. When the content of something is at fault, the group is
halved until it stands alone, so that the rest is stored and acknowledged as if it had not been there:

* a record the database refuses goes to quarantine whole and counts as stored;
* anything at which our own code fails is filed and *not* acknowledged: the node keeps it until that is repaired,
  and the other lanes go on meanwhile.

A database that is locked, full or gone is nobody's content: that passes up, and the caller tries the group again.
Parts committed by then are simply repeats the next time.
"""

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from django.db import Error as AnyDatabaseError

from center.ingest import incoming, quarantine
from center.ingest.database import write
from center.ingest.decode import Parcel, Poison
from center.ingest.errors import UNSTORABLE
from center.ingest.store import Item, Outcome, store, store_unstorable
from wire import codec, topics

_log = logging.getLogger("center.ingest")


def commit(items: Sequence[Item], data_dir: Path) -> list[Outcome]:
    """Store all items durably; what is returned may be acknowledged.

    Raises:
        django.db.Error, OSError: the database or the disk is in trouble; nothing new is lost, try again.
    """
    parcels = _with_files(items)
    if not parcels:
        return _commit(items, data_dir)
    note = incoming.announce(data_dir, parcels)
    outcomes = _commit(items, data_dir)
    incoming.settle(data_dir, note, parcels)
    return outcomes


def _with_files(items: Sequence[Item]) -> list[Parcel]:
    return [item for item in items if isinstance(item, Parcel) and item.file is not None]


def _commit(items: Sequence[Item], data_dir: Path) -> list[Outcome]:
    try:
        incoming.keep(data_dir, _with_files(items))
        return write(lambda: store(items, data_dir))
    except UNSTORABLE as error:
        fault: Exception = error
    except (AnyDatabaseError, OSError, MemoryError):
        raise
    except Exception as error:  # noqa: BLE001 - a fault of ours in one item must not stop the others
        fault = error
    if len(items) > 1:
        middle = len(items) // 2
        return _commit(items[:middle], data_dir) + _commit(items[middle:], data_dir)
    item = items[0]
    if isinstance(item, Parcel) and isinstance(fault, UNSTORABLE):
        return _split(item, data_dir, fault)
    _log.error("item-not-processed", extra={"what": type(item).__name__, "error": repr(fault)})
    _file_fault(item, fault)
    return []


def _split(parcel: Parcel, data_dir: Path, fault: Exception) -> list[Outcome]:
    if len(parcel.records) > 1:
        middle = len(parcel.records) // 2
        first = replace(parcel, records=parcel.records[:middle], head=None)
        second = replace(parcel, records=parcel.records[middle:])
        return _commit([first], data_dir) + _commit([second], data_dir)
    if not parcel.records:
        return []
    _log.error("record-unstorable", extra={"node": parcel.node, "stream": parcel.stream, "error": repr(fault)})
    return write(lambda: store_unstorable(parcel, data_dir, repr(fault)))


def _file_fault(item: Item, fault: Exception) -> None:
    if isinstance(item, Poison):
        node, topic, payload = item.node, item.topic, item.payload
    elif isinstance(item, Parcel):
        node, topic = item.node, item.topic
        payload = "\n".join(record.body for record in item.records).encode()
    else:
        node, topic, payload = item.state.node, topics.state(item.state.node), codec.encode(item.state)
    digest = codec.payload_digest(payload)

    def file() -> None:
        if quarantine.known(node, digest):
            return
        quarantine.note(
            node=node,
            topic=topic,
            code="internal",
            detail=repr(fault),
            payload=payload,
            received_ms=item.received_ms,
        )
        quarantine.prune()

    write(file)
