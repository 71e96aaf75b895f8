"""From an MQTT message to something storable: a lane's records (with a file, for pictures and blobs), or poison."""

from dataclasses import dataclass
from pathlib import PurePosixPath

from center.core import whole_jpeg
from center.core.days import day_of
from wire import codec, topics
from wire.attachment import Attachment
from wire.bodies import BODIES
from wire.errors import WireError
from wire.messages import State
from wire.snapshot import Snapshot

PICTURE_FILES = "pictures"
EARLIER_PICTURE_FILES = "snapshots"
"""Where pictures lay before they lay by date; their rows still name them there."""
FIRST_DATED_MS, LAST_DATED_MS = 1_577_836_800_000, 7_258_118_400_000
"""2020 to 2200: a box whose clock says anything else has no date worth a folder."""
ATTACHMENT_FILES = "attachments"


@dataclass(frozen=True, slots=True)
class Filed:
    """One record as it will stand in the raw table. `rejected` is a code when the body does not fit its kind."""

    seq: int
    hash: str
    boot: str
    run: str
    mono_ms: int
    wall_ms: int
    synced: bool
    kind: str
    body: str
    rejected: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class BlobFile:
    """Bytes that go to a file before the record is committed; `path` is relative to the data directory."""

    path: PurePosixPath
    content: bytes


@dataclass(frozen=True, slots=True)
class Parcel:
    """Records of one lane from one message. `head` is None where the message does not say what the node holds."""

    node: str
    epoch: str
    stream: str
    topic: str
    records: tuple[Filed, ...]
    received_ms: int
    oldest_held: int = 0
    head: int | None = None
    file: BlobFile | None = None


@dataclass(frozen=True, slots=True)
class Poison:
    """A payload nobody can use. `node` and `stream` come from the topic and are empty when that is wrong too."""

    topic: str
    node: str
    stream: str
    code: str
    detail: str
    payload: bytes
    received_ms: int

    @property
    def digest(self) -> str:
        """The payload's name in a refusal."""
        return codec.payload_digest(self.payload)


@dataclass(frozen=True, slots=True)
class StateNews:
    """A birth, stop or will of a node."""

    state: State
    retained: bool
    received_ms: int


@dataclass(frozen=True, slots=True)
class CenterNews:
    """What the centre's own presence topic says, for example after another worker's will."""

    status: str
    generation: str


News = Parcel | Poison | StateNews | CenterNews


def decode(topic: str, payload: bytes, *, retained: bool, received_ms: int) -> News | None:
    """Any message of our subscriptions; None = to be ignored (a retained message on up/: not a delivery)."""
    try:
        parsed = topics.parse(topic)
    except WireError as error:
        return Poison(topic, "", "", error.code, error.detail, payload, received_ms)
    if not payload and parsed.kind in {"center", "state"}:
        return None  # somebody cleared the retained message
    try:
        if parsed.kind == "center":
            center = codec.decode_center_state(payload)
            return CenterNews(center.status, center.generation)
        if parsed.kind == "state":
            state = codec.decode_state(payload)
            if state.node != parsed.node:
                raise WireError("node_mismatch", f"the payload names {state.node}, the topic {parsed.node}")
            return StateNews(state, retained, received_ms)
        return None if retained else _parcel(topic, payload, received_ms)
    except WireError as error:
        stream = parsed.leaf if parsed.kind == "up" else ""
        return Poison(topic, parsed.node, stream, error.code, error.detail, payload, received_ms)
    except Exception as error:  # noqa: BLE001 - a fault of our own reader: filed, and nobody is told to give it up
        return Poison(topic, parsed.node, "", "internal", repr(error), payload, received_ms)


def _parcel(topic: str, payload: bytes, received_ms: int) -> Parcel:
    message = codec.decode_up(topic, payload)
    if isinstance(message, Snapshot):
        whole_jpeg.check(message.image, message.record.width, message.record.height)
        return _blob(message, "snapshot", topic, payload, received_ms)
    if isinstance(message, Attachment):
        return _blob(message, "attachment", topic, payload, received_ms)
    known = BODIES.get(message.stream, {})
    records = []
    for record in message.records:
        body = bytes(record.body)
        rejected, detail = _misfit(message.stream, record.kind, body) if record.kind in known else ("", "")
        records.append(
            Filed(
                record.seq,
                record.hash,
                record.boot,
                record.run,
                record.mono_ms,
                record.wall_ms,
                record.synced,
                record.kind,
                body.decode(),
                rejected,
                detail,
            )
        )
    return Parcel(
        message.node,
        message.epoch,
        message.stream,
        topic,
        tuple(records),
        received_ms,
        message.oldest_held,
        message.head,
    )


def _misfit(stream: str, kind: str, body: bytes) -> tuple[str, str]:
    try:
        codec.decode_body(stream, kind, body)
    except WireError as error:
        return "schema", error.detail
    return "", ""


def _blob(message: Snapshot | Attachment, stream: str, topic: str, payload: bytes, received_ms: int) -> Parcel:
    record = message.record
    filed = Filed(
        record.seq,
        message.hash,
        record.boot,
        record.run,
        record.mono_ms,
        record.wall_ms,
        record.synced,
        stream,
        message.record_json.decode(),
    )
    file = BlobFile(blob_path(stream, record.node, message.hash, record.wall_ms), payload)
    return Parcel(record.node, record.epoch, stream, topic, (filed,), received_ms, file=file)


def blob_path(stream: str, node: str, content_hash: str, wall_ms: int | None = None) -> PurePosixPath:
    """Where the file of a picture or blob is, relative to the data directory: named by its record's content hash.

    The same delivery again lands on the same file, another content never does, and the row alone leads to it. Pictures
    lie by the day (in the city) their node's clock said; without `wall_ms`, where they lay before there were days.
    """
    if stream != "snapshot":
        return PurePosixPath(ATTACHMENT_FILES, node, content_hash[:2], f"{content_hash}.sealed")
    if wall_ms is None:
        return PurePosixPath(EARLIER_PICTURE_FILES, node, content_hash[:2], f"{content_hash}.jpg")
    return PurePosixPath(PICTURE_FILES, day_folder(wall_ms), node, f"{content_hash}.jpg")


def day_folder(wall_ms: int) -> str:
    """2026/11/27; "undated" for a clock that cannot be right."""
    if not FIRST_DATED_MS <= wall_ms < LAST_DATED_MS:
        return "undated"
    day = day_of(wall_ms)
    return f"{day // 10_000}/{day // 100 % 100:02}/{day % 100:02}"
