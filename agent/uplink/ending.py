"""Why a connection ended or never came up, as a stable code and in words."""

import socket
import ssl

from agent.outbox import OutboxError
from wire.shape import Struct

# MQTT 5.0 section 2.4
NO_MATCHING_SUBSCRIBERS = 0x10
BAD_CREDENTIALS = 0x86
NOT_AUTHORISED = 0x87
KEEP_ALIVE_TIMEOUT = 0x8D
TAKEN_OVER = 0x8E
PACKET_TOO_LARGE = 0x95
REFUSED = 0x80

# Codes of endings that somebody else asks for.
UNANSWERED = "unanswered"
SHUT_OUT = "not_authorised"


class Ending(Struct, frozen=True):
    """`code` is for programs and tests, `words` for people; `at_once` when reconnecting needs no wait. `reason` is the
    name of the broker's reason when it refused us."""

    code: str
    words: str
    at_once: bool = False
    reason: str = ""


class SessionEndedError(Exception):
    """Unwinds a session; carries its ending."""

    def __init__(self, ending: Ending) -> None:
        super().__init__(ending.words)
        self.ending = ending


def of_error(error: BaseException) -> Ending:
    """What a failed connection attempt, or a fault of our own, looks like from outside."""
    match error:
        case SessionEndedError():
            return error.ending
        case socket.gaierror():
            return Ending("name", f"the broker's name does not resolve: {error.strerror}")
        case ssl.SSLCertVerificationError():
            return Ending("certificate", f"the broker's certificate is not accepted: {error.verify_message}")
        case ssl.SSLError():
            return Ending("tls", f"TLS failed: {error.reason or error}")
        case ConnectionRefusedError():
            return Ending("refused", "nobody listens on the broker's port")
        case TimeoutError():
            return Ending("timeout", "the broker did not answer in time")
        case FileNotFoundError():
            return Ending("credentials", f"{error.filename} is missing; enrol this node")
        case OutboxError():
            return Ending("outbox", str(error))
        case OSError():
            return Ending("network", error.strerror or str(error))
    return Ending("internal", f"{type(error).__name__}: {error}")
