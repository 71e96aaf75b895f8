"""What a request's names, code and PIN come from, so that a repeat gives the same ones and the disk gives none.

Everything hangs on the client_id, which is never written down. It is stretched first (argon2id with the box's salt):
a panel's may be short enough to be tried out. From the 32 bytes that come of it, by HMAC:
* `client_hash`: finds the ticket of a repeat; the centre sees it as the client_id
* `content_mac`: tells a repeat from other content under the same client_id
* code and PIN, with the ticket's own salt

The code is not written down either: what stands on the disk and on the wire is its handle (`wire.tickets`).
"""

import hashlib
import hmac

from wire.shape import Struct
from wire.tickets import make_code


class Names(Struct, frozen=True):
    """All that follows from one client_id. `root` is secret."""

    root: bytes

    def __repr__(self) -> str:
        return "Names(...)"

    @property
    def client_hash(self) -> str:
        return self._mac(b"sandi-client").hex()[:32]

    def content_mac(self, content: bytes) -> bytes:
        return self._mac(b"sandi-content\n" + content)

    def code(self, salt: bytes) -> str:
        """The ticket's code."""
        return make_code(self._mac(b"sandi-code\n" + salt)[:6])

    def pin(self, salt: bytes) -> str:
        """Four digits."""
        return f"{int.from_bytes(self._mac(b'sandi-pin' + salt)[:8], 'big') % 10_000:04d}"

    def _mac(self, message: bytes) -> bytes:
        return hmac.digest(self.root, message, "sha256")


def key_secret(code: str, pin: str) -> bytes:
    """What is stretched, with the ticket's salt, into the private key that opens its answers."""
    return f"sandi-ticket\n{code}\n{pin}".encode()


def former_index_secret(code: str) -> bytes:
    """What was stretched, with the box's salt, into the index that found a ticket before codes had handles."""
    return f"sandi-index\n{code}".encode()


class FormerNames(Struct, frozen=True):
    """The same for tickets of the first version, whose codes were random and kept as they are. For repeats of then."""

    client_id: str

    def __repr__(self) -> str:
        return "FormerNames(...)"

    @property
    def client_hash(self) -> str:
        return hashlib.sha256(b"sandi-client\n" + self.client_id.encode()).hexdigest()[:32]

    def content_mac(self, parts: tuple[str, ...]) -> bytes:
        return hmac.digest(self.client_id.encode(), b"sandi-content\n" + "\0".join(parts).encode(), "sha256")

    def pin(self, salt: bytes) -> str:
        digest = hmac.digest(self.client_id.encode(), b"sandi-pin\n" + salt, "sha256")
        return f"{int.from_bytes(digest[:8], 'big') % 10_000:04d}"


FORMER_PIN_ROUNDS = 100_000


def former_pin_fits(pin: str, salt: bytes, known: bytes) -> bool:
    """Whether the PIN is that of a ticket of the first version (PBKDF2). 50 ms of a bench core."""
    return hmac.compare_digest(hashlib.pbkdf2_hmac("sha256", pin.encode(), salt, FORMER_PIN_ROUNDS), known)
