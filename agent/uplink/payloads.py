"""From records in the outbox to one payload on the wire, within the limits of wire and broker."""

from collections.abc import Container

from agent.outbox import Held, Outbox
from agent.outbox.held import FILE_STREAMS
from agent.uplink.ending import Ending, SessionEndedError
from wire import PROTOCOL_VERSION
from wire.codec import encode_batch, payload_digest
from wire.errors import WireError
from wire.messages import Batch, StreamName
from wire.shape import Struct
from wire.topics import up

PACKET_OVERHEAD_BYTES = 16
"""Fixed header, topic length, packet id and empty properties of a PUBLISH (MQTT 5.0 section 3.3), rounded up."""
PICK_BYTES = 1024 * 1024


class Limits(Struct, frozen=True):
    """A batch's size before compression and in records, and the largest packet the broker takes."""

    batch_bytes: int
    batch_records: int = 200
    packet_bytes: int | None = None


class Request(Struct, frozen=True):
    """Records behind `after`, below `until`, or just the `first` of them; with `only`, these and no others."""

    after: int
    until: int | None = None
    only: tuple[int, ...] | None = None
    first: bool = False


class Made(Struct, frozen=True):
    """A payload with its records. Empty when the record at `last` cannot be sent (`too_large`, or damaged)."""

    stream: str
    topic: str
    payload: bytes
    digest: str
    seqs: tuple[int, ...]
    last: int
    too_large: bool = False


def make(
    outbox: Outbox, who: tuple[str, str, str], want: Request, limits: Limits, skipped: Container[int] = ()
) -> Made | None:
    """The next payload of a stream; None when it has nothing more. `who` is (node, epoch, stream).

    Runs in the outbox's thread. Ends the session when the outbox has meanwhile begun another epoch.
    """
    node, epoch, stream = who
    found = _records(outbox, stream, want, limits)
    if outbox.epoch != epoch:
        raise SessionEndedError(Ending("epoch", "a new epoch has begun", at_once=True))
    if not found:
        return None
    found, last = [held for held in found if held.record.seq not in skipped], found[-1].record.seq
    if not found:
        return Made(stream, "", b"", "", (), last)
    topic = up(node, stream)
    room = None if limits.packet_bytes is None else limits.packet_bytes - len(topic) - PACKET_OVERHEAD_BYTES
    if stream in FILE_STREAMS:
        return _file(outbox, stream, topic, found[0], room)
    return _batch(outbox, who, topic, found, room)


def _records(outbox: Outbox, stream: str, want: Request, limits: Limits) -> list[Held]:
    if want.only is not None:
        span = want.only[-1] - want.only[0] + 1
        found = outbox.page(stream, want.after, PICK_BYTES, min(span, 1000))
        return [held for held in found if held.record.seq in want.only]
    records = 1 if want.first or stream in FILE_STREAMS else limits.batch_records
    found = outbox.page(stream, want.after, limits.batch_bytes, records)
    return [held for held in found if want.until is None or held.record.seq < want.until]


def _file(outbox: Outbox, stream: str, topic: str, held: Held, room: int | None) -> Made:
    seq = held.record.seq
    if room is not None and held.size_bytes > room:
        return Made(stream, topic, b"", "", (seq,), seq, too_large=True)
    content = outbox.read_file(stream, held)
    if content is None:
        return Made(stream, topic, b"", "", (), seq)
    return Made(stream, topic, content, payload_digest(content), (seq,), seq)


def _batch(outbox: Outbox, who: tuple[str, str, str], topic: str, found: list[Held], room: int | None) -> Made:
    """As many of the records as fit: the number is halved until they do."""
    node, epoch, stream = who
    oldest, head, _ = outbox.heads()[stream]
    while True:
        records = tuple(held.record for held in found)
        seqs = tuple(record.seq for record in records)
        name: StreamName = stream  # type: ignore[assignment]
        try:
            payload = encode_batch(Batch(PROTOCOL_VERSION, node, epoch, name, oldest, head, records))
        except WireError as error:
            if error.code != "too_large":
                raise
            payload = b""
        if payload and (room is None or len(payload) <= room):
            return Made(stream, topic, payload, payload_digest(payload), seqs, seqs[-1])
        if len(found) == 1:
            return Made(stream, topic, b"", "", seqs, seqs[0], too_large=True)
        found = found[: len(found) // 2]
