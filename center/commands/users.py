"""Commands about accounts."""

import click

from center.commands.common import acted, data_option, say

_ROLES = ("viewer", "operator", "technician", "admin", "agency", "lurah", "leadership")


@click.group()
@data_option
def user(data: object) -> None:
    """Accounts of the people who work with the centre."""
    from center.database import open_database

    open_database()


@user.command()
@click.argument("username")
@click.option("--role", type=click.Choice(_ROLES), default="viewer", show_default=True)
@click.option("--site", "sites", multiple=True, metavar="CODE", help="Sees the rows of this site alone; repeatable.")
def add(username: str, role: str, sites: tuple[str, ...]) -> None:
    """Make an account; its random password is printed once."""
    from center.accounts.people import add_user

    password = add_user(username, role, sites=sites)
    acted("user-add", username, role)
    say("user-added", username=username, role=role, password=password)


@user.command()
@click.argument("username")
def passwd(username: str) -> None:
    """Give an account a new random password, printed once."""
    from center.accounts.people import set_password

    password = set_password(username)
    acted("user-passwd", username)
    say("user-password", username=username, password=password)


@user.command()
@click.argument("username")
@click.option("--city", is_flag=True, help="The whole city.")
@click.option("--kecamatan", metavar="NAME", help="The sites of one kecamatan.")
@click.option("--site", "sites", multiple=True, metavar="CODE", help="This site; repeatable.")
def reach(username: str, city: bool, kecamatan: str | None, sites: tuple[str, ...]) -> None:
    """Say which sites' rows an account sees: one of --city, --kecamatan or --site."""
    from center.accounts.people import set_reach

    if [city, bool(kecamatan), bool(sites)].count(True) != 1:
        raise click.UsageError("choose one of --city, --kecamatan NAME, --site CODE (repeatable)")
    chosen = "city" if city else "kecamatan" if kecamatan else "sites"
    set_reach(username, chosen, kecamatan=kecamatan or "", sites=sites)
    said = kecamatan or ", ".join(sites) or chosen
    acted("user-reach", username, said)
    say("user-reach", username=username, reach=said)


@user.command("totp-reset")
@click.argument("username")
def totp_reset(username: str) -> None:
    """Forget an account's second factor and recovery codes: for a lost telephone."""
    from center.accounts.second_factor import reset

    reset(username)
    acted("user-totp-reset", username)
    say("user-totp-reset", username=username)
