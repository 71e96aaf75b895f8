"""Web addresses, taken apart as strictly as a request needs them."""

from urllib.parse import urlsplit

from wire.shape import Struct


class Url(Struct, frozen=True):
    """What is asked for, taken apart."""

    secure: bool
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.secure else 80) else f"{host}:{self.port}"


def parse_url(text: str) -> Url:
    """An http or https URL. Raises ValueError with a sentence."""
    if any(character <= " " or character > "~" for character in text):
        raise ValueError(f"url {text!r} holds blanks or characters outside ASCII: write them encoded")
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"url {text!r} must begin with http:// or https:// and a host")
    if parts.username is not None:
        raise ValueError("url must not hold a user name or password")
    secure = parts.scheme == "https"
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Url(secure, parts.hostname, parts.port or (443 if secure else 80), path)
