"""The node's signature: Ed25519 by the libsodium that PyNaCl brings, without PyNaCl.

PyNaCl's compiled module is a shared object that either holds libsodium or names the system's; either way its functions
are found in it. Called by ctypes, which the daemon has loaded for its clock, they cost 0.47 MiB of private memory for
good; through PyNaCl it is 1.7 (measured, x86, Python 3.11). A test holds both to the same bytes.
"""

import ctypes
import functools
from pathlib import Path
from typing import Final

SEED_BYTES: Final = 32
PUBLIC_BYTES: Final = 32
SECRET_BYTES: Final = 64
SIGNATURE_BYTES: Final = 64


class Signer:
    """One key pair, from its seed of 32 bytes. ValueError for another length; RuntimeError without libsodium."""

    def __init__(self, seed: bytes) -> None:
        if len(seed) != SEED_BYTES:
            raise ValueError(f"a seed of {len(seed)} bytes")
        self._sodium = _sodium()
        public = ctypes.create_string_buffer(PUBLIC_BYTES)
        self._secret = ctypes.create_string_buffer(SECRET_BYTES)
        if self._sodium.crypto_sign_seed_keypair(public, self._secret, seed):
            raise RuntimeError("libsodium made no key pair")
        self.public = public.raw

    def sign(self, message: bytes) -> bytes:
        """The signature alone, 64 bytes."""
        signature = ctypes.create_string_buffer(SIGNATURE_BYTES)
        length = ctypes.c_ulonglong(len(message))
        if self._sodium.crypto_sign_detached(signature, None, message, length, self._secret):
            raise RuntimeError("libsodium signed nothing")
        return signature.raw

    def __repr__(self) -> str:
        return "Signer(...)"


def verifies(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether this key made this signature over these bytes. RuntimeError without libsodium."""
    if len(public) != PUBLIC_BYTES or len(signature) != SIGNATURE_BYTES:
        return False
    length = ctypes.c_ulonglong(len(message))
    return bool(_sodium().crypto_sign_verify_detached(signature, message, length, public) == 0)


@functools.cache
def _sodium() -> ctypes.CDLL:
    try:
        import nacl

        [module] = Path(nacl.__path__[0]).glob("_sodium*.so")
        sodium = ctypes.CDLL(str(module))
        sodium.crypto_sign_seed_keypair.argtypes = [ctypes.c_char_p] * 3
        sodium.crypto_sign_detached.argtypes = [
            ctypes.c_char_p, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_ulonglong, ctypes.c_char_p,
        ]  # fmt: skip
        sodium.crypto_sign_verify_detached.argtypes = [
            ctypes.c_char_p, ctypes.c_char_p, ctypes.c_ulonglong, ctypes.c_char_p,
        ]  # fmt: skip
        if sodium.sodium_init() < 0:
            raise RuntimeError("libsodium cannot be used here")
    except (ImportError, ValueError, OSError, AttributeError) as error:
        raise RuntimeError(f"libsodium cannot be loaded: {error}") from error
    return sodium
