"""Users and passwords of the cameras: one small TOML file that nobody but the camera process may read.

    [gate]
    user = "viewer"
    password = "..."

Read anew whenever a worker is started, so a changed password needs no restart. No message shows what stands in it.
"""

import os
import re
import stat
from pathlib import Path
from typing import Final

from agent.cameras.base import CameraConfig, LoginsError, Secrets

MAX_FILE_BYTES: Final = 64 * 1024
MAX_WORD: Final = 256
"""Characters of a user or a password; no camera takes more."""
_LINE: Final = re.compile(r"at line (\d+)")


def secrets_of(logins: dict[str, Secrets], name: str, config: CameraConfig) -> Secrets:
    """What this camera is to say at its door; nothing when the file has no entry for it.

    LoginsError when the settings name an entry that is not there.
    """
    found = logins.get(config.login or name)
    if found is None and config.login:
        raise LoginsError(f'login = "{config.login}": the password file has no table of this name')
    return found or Secrets()


def read_logins(path: Path) -> dict[str, Secrets]:
    """The file's entries by name; empty when there is no file. LoginsError says what to put right."""
    import tomli

    content = _content(path)
    if content is None:
        return {}
    try:
        tables = tomli.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise LoginsError(f"{path} is not UTF-8 text") from None
    except (ValueError, RecursionError) as error:  # its text may quote the file: only the line's number is passed on
        found = _LINE.search(str(error))
        raise LoginsError(f"{path} is not valid TOML" + (f", line {found[1]}" if found else "")) from None
    return {name: _entry(path, number, table) for number, (name, table) in enumerate(tables.items(), 1)}


def _content(path: Path) -> bytes | None:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise LoginsError(
            f"cannot read {path}: {error.strerror or error}; do: chown sandi-camera {path}; chmod 600 {path}"
        ) from None
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise LoginsError(f"{path} is not a regular file")
        if status.st_mode & 0o077:
            raise LoginsError(f"others than its owner may read {path}: do: chmod 600 {path}")
        if os.geteuid() != 0 and status.st_uid not in (0, os.geteuid()):
            raise LoginsError(f"{path} belongs to another user: do: chown sandi-camera {path}")
        content = os.read(handle, MAX_FILE_BYTES + 1)
    except OSError as error:
        raise LoginsError(f"cannot read {path}: {error.strerror or error}") from None
    finally:
        os.close(handle)
    if len(content) > MAX_FILE_BYTES:
        raise LoginsError(f"{path} is larger than {MAX_FILE_BYTES // 1024} KiB")
    return content


def _entry(path: Path, number: int, table: object) -> Secrets:
    """A table is told by its number, in case somebody wrote a password where a name belongs."""
    where = f"{path}, table {number}"
    if not isinstance(table, dict):
        raise LoginsError(f'{where}: each camera is a table, [name] with user = "..." and password = "..."')
    words = {key: value for key, value in table.items() if key in ("user", "password")}
    if len(words) != len(table):
        raise LoginsError(f"{where}: only user and password stand in it")
    for key, value in words.items():
        if not isinstance(value, str) or len(value) > MAX_WORD or any(ord(letter) < 32 for letter in value):
            raise LoginsError(f"{where}: {key} must be a text of at most {MAX_WORD} characters, without line ends")
    return Secrets(**words)
