"""Names for complaints that need no network: UUIDv7, and a code people can read aloud.

The code is 9 characters of Crockford's base 32 (no I, L, O, U) and a check character: a Reed-Solomon symbol over
GF(32), so that every single wrong character and every swap of two characters is noticed.

The code stays with the citizen. What a record calls `code` is its *handle*: a code of the same shape that argon2id made
of it (`handle_secret`, `HANDLE_SALT`, `HANDLE_PASSES`, `HANDLE_MEMORY_BYTES`, 32 bytes, one lane; `make_handle`). Node
and centre compute it from a code somebody types; nobody computes the code from it.
"""

from typing import Final

from wire.errors import WireError

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LENGTH = 10
HANDLE_SALT: Final = b"sandi-handle-v1\0"
"""The same everywhere, or the centre could not find a ticket by the code that somebody types there."""
HANDLE_PASSES: Final = 2
HANDLE_MEMORY_BYTES: Final = 32 * 1024 * 1024
"""What one guess costs; there are 2^45 codes. OWASP asks for 19 MiB and 2 passes."""
_MISREAD = str.maketrans("ILO", "110", " -")


def uuid7(now_ms: int, random_bytes: bytes) -> str:
    """A time-ordered id (RFC 9562 section 5.7) from 10 random bytes; ids of one kiosk sort by time."""
    if len(random_bytes) != 10:
        raise ValueError("uuid7 needs 10 random bytes")
    value = (max(now_ms, 0) & (2**48 - 1)) << 80
    random = int.from_bytes(random_bytes, "big")
    value |= 0x7 << 76 | (random >> 62 & 0xFFF) << 64 | 0b10 << 62 | random & (2**62 - 1)
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def make_code(random_bytes: bytes) -> str:
    """A ticket code from 6 random bytes (45 bits of them are used)."""
    if len(random_bytes) != 6:
        raise ValueError("make_code needs 6 random bytes")
    value = int.from_bytes(random_bytes, "big") >> 3
    body = "".join(ALPHABET[value >> shift & 31] for shift in range(40, -1, -5))
    return body + _check_character(body)


def normalize_code(text: str) -> str:
    """The code as issued, from what a person typed: case, spaces, dashes and I L O misreadings forgiven.

    Raises WireError("ticket") when it cannot be a code of ours.
    """
    if len(text) > 40:
        raise WireError("ticket", "too long for a ticket code")
    code = text.upper().translate(_MISREAD)
    if len(code) != CODE_LENGTH or any(character not in ALPHABET for character in code):
        raise WireError("ticket", f"a ticket code has {CODE_LENGTH} letters and digits")
    if _check_character(code[:-1]) != code[-1]:
        raise WireError("ticket", "the last character does not fit the others")
    return code


def handle_secret(code: str) -> bytes:
    """What is stretched into the handle of a code (`normalize_code` gives it as issued)."""
    return f"sandi-handle\n{code}".encode()


def make_handle(stretched: bytes) -> str:
    """The handle, from the 32 bytes that argon2id made of `handle_secret`."""
    if len(stretched) != 32:
        raise ValueError("make_handle needs 32 bytes")
    return make_code(stretched[:6])


def _check_character(body: str) -> str:
    """Horner's rule in GF(32) = GF(2)[x] / (x^5 + x^2 + 1), once more at the end so the check has a place."""
    symbol = 0
    for character in body:
        symbol = _times_x(symbol ^ ALPHABET.index(character))
    return ALPHABET[symbol]


def _times_x(symbol: int) -> int:
    symbol <<= 1
    return symbol ^ 0b100101 if symbol & 0b100000 else symbol
