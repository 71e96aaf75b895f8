"""The token of a screen as it is typed with a remote control: 32 signs nobody mistakes, in groups of four. Pure."""

import hashlib

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Without I, L, O and U: read as 1, 1, 0 and V, or as a word."""
SIGNS = 28
"""5 bits each: 140 bits, which nobody guesses."""
MAX_TYPED = 80
_MISREAD = str.maketrans({"I": "1", "L": "1", "O": "0", "U": "V", "-": "", " ": ""})


def written(raw: bytes) -> str:
    """The token of SIGNS random bytes, in groups of four."""
    if len(raw) != SIGNS:
        raise ValueError(f"a token is made of {SIGNS} random bytes")
    signs = "".join(ALPHABET[byte % len(ALPHABET)] for byte in raw)
    return "-".join(signs[start : start + 4] for start in range(0, SIGNS, 4))


def token_digest(typed: str) -> str | None:
    """SHA-256 (hex) of what was typed, however it was grouped or mistaken; None when it cannot be a token."""
    if len(typed) > MAX_TYPED or not typed.isascii():
        return None
    signs = typed.strip().upper().translate(_MISREAD)
    if len(signs) != SIGNS or any(sign not in ALPHABET for sign in signs):
        return None
    return hashlib.sha256(signs.encode()).hexdigest()
