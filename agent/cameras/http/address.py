"""Addresses of cameras in the network: what may stand in the settings, and how a password gets into one at last.

A password never stands in the settings: they are read by more than the camera process and shown by `sandi config`.
Cameras that want it in the address get the placeholders `{user}` and `{password}` there.
"""

import re
from typing import Final
from urllib.parse import parse_qsl, quote, urlsplit

from agent.cameras.base import Secrets
from wire.shape import Struct

MAX_ADDRESS_CHARS: Final = 1000
PASSWORD_FILE: Final = "camera-passwords.toml"  # noqa: S105 - its name
_PLACEHOLDER: Final = re.compile(r"\{(user|password)\}")
_TELLTALE: Final = re.compile(r"(?i)pass(word|wd|wort)?|pwd|passphrase|loginpas|usrpwd|pw")
"""Names of parameters that cheap cameras read a password from."""
_IN_PATH: Final = re.compile(r"(?i)(pass(word|wd)?|pwd)[=:](?!\{password\})[^/]")
"""As recorders have it: /user=admin_password=..."""
PORTS: Final = {"http": 80, "https": 443, "rtsp": 554}


class Address(Struct, frozen=True):
    """An address taken apart. `target` is path and query as they are asked for; it may hold a password and is shown to
    nobody. `where` is what messages say."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def where(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    def __repr__(self) -> str:
        return f"Address({self.scheme}://{self.where}/...)"


def check_address(url: str, schemes: tuple[str, ...]) -> None:
    """ValueError, which shows nothing of a password, unless `url` can be the address of a camera."""
    address = take_apart(url, schemes)
    for name, value in parse_qsl(urlsplit(url).query):
        if _TELLTALE.fullmatch(name) and not _PLACEHOLDER.fullmatch(value):
            raise ValueError(
                f"url: a password must not stand in it: put it into {PASSWORD_FILE} and write {name}={{password}}"
            )
    if _IN_PATH.search(urlsplit(url).path):
        raise ValueError(f"url: a password must not stand in it: put it into {PASSWORD_FILE} and write {{password}}")
    bare = _PLACEHOLDER.sub("", address.target)
    if "{" in bare or "}" in bare:
        raise ValueError("url: of what stands in braces only {user} and {password} are known")


def take_apart(url: str, schemes: tuple[str, ...]) -> Address:
    """The parts of an address; ValueError, which shows nothing of it, when it has none or one with a login."""
    if len(url) > MAX_ADDRESS_CHARS or re.search(r"[^\x21-\x7e]", url):
        raise ValueError(f"url: at most {MAX_ADDRESS_CHARS} printable ASCII characters without blanks")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise ValueError("url: its host or port is impossible") from error
    if "@" in parts.netloc:
        raise ValueError(f"url: user and password must not stand in it: put them into {PASSWORD_FILE}")
    if parts.scheme not in schemes:
        raise ValueError(f"url: must begin with {' or '.join(f'{scheme}://' for scheme in schemes)}")
    if not host or port == 0:
        raise ValueError(f"url: {parts.scheme}:// must be followed by the camera's address")
    target = parts.path or "/"
    return Address(
        parts.scheme, host, port or PORTS[parts.scheme], f"{target}?{parts.query}" if parts.query else target
    )


def with_secrets(address: Address, secrets: Secrets) -> Address:
    """The address with `{user}` and `{password}` filled in, percent-encoded."""
    known = {"user": secrets.user, "password": secrets.password}
    target = _PLACEHOLDER.sub(lambda found: quote(known[found[1]], safe=""), address.target)
    return Address(address.scheme, address.host, address.port, target)
