"""Addresses of streams: what may stand in the settings, and the one the driver gets, with the login in it."""

from typing import Final
from urllib.parse import quote

from agent.cameras.base import Secrets
from agent.cameras.http.address import Address, check_address, take_apart, with_secrets

_SCHEMES: Final = ("rtsp",)


def check_stream_url(url: str) -> None:
    """ValueError, which repeats nothing of it, when it cannot be a stream's address or tells a password."""
    check_address(url, _SCHEMES)


def stream_address(url: str) -> Address:
    """The parts of an address that has been checked."""
    return take_apart(url, _SCHEMES)


def address_with_login(address: Address, number: str, secrets: Secrets) -> str:
    """What the driver gets: the host as its number, the login put in. It must not be shown."""
    user, password = quote(secrets.user, safe=""), quote(secrets.password, safe="")
    login = f"{user}:{password}@" if user or password else ""
    host = f"[{number}]" if ":" in number else number
    return f"rtsp://{login}{host}:{address.port}{with_secrets(address, secrets).target}"
