"""Which command keys a box pins: those that an authority it trusts vouches for. Whoever relays the answer adds none.

An answer that names none (an older centre), or names some that nobody vouches for, changes nothing.
"""

import base64
import binascii

from agent.enrol import openssl
from agent.enrol.errors import OwnTroubleError
from agent.enrol.openssl import NotGoodError
from wire.enrolment import Issued, vouched_keys
from wire.errors import WireError
from wire.keys import parse_keys

MOST_AUTHORITIES = 8


def accepted(answer: Issued, trusted: bytes, present: bytes) -> bytes:
    """The content of `command.pub` after this answer; `present`: before it, b"" for none."""
    text = answer.command_keys.encode("utf-8", "replace")
    try:
        if not parse_keys(answer.command_keys):
            return present
        message = vouched_keys(answer.certificate, answer.command_keys)
        proof = base64.b64decode(answer.command_keys_proof, validate=True)
        if any(openssl.vouches(authority, proof, message) for authority in openssl.split(trusted, MOST_AUTHORITIES)):
            return text
    except (WireError, binascii.Error, ValueError, NotGoodError, OwnTroubleError):
        return present
    return present
