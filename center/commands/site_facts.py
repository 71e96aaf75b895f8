"""`sandi-center provision facts`: what is kept of a node's site for the next card."""

import json
from pathlib import Path

import click

from center.commands.common import acted, data_option, say


@click.command()
@click.argument("node")
@click.option("--forget", is_flag=True, help="Remove them: the next card is made from what is named with it alone.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@data_option
def facts(node: str, forget: bool, as_json: bool, data: Path) -> None:
    """The facts of NODE's site (Wi-Fi, address, APN) that its next card is made with; passwords are not shown."""
    from center.database import open_database
    from center.provision import keeping

    open_database()
    from center.sites.enrolment import site_of

    site_of(node)
    if forget:
        if keeping.forget(data, node):
            acted("site-facts-forget", node)
        say("facts-forgotten", node=node)
        return
    tree, since = keeping.without_secrets(keeping.kept(data, node)), keeping.kept_since(data, node)
    if as_json:
        at = None if since is None else since.isoformat(timespec="seconds")
        click.echo(json.dumps({"node": node, "kept_at": at, "facts": tree}, indent=2, ensure_ascii=False))
    elif since is None or not tree:
        say("facts-none", node=node)
    else:
        say("facts-kept", node=node, date=since.astimezone().strftime("%Y-%m-%d"))
        for name, value in flat(tree):
            click.echo(f"  {name} = {json.dumps(value, ensure_ascii=False)}")


def flat(tree: dict[str, object], before: str = "") -> list[tuple[str, object]]:
    """Every value with its dotted name, as --set takes it."""
    found: list[tuple[str, object]] = []
    for name, value in tree.items():
        found += flat(value, f"{before}{name}.") if isinstance(value, dict) else [(before + name, value)]
    return found
