"""`sandi-center ca`: another certificate authority takes the present one's place, with an overlap."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from center.commands.common import acted, data_option, say, word
from center.core.rotation import Step


@click.group()
def ca() -> None:
    """Change the city's certificate authority without locking a box out: prepare, switch, retire."""


_json = click.option("--json", "as_json", is_flag=True, help="One JSON object, times in UTC milliseconds.")
_force = click.option("--force", is_flag=True, help="Also where boxes would be locked out by it.")


@ca.command()
@_json
@data_option
def status(as_json: bool, data: Path) -> int:
    """Show the stage, and where every box stands. Exit code 1 when the next step would lock a box out."""
    from center.database import open_database

    open_database()
    from center.rotation.standing import lacking, standings

    rotation, found = standings(data / "pki")
    missing = lacking(found) if rotation.following else []
    if as_json:
        rows = [{**asdict(box), "lacks": bool(rotation.following) and box.lacks} for box in found]
        click.echo(json.dumps({**asdict(rotation), "signs": rotation.signs, "boxes": rows}, indent=2))
        return 1 if missing else 0
    _tell(rotation, len(found), len(missing))
    for box in missing:
        say(f"ca-box-{box.standing}", name=box.name, site=box.site)
    return 1 if missing else 0


@ca.command()
@_json
@data_option
def prepare(as_json: bool, data: Path) -> None:
    """Make the following authority: it signs from now on, and both are trusted."""
    _take("prepare", data, as_json)


@ca.command()
@_force
@_json
@data_option
def switch(force: bool, as_json: bool, data: Path) -> None:
    """Let the servers show certificates of the following authority, once every box trusts it."""
    _take("switch", data, as_json, force=force)


@ca.command()
@_force
@_json
@data_option
def retire(force: bool, as_json: bool, data: Path) -> None:
    """Trust the present authority no more. This cannot be undone."""
    _take("retire", data, as_json, force=force)


@ca.command()
@_json
@data_option
def undo(as_json: bool, data: Path) -> None:
    """Go back one step; boxes that hold certificates of the following authority stay welcome."""
    _take("undo", data, as_json)


def _take(step: Step, data: Path, as_json: bool, *, force: bool = False) -> None:
    from center.database import open_database

    open_database()
    from center.rotation.standing import lacking, standings
    from center.rotation.steps import take

    after = take(data / "pki", step, force=force)
    acted("ca-step", after.signs, f"{step}: {after.stage}")
    _rotation, found = standings(data / "pki")
    missing = lacking(found) if after.following else []
    if as_json:
        click.echo(json.dumps({**asdict(after), "lacking": [box.name for box in missing]}, indent=2))
        return
    _tell(after, len(found), len(missing))


def _tell(rotation: Any, count: int, missing: int) -> None:
    say(f"ca-{rotation.stage}", present=rotation.present, following=rotation.following)
    if rotation.following:
        say("ca-ready", ready=count - missing, count=count)
        say("ca-next", command=word(f"ca-next-{rotation.stage}"))
