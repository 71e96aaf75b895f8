"""Commands about screens of the wall."""

import getpass

import click

from center.commands.common import data_option, language, say
from center.phrases import phrase


@click.group()
@data_option
def display(data: object) -> None:
    """Screens that show the wall, or notices to the public, without an account."""
    from center.database import open_database

    open_database()


@display.command()
@click.argument("name")
@click.option("--network", "networks", multiple=True, required=True, help="Address range it comes from; repeatable.")
@click.option("--kind", type=click.Choice(("wall", "videotron")), default="wall", show_default=True)
@click.option("--scene", "scenes", multiple=True, help="Scene to show, in this order; all by default.")
@click.option("--seconds", type=int, default=30, show_default=True, help="How long each scene stays.")
def add(name: str, networks: tuple[str, ...], kind: str, scenes: tuple[str, ...], seconds: int) -> None:
    """Make a screen; its token is printed once."""
    from center.accounts.audit import note
    from center.wall.displays import add_display

    by = _who()
    made, token = add_display(name, kind, " ".join(networks), by=by, scenes=scenes, scene_s=seconds)
    note(by, "display-added", f"display:{made.name}", f"{made.kind}; {made.networks}")
    say("display-added", name=made.name, kind=made.kind)
    click.echo(token)


@display.command("list")
def list_displays() -> None:
    """All screens, one a line."""
    from center.wall.models import Display

    rows = Display.objects.order_by("name")
    for row in rows:
        key = "revoked" if row.revoked_ms else "entered" if row.entered_ms else "new"
        state = phrase(language(), f"display-state-{key}", address=row.entered_from)
        click.echo(f"{row.name:<24} {row.kind:<10} {row.networks:<30} {state}")
    if not rows:
        say("no-displays")


@display.command()
@click.argument("name")
def revoke(name: str) -> None:
    """Let a screen show nothing any more, within five seconds."""
    from center.accounts.audit import note
    from center.wall.displays import revoke_display

    row = revoke_display(name)
    note(_who(), "display-revoked", f"display:{row.name}")
    say("display-revoked", name=row.name)


def _who() -> str:
    return f"cli:{getpass.getuser()}"
