"""Commands about tokens: programs that read the centre's interface."""

import time

import click

from center.commands.common import acted, data_option, say, word


@click.group()
@data_option
def token(data: object) -> None:
    """Tokens of programs: read-only, but for `exchange`, which hands over requests by Open311."""
    from center.database import open_database

    open_database()


@token.command()
@click.argument("name")
@click.option("--level", type=click.Choice(("city", "province", "nation", "exchange")), default="city",
              show_default=True,
              help="Above the city: summed figures, and nodes without addresses. exchange: Open311 alone.")  # fmt: skip
@click.option(
    "--network", "networks", multiple=True, metavar="RANGE", help="Only from here, as 10.0.0.0/8; repeatable."
)
@click.option("--days", type=click.IntRange(1, 3650), help="Valid so many days (default: until revoked).")
def add(name: str, level: str, networks: tuple[str, ...], days: int | None) -> None:
    """Make a token; it is printed once."""
    from center.accounts.tokens import add_token

    made = add_token(name, level, made_by=acted("token-add", name, level), networks=" ".join(networks), days=days)
    say("token-added", name=name, level=level, token=made)


@token.command("list")
def list_tokens() -> None:
    """All tokens: level, validity, last use."""
    from center.accounts.models import ApiToken

    now_ms = time.time_ns() // 1_000_000
    rows = list(ApiToken.objects.order_by("name"))
    if not rows:
        say("token-none")
    for row in rows:
        click.echo(f"{row.name:<24}{row.level:<10}", nl=False)
        over = row.revoked_ms is not None or (row.expires_ms is not None and row.expires_ms <= now_ms)
        click.echo(f"{word('token-over' if over else 'token-valid'):<16}", nl=False)
        used = "" if row.used_ms is None else time.strftime("%Y-%m-%d %H:%M", time.localtime(row.used_ms / 1000))
        click.echo(word("token-used", at=used) if used else word("token-never-used"), nl=False)
        click.echo(f"  {row.networks}" if row.networks else "")


@token.command()
@click.argument("name")
def revoke(name: str) -> None:
    """End a token at once."""
    from center.accounts.tokens import revoke_token

    revoke_token(name)
    acted("token-revoke", name)
    say("token-revoked", name=name)
