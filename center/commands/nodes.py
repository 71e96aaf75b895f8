"""Commands about nodes: enrol, revoke, list."""

import json
from pathlib import Path

import click

from center.commands.common import data_option, language, say
from center.phrases import phrase


@click.command()
@click.argument("node")
@click.option("--out", required=True, type=click.Path(path_type=Path), metavar="DIR", help="Where the keys are put.")
@click.option("--force", is_flag=True, help="Renew: replace the node's certificate and what is in DIR.")
@data_option
def enroll(node: str, out: Path, force: bool, data: Path) -> None:
    """Enrol NODE (such as kel-3673011001) and write its credentials to DIR.

    Copy DIR to the node as /etc/sandi/credentials; it holds keys, so keep no other copy.
    """
    from center.database import open_database

    open_database()
    from center.sites.enrolment import enroll_node

    made = enroll_node(node, out.absolute(), data, replace=force)
    say("enrolled", node=node, site=made.site, directory=out.absolute(), expires=made.expires_at.date().isoformat())


@click.command()
@click.argument("node")
@data_option
def revoke(node: str, data: Path) -> None:
    """Take NODE's certificates back: for a lost or stolen box."""
    from center.database import open_database

    open_database()
    from center.sites.enrolment import revoke_node

    done = revoke_node(node, data)
    say("revoked", node=node, count=done.count)
    if not done.known:
        say("revoked-by-book", node=node)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON list, times in UTC.")
@click.option("--all", "everything", is_flag=True, help="Also the sites where no node is enrolled.")
@data_option
def nodes(as_json: bool, everything: bool, data: Path) -> None:
    """List nodes with state, since when, last seen, and verdict. Works while the centre runs."""
    from center.database import open_database

    open_database()
    from center.sites.listing import list_nodes

    rows = list_nodes(everything=everything)
    if as_json:
        click.echo(json.dumps([row.as_json() for row in rows], indent=2))
        return
    if not rows:
        say("no-nodes")
        return
    columns = ("node", "name", "state", "since", "seen", "verdict")
    table = [tuple(phrase(language(), f"column-{column}") for column in columns)]
    absent = phrase(language(), "not-enrolled")
    table += [row.as_cells(absent) for row in rows]
    widths = [max(len(line[index]) for line in table) for index in range(len(columns))]
    for line in table:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
