"""Making a ticket out of a submission: its names, its PIN, its class, and the sealed record for the outbox. No disk."""

import hashlib
import hmac
import secrets
from typing import Final

import msgspec

from agent.core.clock import Stamp
from agent.core.triage import triage
from agent.kiosk.sealing import Sealer
from agent.kiosk.store import Ticket
from agent.kiosk.submission import Submission
from wire.bodies import Complaint, encode_body
from wire.shape import Struct
from wire.tickets import make_code, uuid7

PIN_ROUNDS: Final = 100_000
"""PBKDF2 rounds: 0.05 s on x86, a few tenths on a Pi Zero 2 W. scrypt would take 16 MiB of a core that has 24 in all;
against somebody who holds the disk neither makes four digits strong."""


class Issued(Struct, frozen=True):
    """A new ticket: its row, still pending, and the PIN that only the answer to the citizen carries."""

    ticket: Ticket
    pin: str

    def __repr__(self) -> str:
        return f"Issued({self.ticket.code})"


def issue(submission: Submission, sealer: Sealer, place: str, stamp: Stamp) -> Issued:
    """Name, classify and seal. IntakeError("no_seal_key") when there is nothing to seal with."""
    salt = secrets.token_bytes(16)
    pin = submission.pin(salt)
    finding = triage(submission.text)
    complaint = Complaint(
        service_request_id=uuid7(stamp.wall_ms, secrets.token_bytes(10)),
        code=make_code(secrets.token_bytes(6)),
        category=submission.category,
        place=place,
        classification=finding.classification,
        reasons=finding.reasons,
        urgent=finding.urgent,
        sealed=sealer.seal(submission, pin),
        channel=submission.channel,
        client_id=submission.client_hash,
    )
    ticket = Ticket(
        service_request_id=complaint.service_request_id,
        client_hash=submission.client_hash,
        content_mac=submission.content_mac,
        code=complaint.code,
        category=complaint.category,
        urgent=complaint.urgent,
        pin_salt=salt,
        pin_hash=pin_hash(pin, salt),
        wall_ms=stamp.wall_ms,
        stamp=msgspec.json.encode(stamp),
        body=encode_body(complaint),
    )
    return Issued(ticket, pin)


def pin_hash(pin: str, salt: bytes) -> bytes:
    """What is kept of a PIN. Takes a noticeable time on purpose."""
    return hashlib.pbkdf2_hmac("sha256", pin.encode(), salt, PIN_ROUNDS)


def pin_fits(ticket: Ticket | None, pin: str) -> bool:
    """Whether the PIN is the ticket's; takes as long when there is no such ticket."""
    salt = ticket.pin_salt if ticket else bytes(16)
    found = pin_hash(pin, salt)
    return ticket is not None and hmac.compare_digest(found, ticket.pin_hash)
