"""What the commands share: the --data option, the language, loading the centre behind it."""

import getpass
import os
import pwd
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import click

from center.config import DATA_VARIABLE, data_directory
from center.errors import ConfigError
from center.phrases import Language, phrase


def data_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--data DIR`; the function gets the absolute path as `data`, and Django will see the same."""

    def remember(_context: click.Context, _parameter: click.Parameter, value: str | None) -> Path:
        data = data_directory(value)
        os.environ[DATA_VARIABLE] = str(data)
        return data

    return click.option(
        "--data",
        metavar="DIR",
        callback=remember,
        help="Data directory (default: $SANDI_CENTER_DATA, else /var/lib/sandi-center).",
    )(command)


def language() -> Language:
    """The language chosen on the command line or in SANDI_LANG; Indonesian otherwise."""
    return cast(Language, click.get_current_context().find_root().params.get("lang") or "id")


def say(key: str, **fields: object) -> None:
    """Print one sentence in the chosen language."""
    click.echo(phrase(language(), key, **fields))


def word(key: str, **fields: object) -> str:
    """One phrase in the chosen language."""
    return phrase(language(), key, **fields)


def acted(what: str, subject: str, detail: str = "") -> str:
    """Note in the audit log what a command did, and answer in whose name: the account of this machine."""
    from center.accounts.audit import note

    who = own_name()
    note(who, what, subject, detail)
    return who


def own_name() -> str:
    """Who acts on a terminal of this machine, as it is written down."""
    return f"cli:{_login_name()}"


def user_id(name: str) -> int:
    """The number of a user of this machine. Raises ConfigError."""
    try:
        return pwd.getpwnam(name).pw_uid
    except KeyError:
        raise ConfigError(f"there is no user {name!r} here (--peer)") from None


def _login_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container without an entry for this number
        return str(os.getuid())
