"""The one error this package raises: bytes or names from outside that do not keep the contract."""

from typing import Literal

WireCode = Literal[
    "topic",  # a topic outside the scheme, or a node id that is none
    "too_large",  # over a size limit, before anything was decoded
    "bomb",  # inflates past the limit
    "zlib",  # truncated, corrupt or followed by rubbish
    "json",  # not JSON in UTF-8, or a key given twice
    "depth",  # nested deeper than any message of ours
    "schema",  # JSON, but not this message
    "version",  # a protocol version this side does not speak
    "node_mismatch",  # the payload names another node than its topic
    "stream_mismatch",  # the payload names another stream than its topic
    "hash_mismatch",  # a record whose content is not what its hash says
    "range",  # numbers that contradict each other
    "jpeg",  # not a JPEG, or one without our record
    "blob",  # not a sealed blob with our header
    "ticket",  # not a ticket code
    "kind",  # a command this version does not know
]


class WireError(Exception):
    """A payload, topic or code that breaks the contract. Always permanent: the same bytes will fail again.

    `code` is stable and travels in acknowledgements and quarantine rows; `detail` is for people.
    """

    permanent = True

    def __init__(self, code: WireCode, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code: WireCode = code
        self.detail = detail
