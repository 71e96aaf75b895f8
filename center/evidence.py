"""Is this picture the one that node took? The signature over its record and the record's hash of the picture say so."""

import base64
import binascii
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from nacl.exceptions import BadSignatureError, CryptoError
from nacl.signing import VerifyKey

from wire.errors import WireError
from wire.seal import key_id
from wire.snapshot import Snapshot, extract

Finding = Literal["genuine", "unreadable", "altered", "other_key", "bad_signature", "no_key"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was found. `snapshot` is there whenever the file could be read, also when its signature is bad.

    `altered`: the picture is not the one the record describes; `other_key`: signed, but not with the key registered for
    this node; `no_key`: nothing registered to hold it against.
    """

    finding: Finding
    detail: str
    snapshot: Snapshot | None = None

    @property
    def genuine(self) -> bool:
        return self.finding == "genuine"


def examine_any(file: bytes, public_keys: Iterable[str]) -> Evidence:
    """Hold a picture's file against every key its node had: genuine when one signed it, else the first's say."""
    found = [examine(file, key) for key in public_keys] or [examine(file, "")]
    return next((one for one in found if one.genuine), found[0])


def examine(file: bytes, public_key: str) -> Evidence:
    """Hold a picture's file against the node's registered public key (base64 of 32 bytes, "" = none)."""
    try:
        snapshot = extract(file)
    except WireError as error:
        finding: Finding = "altered" if error.code == "hash_mismatch" else "unreadable"
        return Evidence(finding, str(error))
    return examine_snapshot(snapshot, public_key)


def examine_snapshot(snapshot: Snapshot, public_key: str) -> Evidence:
    """The same for a picture that was already taken out of its file by `wire.snapshot.extract`."""
    if not public_key:
        return Evidence("no_key", "no signing key is registered for this node", snapshot)
    try:
        raw = base64.b64decode(public_key, validate=True)
        key = VerifyKey(raw)
    except (binascii.Error, ValueError, CryptoError, TypeError):
        return Evidence("no_key", "the registered signing key is not 32 bytes in base64", snapshot)
    if snapshot.record.key_id != key_id(raw):
        detail = f"signed with key {snapshot.record.key_id}, registered is {key_id(raw)}"
        return Evidence("other_key", detail, snapshot)
    try:
        key.verify(snapshot.record_json, snapshot.signature)
    except (BadSignatureError, ValueError):
        return Evidence("bad_signature", "the signature does not fit the record", snapshot)
    return Evidence("genuine", "", snapshot)
