"""Commands that back the centre up and put it back."""

import contextlib
import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from center.commands.common import data_option, language, say
from center.errors import BackupError
from center.phrases import phrase

if TYPE_CHECKING:
    from center.backup.manifest import Manifest
    from center.backup.restore import Restored

_NAME = "sandi-%Y%m%d-%H%M%S.tar.gz"
_PATTERN = "sandi-????????-??????.tar.gz*"
_SHORTEST_PASSPHRASE = 12

_passphrase_file = click.option(
    "--passphrase-file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="File whose first line is the passphrase of the backup.",
)


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@data_option
@click.option("--keep", type=click.IntRange(1, 1000), metavar="N", help="FILE is a directory: keep the newest N there.")
@click.option("--force", is_flag=True, help="Overwrite FILE.")
@click.option("--without-pictures", is_flag=True, help="Leave the cameras' pictures out.")
@click.option("--encrypt", is_flag=True, help="Encrypt with a passphrase, asked for on the terminal.")
@_passphrase_file
@click.option("--check", is_flag=True, help="Only check the backup FILE from end to end; nothing is written.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of sentences.")
def backup(
    *,
    file: Path,
    data: Path,
    keep: int | None,
    force: bool,
    without_pictures: bool,
    encrypt: bool,
    passphrase_file: Path | None,
    check: bool,
    as_json: bool,
) -> None:
    """Back the whole centre up to FILE, also while it runs; a directory gets a file named by date.

    The file makes a working centre again that every node trusts: database, settings, complaints' photos, pictures,
    and the city's KEYS. Whoever has it can read what citizens wrote, so encrypt it or lock it away.
    """
    from center.backup.make import make_backup, prune
    from center.backup.manifest import ALL_PARTS

    if check:
        _check(file, passphrase_file, as_json)
        return
    if keep and not file.is_dir():
        raise BackupError(f"--keep needs a directory, {file} is none", f"--keep perlu direktori, {file} bukan")
    passphrase = _new_passphrase(passphrase_file, encrypt)
    target = file / time.strftime(_NAME + (".enc" if passphrase else ""), time.gmtime()) if file.is_dir() else file
    began = time.monotonic()
    os.nice(10)  # the centre works on the same machine
    with _stoppable():
        made = make_backup(
            data,
            target.absolute(),
            parts=tuple(part for part in ALL_PARTS if part != "pictures" or not without_pictures),
            passphrase=passphrase,
            force=force,
            say=_quiet if as_json else say,
            percent=_percent(as_json),
        )
    removed = prune(file, _PATTERN, keep) if keep else []
    facts = _facts(made.manifest)
    if as_json:
        size = {"size_bytes": made.size_bytes, "encrypted": passphrase is not None}
        took = {"duration_s": round(time.monotonic() - began, 1), "removed": [str(old) for old in removed]}
        click.echo(json.dumps({"file": str(made.file), **size, **took, **facts}))
        return
    say("backup-done", file=made.file, size_mb=made.size_bytes // 10**6, **facts)
    if without_pictures:
        say("backup-without-pictures")
    say("backup-keys")
    if passphrase:
        say("backup-keys-sealed")
    for old in removed:
        say("backup-removed", file=old)


@click.command()
@click.argument("file", type=click.Path(path_type=Path), required=False)
@data_option
@_passphrase_file
@click.option("--undo", "backwards", is_flag=True, help="Put back what the last restore has moved aside.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of sentences.")
def restore(file: Path | None, data: Path, passphrase_file: Path | None, backwards: bool, as_json: bool) -> None:
    """Make the backup FILE the centre here: in an empty data directory, or in place of the centre that is there.

    Stop the centre before (systemctl stop sandi-center); nodes keep what they have and send it afterwards. What was
    there is moved aside, not deleted. An interrupted restore leaves the old centre or the new one, never half.
    """
    from center.backup.restore import restore as put_back
    from center.backup.restore import undo

    if (file is None) != backwards:
        raise click.UsageError("either FILE or --undo")
    tell = _quiet if as_json else say
    with _stoppable():
        if file is None:
            done = undo(data, tell)
        else:
            done = put_back(data, file, lambda: _known_passphrase(passphrase_file), tell)
    if as_json:
        click.echo(json.dumps(_restored_json(done)))
    else:
        _tell_restored(done, data)


def _check(file: Path, passphrase_file: Path | None, as_json: bool) -> None:
    from center.backup.archive import read_archive
    from center.backup.make import CheckOnly

    manifest = read_archive(file, lambda: _known_passphrase(passphrase_file), CheckOnly())
    facts = _facts(manifest)
    if as_json:
        click.echo(json.dumps({"file": str(file), "whole": True, **facts}))
    else:
        say("backup-whole", file=file, **facts)


def _facts(manifest: "Manifest") -> dict[str, Any]:
    header, facts = manifest.header, manifest.facts
    return {
        "created": _moment(header.created_ms),
        "sandi": header.sandi,
        "engine": header.engine,
        "parts": list(header.parts),
        "files": len(manifest.files),
        "nodes": facts.nodes,
        "records": facts.records,
        "complaints": facts.complaints,
        "generation": facts.generation,
    }


def _restored_json(done: "Restored") -> dict[str, Any]:
    newest = done.trust.newest_revocation
    return {
        "aside": str(done.aside) if done.aside else None,
        "backup": _facts(done.manifest) if done.manifest else None,
        "revocations_kept": done.trust.merged,
        "newest_revocation": {"node": newest[0], "at": newest[1].isoformat()} if newest else None,
        "revoked_nodes": list(done.trust.retired),
        "enrolled_later": list(done.trust.later),
        "own_config": done.own_config,
    }


def _tell_restored(done: "Restored", data: Path) -> None:
    if done.manifest:
        say("restore-done", **_facts(done.manifest))
    else:
        say("restore-undone")
    if done.trust.merged:
        say("restore-revocations-merged", count=len(done.trust.retired))
    else:
        newest = done.trust.newest_revocation
        known = f"{newest[0]}, {newest[1]:%Y-%m-%d %H:%M} UTC" if newest else phrase(language(), "restore-none")
        say("restore-revocations-lost", newest=known)
    if done.trust.later:
        say("restore-later", nodes=", ".join(done.trust.later))
    if done.own_config:
        say("restore-config")
    if done.aside:
        say("restore-aside", aside=done.aside, command=f"sandi-center restore --undo --data {data}")
    say("restore-next")


def _new_passphrase(file: Path | None, ask: bool) -> bytes | None:
    if file is not None:
        passphrase = _read_passphrase(file)
    elif ask:
        prompt = phrase(language(), "backup-passphrase")
        passphrase = click.prompt(prompt, hide_input=True, confirmation_prompt=True, err=True).encode()
    else:
        return None
    if len(passphrase) < _SHORTEST_PASSPHRASE:
        raise BackupError(
            f"the passphrase is too short: at least {_SHORTEST_PASSPHRASE} characters",
            f"frasa sandi terlalu pendek: sedikitnya {_SHORTEST_PASSPHRASE} karakter",
        )
    return bytes(passphrase)


def _known_passphrase(file: Path | None) -> bytes:
    if file is not None:
        return _read_passphrase(file)
    if not os.isatty(0):
        raise BackupError(
            "the backup is encrypted; give its passphrase with --passphrase-file",
            "cadangan terenkripsi; berikan frasa sandinya dengan --passphrase-file",
        )
    text: str = click.prompt(phrase(language(), "backup-passphrase"), hide_input=True, err=True)
    return text.encode()


def _read_passphrase(file: Path) -> bytes:
    try:
        lines = file.read_bytes().splitlines()
    except OSError as error:
        raise BackupError(
            f"cannot read the passphrase file {file}: {error.strerror}",
            f"tidak dapat membaca berkas frasa sandi {file}: {error.strerror}",
        ) from error
    return lines[0] if lines else b""


def _moment(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="seconds")


def _quiet(_key: str, **_fields: object) -> None:
    return


def _percent(as_json: bool) -> Callable[[int, int], None]:
    """Shows progress on a terminal, at most once per percent."""
    shown = -1

    def percent(done: int, total: int) -> None:
        nonlocal shown
        now = 100 * done // total if total else 100
        if now != shown:
            shown = now
            click.echo("\r" + phrase(language(), "backup-percent", percent=now) + "\r", nl=False, err=True)

    return (lambda done, total: None) if as_json or not os.isatty(2) else percent


@contextmanager
def _stoppable() -> Iterator[None]:
    """A stop by systemd ends as Ctrl-C does: what was begun is removed."""

    def stop(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    with contextlib.suppress(ValueError):  # not the main thread: nobody sends signals there
        signal.signal(signal.SIGTERM, stop)
    yield
