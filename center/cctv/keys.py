"""The signing keys a node has and had: what its pictures are held against.

A box that is enrolled anew gets a new key, and until the credentials reach it, it signs with its earlier one: both are
its own. A key of a node that was revoked counts for what had arrived by then.
"""

import base64
import binascii

from center.ingest.database import execute, select
from wire.seal import key_id

_NOTE = (
    "INSERT INTO cctv_nodekey (node, key_id, public, since_ms) VALUES (%s, %s, %s, %s) "
    "ON CONFLICT (node, public) DO UPDATE SET revoked_ms = NULL"
)


def note_key(node: str, public: str, now_ms: int) -> None:
    """A node was given this key (base64 of 32 bytes); something that is no key is not noted."""
    try:
        raw = base64.b64decode(public, validate=True)
    except (binascii.Error, ValueError):
        return
    if len(raw) == 32:
        execute(_NOTE, (node, key_id(raw), public, now_ms))


def revoke_keys(node: str, now_ms: int) -> None:
    """What arrives from now on is not proven by any key the node has."""
    execute("UPDATE cctv_nodekey SET revoked_ms = %s WHERE node = %s AND revoked_ms IS NULL", (now_ms, node))


def keys_of(node: str, received_ms: int) -> list[str]:
    """Base64 of the public keys that counted for this node when something arrived, the present one first."""
    held = select("SELECT sign_key FROM sites_node WHERE id = %s", (node,))
    rows = select(
        "SELECT public, revoked_ms FROM cctv_nodekey WHERE node = %s ORDER BY since_ms DESC, id DESC", (node,)
    )
    known = {public for public, _revoked_ms in rows}
    present = [key for (key,) in held if key and key not in known]
    return present + [public for public, revoked_ms in rows if revoked_ms is None or received_ms < revoked_ms]
