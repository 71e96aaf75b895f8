"""The one place that builds and parses topics and node ids.

sandi/v1/{node}/state            node, retained, also its will
sandi/v1/{node}/up/{stream}      node: batches, pictures, sealed blobs
sandi/v1/{node}/down/{leaf}      centre: ack, command, reply, notice, config
sandi/v1/center/state            centre, retained, also its will
"""

import re
from typing import Literal

from wire.errors import WireError
from wire.shape import Struct

PREFIX = "sandi/v1"
STREAMS = ("complaint", "attachment", "event", "health", "snapshot")
"""In order of precedence: what is sent first, and given up last."""
DOWN_LEAVES = ("ack", "command", "reply", "notice", "config")
CENTER_STATE = f"{PREFIX}/center/state"
UP_FILTER = f"{PREFIX}/+/up/#"
STATE_FILTER = f"{PREFIX}/+/state"

NODE_ID_MAX_LENGTH = 64
NODE_ID_PATTERN = (
    r"(?:kel-[0-9]{10}|kec-[0-9]{6}|opd-[a-z][a-z0-9]*(?:-[a-z0-9]+)*|cctv-[a-z][a-z0-9]*(?:-[a-z0-9]+)*)"
    r"(?:-[1-9][0-9]?)?"
)
"""`{kind}-{code}[-{n}]`. Identity is the official code, never the name: two kelurahan are both called Sukawana."""
_NODE_ID = re.compile(NODE_ID_PATTERN, re.ASCII)


class Topic(Struct, frozen=True):
    """A parsed topic. `node` is empty for the centre's own; `leaf` is the stream or the kind of downlink."""

    node: str
    kind: Literal["state", "up", "down", "center"]
    leaf: str


def is_node_id(text: str) -> bool:
    """Whether the text is an identity the authority may sign and the broker may see."""
    return len(text) <= NODE_ID_MAX_LENGTH and _NODE_ID.fullmatch(text) is not None


def state(node: str) -> str:
    """Where a node's birth and death stand, retained."""
    return f"{PREFIX}/{_checked(node)}/state"


def up(node: str, stream: str) -> str:
    """Where a node publishes one stream."""
    if stream not in STREAMS:
        raise WireError("topic", f"{stream!r} is not a stream; streams are {', '.join(STREAMS)}")
    return f"{PREFIX}/{_checked(node)}/up/{stream}"


def down(node: str, leaf: str) -> str:
    """Where the centre speaks to one node."""
    if leaf not in DOWN_LEAVES:
        raise WireError("topic", f"{leaf!r} is not a downlink; downlinks are {', '.join(DOWN_LEAVES)}")
    return f"{PREFIX}/{_checked(node)}/down/{leaf}"


def down_filter(node: str) -> str:
    """What a node subscribes to."""
    return f"{PREFIX}/{_checked(node)}/down/#"


def parse(topic: str) -> Topic:
    """Read a topic back into its parts; WireError("topic") for anything this module would not have built."""
    if topic == CENTER_STATE:
        return Topic("", "center", "state")
    if len(topic) > 128:
        raise WireError("topic", f"topic of {len(topic)} characters")
    parts = topic.split("/")
    if parts[:2] != ["sandi", "v1"] or len(parts) not in (4, 5):
        raise WireError("topic", f"{topic!r} is not under {PREFIX}/{{node}}/")
    node, rest = _checked(parts[2]), parts[3:]
    if rest == ["state"]:
        return Topic(node, "state", "state")
    if len(rest) == 2 and rest[0] == "up" and rest[1] in STREAMS:
        return Topic(node, "up", rest[1])
    if len(rest) == 2 and rest[0] == "down" and rest[1] in DOWN_LEAVES:
        return Topic(node, "down", rest[1])
    raise WireError("topic", f"{topic!r} names no stream, downlink or state")


def _checked(node: str) -> str:
    if not is_node_id(node):
        raise WireError("topic", f"{node!r} is not a node id such as kel-3673011001, kec-367301 or opd-diskominfo")
    return node
