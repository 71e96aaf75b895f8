"""One-time codes of the people who may order: six digits of thirty seconds (RFC 6238), each good once.

A code of the step before or after the present one is taken too: telephones' clocks differ. The step of the last code
that was taken is kept, and none up to it is taken again. Guessing is slow by `center.core.guess_limits`.
"""

import base64
import hmac
import secrets
from typing import Final
from urllib.parse import quote, urlencode

from django_otp.oath import hotp

from center.core.guess_limits import DAY_MS, MINUTE_MS, Limit

STEP_S: Final = 30
DIGITS: Final = 6
SECRET_BYTES: Final = 20
"""RFC 4226 section 4 recommends 160 bits."""
ISSUER: Final = "Sandi perintah"
GUESSES: Final = Limit(5, DAY_MS, 10 * MINUTE_MS, 4 * 60 * MINUTE_MS, quiet=True)
"""5 wrong codes lock a person for 10 minutes, then 20, ... 4 hours: about 35 guesses a day against a million codes."""


def new_secret() -> bytes:
    """The secret a person's telephone and the commander share."""
    return secrets.token_bytes(SECRET_BYTES)


def step_of(secret: bytes, code: str, now_ms: int, last_step: int) -> int | None:
    """The time step whose code this is, newer than `last_step`; None when it is none."""
    present = now_ms // 1000 // STEP_S
    found = None
    for step in (present - 1, present, present + 1):
        fits = hmac.compare_digest(f"{hotp(secret, max(step, 0), DIGITS):0{DIGITS}d}", code)
        if fits and step > last_step:
            found = step
    return found


def code_at(secret: bytes, now_ms: int) -> str:
    """The code a telephone shows at this moment."""
    return f"{hotp(secret, now_ms // 1000 // STEP_S, DIGITS):0{DIGITS}d}"


def base32(secret: bytes) -> str:
    """As a person types it into a telephone."""
    return base64.b32encode(secret).decode()


def otpauth(name: str, secret: bytes) -> str:
    """The address a telephone takes from a QR code."""
    fields = urlencode({"secret": base32(secret), "issuer": ISSUER}, quote_via=quote)
    return f"otpauth://totp/{quote(f'{ISSUER}:{name}')}?{fields}"
