"""What a box and the enrolment listener of the centre say to each other: HTTPS, one request per connection, JSON.

The box pins the city's authority, which lies on its card. Nothing here needs a clock, and everything is idempotent per
public key: a box that lost the answer asks again with the same request and gets the same certificate.

    POST /v1/enrol   Enrol            first certificate, for the one-time token on the card
    POST /v1/renew   Renew            another certificate for a node the centre knows, signed with the key it has
    GET  /v1/trust                    200 Trust: the authorities to trust, newest first; their public halves only

Answers: 200 `Issued`, 202 `Waiting` (ask again after `wait_s`), else `Refused` under its `status`. What a box does
about a refusal is decided by `code` alone; `detail` is for people and logs.
"""

from typing import Annotated, Final, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

from wire import strictjson
from wire.errors import WireError
from wire.keys import MAX_FILE_BYTES
from wire.topics import NODE_ID_PATTERN

VERSION: Final = 1
PORT_AFTER_BROKER: Final = 2
"""The listener's port is this many behind the broker's (8885) unless both sides say otherwise."""
ENROL_PATH: Final = "/v1/enrol"
RENEW_PATH: Final = "/v1/renew"
TRUST_PATH: Final = "/v1/trust"
MAX_REQUEST_BYTES: Final = 16 * 1024
"""Body of a request; head and body of a request together stay below twice this."""
MAX_ANSWER_BYTES: Final = 64 * 1024
MAX_WAIT_S: Final = 3600
RENEW_CONTEXT: Final = b"sandi-renew-v1\0"
"""What is signed with the old TLS key (ECDSA, SHA-256): this, then the new request in PEM as sent, in ASCII."""
ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
TOKEN_LENGTH: Final = 32
"""160 bits in Crockford's base 32. The centre keeps its SHA-256 alone."""

RefusalCode = Literal[
    "request",  # cannot be read, too large, or not this API
    "token_unknown",  # no such token, or it is another node's: one answer for both
    "token_expired",
    "token_revoked",
    "token_used",  # by another key: a copied card, or a stolen one
    "csr",  # not a request for a P-256 key, not signed by it
    "name",  # the request asks for another name than the node's
    "declined",  # an operator looked at the fingerprint and said no
    "node_unknown",  # renewal of a node the centre does not know
    "key_unknown",  # renewal signed with a key that is not the node's
    "revoked",  # the node or its certificate was taken back
    "rate",  # too many from this address, or for this node; `wait_s` says when
    "unavailable",  # the signer or the database does not answer; `wait_s` says when
]
STATUS: Final[dict[str, int]] = {
    "request": 400, "token_unknown": 401, "token_expired": 410, "token_revoked": 410, "token_used": 409, "csr": 400,
    "name": 403, "declined": 403, "node_unknown": 404, "key_unknown": 403, "revoked": 403, "rate": 429,
    "unavailable": 503,
}  # fmt: skip
"""HTTP status of each refusal."""

Node = Annotated[str, Meta(pattern=f"^(?:{NODE_ID_PATTERN})$(?!\\n)", max_length=64)]
Pem = Annotated[str, Meta(min_length=1, max_length=8 * 1024)]
Token = Annotated[str, Meta(pattern=f"^[{ALPHABET}]{{{TOKEN_LENGTH}}}$(?!\\n)")]
Key = Annotated[str, Meta(pattern=r"^[A-Za-z0-9+/]{43}=$(?!\n)")]
"""32 bytes, base64."""
Fingerprint = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$(?!\n)")]
"""SHA-256 of a public key (SubjectPublicKeyInfo, DER). People compare its first 16 digits in groups of four."""


class Enrol(Struct, frozen=True):
    """The first request of a box. `csr`: PKCS#10 for a P-256 key, common name = node. `sign_key`: Ed25519."""

    node: Node
    token: Token
    csr: Pem
    sign_key: Key
    board: Annotated[str, Meta(max_length=64)] = ""
    agent: Annotated[str, Meta(max_length=32)] = ""
    sandi: Annotated[int, Meta(ge=1, le=VERSION)] = VERSION

    def __repr__(self) -> str:
        return f"Enrol({self.node})"


