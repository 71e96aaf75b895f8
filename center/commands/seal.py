"""`sandi-center seal`: the keys that open what citizens typed: which are here, a new one, one brought back."""

import json
from collections.abc import Callable
from dataclasses import asdict
from functools import wraps
from pathlib import Path
from typing import Any

import click

from center.commands.common import acted, data_option, language

_KEYS = "keys"


@click.group()
def seal() -> None:
    """The sealing keys (DATA/keys): look after them, change them. Without them complaints cannot be read."""


def _with_database(command: Callable[..., int | None]) -> Callable[..., int | None]:
    @wraps(command)
    def prepared(data: Path, **values: Any) -> int | None:
        from center.database import open_database

        open_database()
        return command(data=data, **values)

    return prepared


@seal.command("status")
@click.option("--json", "as_json", is_flag=True, help="One JSON list.")
@data_option
@_with_database
def show(data: Path, as_json: bool) -> int:
    """List the keys and what hangs on each. Exit code 1 when a key is missing that something is sealed to."""
    from center.complaints.key_use import sealed_to
    from center.sealing_custody import mend_public_half, status

    if (data / _KEYS / "seal.key").exists() and mend_public_half(data / _KEYS):
        click.echo(_either("seal.pub ditulis ulang.", "seal.pub was written anew."), err=True)
    rows = status(data / _KEYS, *sealed_to())
    lost = [one for one in rows if not one.here]
    if as_json:
        click.echo(json.dumps([asdict(one) for one in rows], indent=2))
        return 1 if lost else 0
    for one in rows:
        role = _either("dipakai", "current") if one.current else _either("untuk membaca", "for reading")
        state = role if one.here else _either("TIDAK ADA", "MISSING")
        count = _either(f"{one.sealed} pengaduan, {one.photos} foto", f"{one.sealed} complaints, {one.photos} photos")
        click.echo(f"{one.key_id}  {state}  {one.file}  {count}")
    for one in lost:
        click.echo(
            _either(
                f"Kunci {one.key_id} tidak ada: {one.sealed} pengaduan dan {one.photos} foto tidak dapat dibuka siapa "
                f"pun. Kembalikan dari cadangan: sandi-center seal import FILE",
                f"The key {one.key_id} is missing: {one.sealed} complaints and {one.photos} photographs can be opened "
                f"by nobody. Bring it back from a backup: sandi-center seal import FILE",
            ),
            err=True,
        )
    return 1 if lost else 0


@seal.command("rotate")
@click.option("--yes", is_flag=True, help="Do it; without, only say what it would do.")
@data_option
@_with_database
def rotate(data: Path, yes: bool) -> None:
    """Make a new key. The old one stays for reading; nodes seal to it until they get the new public half."""
    from center.sealing_custody import rotate as make

    if not yes:
        click.echo(
            _either(
                "Akan dibuat kunci baru; yang lama disimpan untuk membaca. Belum ada yang dilakukan; lakukan dengan "
                "--yes, lalu segera buat cadangan.",
                "A new key would be made; the old one is kept for reading. Nothing was done; do it with --yes, then "
                "make a backup at once.",
            )
        )
        return
    done = make(data / _KEYS)
    acted("seal-rotate", done.new, f"old {done.old}")
    click.echo(
        _either(
            f"Kunci baru {done.new}; {done.old} disimpan untuk membaca.\n"
            f"1. Buat cadangan sekarang: sandi-center backup FILE\n"
            f"2. Kirim {data / _KEYS / 'seal.pub'} ke tiap kotak: timpa /etc/sandi/credentials/seal.pub, lalu "
            f"systemctl restart sandi-agent. Kotak yang didaftarkan atau diperpanjang sesudah ini membawanya sendiri.\n"
            f"3. Kotak yang belum mendapatnya tetap aman: yang disegel dengan kunci lama tetap terbuka.",
            f"New key {done.new}; {done.old} is kept for reading.\n"
            f"1. Make a backup now: sandi-center backup FILE\n"
            f"2. Bring {data / _KEYS / 'seal.pub'} to every box: over /etc/sandi/credentials/seal.pub, then "
            f"systemctl restart sandi-agent. Boxes enrolled or renewed from now on bring it themselves.\n"
            f"3. Boxes that do not have it yet are safe: what is sealed to the old key still opens.",
        )
    )


@seal.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@data_option
@_with_database
def bring_back(data: Path, file: Path) -> None:
    """Bring back a private key for reading, from FILE (of a backup). It never becomes the one nodes seal to."""
    from center.sealing_custody import import_key

    named = import_key(data / _KEYS, file)
    acted("seal-import", named)
    click.echo(_either(f"Kunci {named} ada untuk membaca.", f"The key {named} is here for reading."))


def _either(indonesian: str, english: str) -> str:
    return indonesian if language() == "id" else english
