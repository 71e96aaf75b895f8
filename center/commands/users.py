"""Commands about accounts."""

import click

from center.commands.common import data_option, say

_ROLES = ("viewer", "operator", "technician", "admin")


@click.group()
@data_option
def user(data: object) -> None:
    """Accounts of the people who work with the centre."""
    from center.database import open_database

    open_database()


@user.command()
@click.argument("username")
@click.option("--role", type=click.Choice(_ROLES), default="viewer", show_default=True)
def add(username: str, role: str) -> None:
    """Make an account; its random password is printed once."""
    from center.accounts.people import add_user

    say("user-added", username=username, role=role, password=add_user(username, role))


@user.command()
@click.argument("username")
def passwd(username: str) -> None:
    """Give an account a new random password, printed once."""
    from center.accounts.people import set_password

    say("user-password", username=username, password=set_password(username))