class Renew(Struct, frozen=True):
    """A request for a new key, vouched for by the key of `certificate`, which may have expired. `signature`: base64."""

    node: Node
    csr: Pem
    certificate: Pem
    signature: Annotated[str, Meta(min_length=1, max_length=200)]
    agent: Annotated[str, Meta(max_length=32)] = ""
    sandi: Annotated[int, Meta(ge=1, le=VERSION)] = VERSION


class Issued(Struct, frozen=True):
    """The certificate, and what else a box needs. `ca`: PEM of all authorities to trust, newest first.

    `command_keys`: the lines of `wire.keys` to pin, "" where the centre commands nobody. `command_keys_proof`: the
    signature (ECDSA, SHA-256, base64) of an authority over `vouched_keys`: the listener that hands this on, and whoever
    took it over, can put in neither a key of its own nor a list of an earlier day.
    """

    certificate: Pem
    ca: Annotated[str, Meta(min_length=1, max_length=32 * 1024)]
    seal_key: Key
    expires_at_ms: int
    state: Literal["issued"] = "issued"
    command_keys: Annotated[str, Meta(max_length=MAX_FILE_BYTES)] = ""
    command_keys_proof: Annotated[str, Meta(max_length=200)] = ""


class Waiting(Struct, frozen=True):
    """An operator has to compare the fingerprint; ask again after `wait_s`."""

    fingerprint: Fingerprint
    wait_s: Annotated[int, Meta(ge=1, le=MAX_WAIT_S)]
    state: Literal["waiting"] = "waiting"


class Refused(Struct, frozen=True):
    """No. An unknown code of a newer centre is kept as it is. `wait_s` 0: asking again will not help."""

    code: Annotated[str, Meta(pattern=r"^[a-z_]{1,32}$(?!\n)")]
    detail: Annotated[str, Meta(max_length=300)] = ""
    wait_s: Annotated[int, Meta(ge=0, le=MAX_WAIT_S)] = 0
    state: Literal["refused"] = "refused"


class Trust(Struct, frozen=True):
    """The authorities to trust, newest first, in PEM."""

    ca: Annotated[str, Meta(min_length=1, max_length=32 * 1024)]


Message = Enrol | Renew | Issued | Waiting | Refused | Trust
T = TypeVar("T", bound=Message)


def encode(message: Message) -> bytes:
    """The body."""
    return msgspec.json.encode(message)


def parse(payload: bytes, kind: type[T]) -> T:
    """A request or answer of this kind. Raises WireError with `too_large`, `depth`, `json` or `schema`."""
    limit = MAX_REQUEST_BYTES if kind.__name__ in {"Enrol", "Renew"} else MAX_ANSWER_BYTES
    if len(payload) > limit:
        raise WireError("too_large", f"{len(payload)} bytes; {limit} at most")
    return strictjson.decode(payload, msgspec.json.Decoder(kind))


def parse_answer(status: int, payload: bytes) -> Issued | Waiting | Refused:
    """What the centre answered to a request. Raises WireError."""
    if status == 200:
        return parse(payload, Issued)
    return parse(payload, Waiting) if status == 202 else parse(payload, Refused)


def token_text(random_bytes: bytes) -> str:
    """A token from 20 random bytes."""
    if len(random_bytes) != 20:
        raise ValueError("a token needs 20 random bytes")
    value = int.from_bytes(random_bytes, "big")
    return "".join(ALPHABET[value >> shift & 31] for shift in range(155, -1, -5))


def vouched_keys(certificate: str, command_keys: str) -> bytes:
    """What an authority signs to vouch for command keys: they are those of the day this certificate is handed out."""
    return b"\0".join((b"sandi-command-keys-v1", certificate.encode(), command_keys.encode()))


def fingerprint_text(fingerprint: str) -> str:
    """What people compare on the box and at the centre: the first 64 bits, `a1b2 c3d4 e5f6 0718`."""
    return " ".join(fingerprint[start : start + 4] for start in range(0, 16, 4))
