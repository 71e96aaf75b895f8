"""A record of which the quarantine holds the only copy, whole: everything the raw table would have said of it.

Written as JSON, so that a person can read it as well. The body stands in it as a text: it may be the very thing that is
wrong. A picture's or blob's own bytes are in their file, which `decode.blob_path` finds by stream, node,
hash and the clock of its node.
"""

import msgspec

from center.ingest.decode import Filed, Parcel


class OnlyCopy(msgspec.Struct, frozen=True):
    """One record with the lane it belongs to and when it came."""

    topic: str
    node: str
    epoch: str
    stream: str
    received_ms: int
    record: Filed


_DECODER = msgspec.json.Decoder(OnlyCopy)


def pack(parcel: Parcel, record: Filed) -> bytes:
    """What to keep of one record of a parcel."""
    return msgspec.json.encode(
        OnlyCopy(parcel.topic, parcel.node, parcel.epoch, parcel.stream, parcel.received_ms, record)
    )


def unpack(kept: bytes) -> OnlyCopy:
    """Read back what `pack` made; msgspec.DecodeError when it is something else."""
    return _DECODER.decode(kept)
