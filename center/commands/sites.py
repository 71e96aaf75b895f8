"""Commands about sites: list, add, fill in the missing ones; files and history are `center.commands.registry`."""

import click

from center.commands import registry
from center.commands.common import data_option, say


@click.group(invoke_without_command=True)
@data_option
@click.pass_context
def sites(context: click.Context, data: object) -> None:
    """List the city's sites; its commands change them, write them to files and read them from files."""
    from center.database import open_database

    open_database()
    if context.invoked_subcommand is not None:
        return
    from center.sites.models import Site

    for site in Site.objects.all():
        mark = "" if site.verified else "  (?)"
        click.echo(f"{site.code:<24}{site.kecamatan:<14}{site.name}{mark}")


@sites.command()
@click.argument("code")
@click.argument("name")
@click.option("--kecamatan", default="", help="The kecamatan it lies in.")
@click.option("--position", nargs=2, type=float, metavar="LAT LON", help="In degrees.")
def add(code: str, name: str, kecamatan: str, position: tuple[float, float] | None) -> None:
    """Add a site, such as: sites add cctv-alun-alun "Alun-alun Kota Serang"."""
    from center.sites.enrolment import add_site

    add_site(code, name, kecamatan, position)
    say("site-added", code=code)


@sites.command()
def seed() -> None:
    """Add the sites of the first list that are missing; edited ones are left as they are."""
    from center.sites.seed_data import seed as fill

    say("sites-seeded", count=fill())


for _command in (registry.export, registry.import_csv, registry.geojson, registry.history):
    sites.add_command(_command)
