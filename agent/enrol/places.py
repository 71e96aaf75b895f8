"""Where card data, keys and state lie, and what the card says; every reader is bounded and says what is wrong.

card/node.toml                    who this box is (`wire.card`)
card/enrol/token, enrol/ca.crt    once the first run has copied them; beside node.toml on the boot partition itself;
                                  enrol/command.pub likewise, where the card has one
credentials/                      what the agent uses (`agent.enrol.vault`)
state/state.json                  for `sandi status` and the console
state/pending/                    the keys that wait for their certificate
"""

import os
from pathlib import Path
from typing import Final

from agent.enrol.errors import EnrolError
from wire.card import CARD_FILE, MAX_CARD_BYTES, Card, read_card
from wire.enrolment import ALPHABET, TOKEN_LENGTH
from wire.errors import WireError
from wire.keys import MAX_FILE_BYTES, parse_keys
from wire.shape import Struct

CARD: Final = Path("/etc/sandi")
CREDENTIALS: Final = Path("/etc/sandi/credentials")
STATE: Final = Path("/var/lib/sandi-enrol")
MAX_BUNDLE_BYTES: Final = 32 * 1024


class Places(Struct, frozen=True):
    """The folders of one box."""

    card: Path = CARD
    credentials: Path = CREDENTIALS
    state: Path = STATE

    @property
    def card_file(self) -> Path:
        return self.card / CARD_FILE

    @property
    def token(self) -> Path:
        return self._beside("token")

    @property
    def authorities(self) -> Path:
        return self._beside("ca.crt")

    @property
    def command_keys(self) -> Path:
        return self._beside("command.pub")

    @property
    def state_file(self) -> Path:
        return self.state / "state.json"

    def _beside(self, name: str) -> Path:
        copied = self.card / "enrol"
        return copied / name if copied.is_dir() else self.card / name


def places(card: Path | None, credentials: Path | None, state: Path | None) -> Places:
    """With what was named in place of the usual."""
    named = os.environ.get("SANDI_ENROL_STATE", "")
    return Places(card or CARD, credentials or CREDENTIALS, state or (Path(named) if named else STATE))


def card(where: Places) -> Card:
    """Who this box is. Raises EnrolError `unprovisioned`."""
    import tomllib  # `sandi status` reads what stands beside the card, and not the card

    raw = bounded(where.card_file, MAX_CARD_BYTES)
    if raw is None:
        raise EnrolError("unprovisioned", "no_card", str(where.card_file))
    try:
        return read_card(tomllib.loads(raw.decode("utf-8")))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, WireError, RecursionError) as error:
        raise EnrolError("unprovisioned", "bad_card", f"{where.card_file}: {error}") from error


def token(where: Places) -> str:
    """The one-time token, "" when there is none, or one wiped but not yet gone.

    Raises EnrolError `unprovisioned` for anything else in its place.
    """
    raw = bounded(where.token, 256)
    if raw is None or not raw.strip(b"\0"):
        return ""
    text = raw.decode("ascii", "replace").strip().upper()
    if len(text) != TOKEN_LENGTH or set(text) - set(ALPHABET):
        raise EnrolError("unprovisioned", "bad_token", str(where.token))
    return text


def command_keys(where: Places) -> bytes:
    """The command keys on the card, b"" where it has none that can be used."""
    try:
        raw = bounded(where.command_keys, MAX_FILE_BYTES) or b""
        parse_keys(raw.decode("ascii"))
    except (EnrolError, UnicodeDecodeError, WireError):
        return b""
    return raw


def pinned(where: Places) -> bytes:
    """The authorities on the card, PEM. Raises EnrolError `unprovisioned`."""
    raw = bounded(where.authorities, MAX_BUNDLE_BYTES)
    if raw is None:
        raise EnrolError("unprovisioned", "no_ca", str(where.authorities))
    return raw


def bounded(path: Path, most: int) -> bytes | None:
    """A small file; None when it is not there. Raises EnrolError for one that is too large or cannot be read."""
    try:
        with path.open("rb") as stream:
            raw = stream.read(most + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise EnrolError("unprovisioned", "unreadable", f"{path}: {error.strerror}") from error
    if len(raw) > most:
        raise EnrolError("unprovisioned", "bad_card", f"{path}: more than {most} bytes")
    return raw


def looks(where: Places) -> tuple[object, ...]:
    """What changes when somebody puts another card's data here."""
    return tuple(_look(path) for path in (where.card_file, where.token, where.authorities))


def _look(path: Path) -> object:
    try:
        about = path.stat()
    except OSError:
        return None
    return (about.st_ino, about.st_size, about.st_mtime_ns)


def board() -> str:
    """What kind of board this is, by its device tree; "" on others."""
    try:
        raw = Path("/sys/firmware/devicetree/base/model").read_bytes()[:64]
    except OSError:
        return ""
    return "".join(c for c in raw.decode("utf-8", "replace") if c.isprintable())[:64]


def wipe(path: Path) -> None:
    """Overwrite a file and take it away. A card's controller may keep old blocks: the token is also used up by then.

    Raises OSError.
    """
    try:
        with path.open("r+b") as stream:
            size = os.fstat(stream.fileno()).st_size
            stream.write(bytes(size))
            stream.flush()
            os.fsync(stream.fileno())
    except FileNotFoundError:
        return
    path.unlink(missing_ok=True)
