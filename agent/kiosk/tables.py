"""The tables of `kiosk.db`, and the way of a file of the first version into them.

What a thief of the card finds in a ticket: its `service_request_id`, what kind it is and about which subject, when it
came and how it stands; the sealed body until it is purged; a salt, the code's handle (`wire.tickets`; it is the index,
too) and a public key (of a pair made by argon2id of code and PIN with the ticket's salt). Neither code nor PIN nor
answer, here or in the outbox: answers are sealed to that key. To try one code costs an argon2id of 32 MiB, and there
are 2^45; to try a PIN with a code another. Whoever has the receipt's code as well is kept out by 10,000 PINs alone,
which is minutes on a desk computer: the card and half of a receipt.

A ticket of the first version (`version` 1) has its code in the clear, its PIN as PBKDF2 and its answers in the clear
until it is looked up for the first time, when it is rewritten, or until it is old enough to go.
"""

import os
import sqlite3
from typing import Final

from agent import sqlite_file

VERSION: Final = 2
SALT_BYTES: Final = 16
TICKET_COLUMNS: Final = (
    "service_request_id", "version", "kind", "client_hash", "content_mac", "code_index", "salt", "reply_key",
    "category", "subject", "classification", "reasons", "urgent", "photos", "wall_ms", "stamp", "body", "epoch", "seq",
    "acked_ms", "acked_life_s", "heard_life_s", "wrong_pins", "code", "pin_hash",
)  # fmt: skip
_TABLES: Final = """
CREATE TABLE ticket (
    service_request_id TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    kind TEXT NOT NULL,
    client_hash TEXT NOT NULL UNIQUE,
    content_mac BLOB NOT NULL,
    code_index BLOB UNIQUE,
    salt BLOB NOT NULL,
    reply_key BLOB,
    category TEXT NOT NULL,
    subject TEXT NOT NULL,
    classification TEXT NOT NULL,
    reasons TEXT NOT NULL,
    urgent INTEGER NOT NULL,
    photos INTEGER NOT NULL,
    wall_ms INTEGER NOT NULL,
    stamp BLOB NOT NULL,
    body BLOB,
    epoch TEXT,
    seq INTEGER,
    acked_ms INTEGER,
    acked_life_s INTEGER,
    heard_life_s INTEGER,
    wrong_pins INTEGER NOT NULL DEFAULT 0,
    code TEXT UNIQUE,
    pin_hash BLOB
);
CREATE INDEX ticket_open ON ticket (service_request_id) WHERE acked_life_s IS NULL;
CREATE INDEX ticket_place ON ticket (epoch, seq);
CREATE TABLE reply (
    downlink_id TEXT PRIMARY KEY,
    service_request_id TEXT NOT NULL REFERENCES ticket (service_request_id) ON DELETE CASCADE,
    status TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    step TEXT NOT NULL DEFAULT '',
    closed_reason TEXT NOT NULL DEFAULT '',
    ask INTEGER NOT NULL DEFAULT 0,
    box BLOB,
    text TEXT
);
CREATE INDEX reply_ticket ON reply (service_request_id, at_ms);
CREATE TABLE photo (
    photo_id TEXT PRIMARY KEY,
    service_request_id TEXT REFERENCES ticket (service_request_id) ON DELETE CASCADE,
    number INTEGER NOT NULL DEFAULT 0,
    sha256 TEXT NOT NULL,
    key_id TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    stamp BLOB NOT NULL,
    epoch TEXT,
    seq INTEGER,
    acked_ms INTEGER,
    acked_life_s INTEGER,
    gone INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX photo_ticket ON photo (service_request_id);
CREATE TABLE notice (
    id TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    text TEXT NOT NULL,
    from_ms INTEGER NOT NULL,
    until_ms INTEGER NOT NULL,
    created_ms INTEGER NOT NULL
);
CREATE TABLE note (name TEXT PRIMARY KEY, value BLOB NOT NULL);
"""
_FROM_FIRST: Final = """
INSERT INTO ticket SELECT service_request_id, 1, 'complaint', client_hash, content_mac, NULL, pin_salt, NULL, category,
    '', 'real', '[]', urgent, 0, wall_ms, stamp, body, epoch, seq, NULL, NULL, 0, wrong_pins, code, pin_hash
    FROM former_ticket;
INSERT INTO reply (downlink_id, service_request_id, status, at_ms, text)
    SELECT downlink_id, service_request_id, status, at_ms, text FROM former_reply;
DROP TABLE former_reply;
DROP TABLE former_ticket;
"""


def listed() -> sqlite_file.Listed:
    """All tables and indices of a whole file."""
    return sqlite_file.made_by(_TABLES)


def make(db: sqlite3.Connection, version: int) -> None:
    """Bring an open file from `version` (0: it is empty) to the present one, in one transaction."""
    before = ""
    after = ""
    if version == 1:
        before = (
            "DROP INDEX IF EXISTS ticket_pending; DROP INDEX IF EXISTS reply_ticket;"
            "ALTER TABLE ticket RENAME TO former_ticket; ALTER TABLE reply RENAME TO former_reply;"
        )
        after = _FROM_FIRST
    salt = f"INSERT INTO note VALUES ('salt', x'{os.urandom(SALT_BYTES).hex()}');"  # noqa: S608
    steps = ("BEGIN IMMEDIATE;", before, _TABLES, after, salt, f"PRAGMA user_version = {VERSION};", "COMMIT;")
    db.executescript("\n".join(steps))
