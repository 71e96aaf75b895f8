"""`sandi-center replace`: another box takes a broken one's place."""

import json
import time
from pathlib import Path
from typing import Any

import click

from center.commands.common import acted, data_option, say, word
from center.commands.provision import card_options, fact_tree, judge_agent


@click.command()
@click.argument("node")
@click.option("--model", default="", metavar="MODEL", help="The new box (default: as on the node's last card).")
@click.option("--role", default="", metavar="ROLE", help="What it is for (default: as on the node's last card).")
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR",
              help="The card's mounted boot partition, or an empty folder.")  # fmt: skip
@card_options
@click.option(
    "--keep-certificate-until-enrolled",
    "keep",
    is_flag=True,
    help="The old box goes on working until the new one has its certificate: for an exchange without a fault.",
)
@click.option("--dry-run", is_flag=True, help="Show what would be done; nothing is changed.")
@click.option("--json", "as_json", is_flag=True, help="What was found and done as one JSON object; never with a token.")
@data_option
def replace(*, node: str, model: str, role: str, out: Path | None, dry_run: bool, as_json: bool, **more: Any) -> None:
    """Replace NODE's box: its certificates are taken back and a card for any spare box is made, in one step.

    The new box continues the node's history: its first record names the last one known of the box before. What only
    the lost card held is reported as a gap.
    """
    from center.database import open_database

    open_database()
    from center.enrolment import replacing

    plan = replacing.plan(node, role=role, model=model)
    found = _found(plan, more["data"], more["site_file"])
    if not dry_run:
        if out is None:
            raise click.UsageError("--out DIR is missing: where the card's files are put")
        found |= _do(plan, out.absolute(), **more)
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    _tell(plan, found, dry_run)


def _found(plan: Any, data: Path, site_file: Path | None) -> dict[str, Any]:
    from center.provision.keeping import kept, kept_since

    before, since = plan.before, None
    if site_file is None and kept(data, plan.node):
        since = kept_since(data, plan.node)
    return {
        "node": plan.node,
        "site": plan.site,
        "model": plan.model,
        "role": plan.role,
        "predecessor": None if before is None else {"epoch": before.epoch, "heads": dict(before.heads)},
        "heard_ms": plan.unknown_since_ms,
        "site_facts_kept_at": None if since is None else since.isoformat(timespec="seconds"),
    }


def _do(
    plan: Any, out: Path, *, data: Path, packages: Path | None, host: str, site_file: Path | None,
    assignments: tuple[str, ...], keep: bool, force: bool,
) -> dict[str, Any]:  # fmt: skip
    """The card is judged whole, then the certificates go, then it is written: should that fail, the lost box is locked
    out already and the command can be repeated."""
    from center.config import load_config
    from center.enrolment import replacing
    from center.provision import keeping
    from center.provision.catalogue import load_catalogue
    from center.provision.facts import build_facts
    from center.provision.making import Wish, make, prepare

    config = load_config(data)
    kept = {} if site_file is not None else keeping.kept(data, plan.node)
    facts = build_facts(fact_tree(site_file, assignments, kept), str(site_file or "--set"))
    wish = Wish(plan.node, plan.model, plan.role, facts, host)
    prepared = prepare(wish, out, load_catalogue(), config, force=force)
    judge_agent(prepared)
    keeping.keep(data, plan.node, facts, host)
    revoked = 0 if keep else replacing.take_back(plan.node, data)
    who = acted("node-replace", plan.node, f"{plan.model} {plan.role}, {revoked} certificates")
    make(prepared, data, config, who, packages=packages, predecessor=plan.sidecar, replaces=True)
    confirm, days = prepared.confirm, config.enrolment.token_days
    return {"revoked": revoked, "kept": keep, "out": str(out), "confirm": confirm, "days": days}


def _tell(plan: Any, found: dict[str, Any], dry_run: bool) -> None:
    say("replace-plan", node=plan.node, site=plan.site, model=plan.model, role=plan.role)
    if plan.before is None:
        say("replace-nothing-before")
    else:
        heads = ", ".join(f"{stream} {head}" for stream, head in plan.before.heads.items()) or "-"
        say("replace-before", epoch=plan.before.epoch, heads=heads)
    if plan.unknown_since_ms is not None:
        at = time.strftime("%Y-%m-%d %H:%M", time.localtime(plan.unknown_since_ms / 1000))
        say("replace-unknown", since=at)
    if found["site_facts_kept_at"]:
        say("replace-facts", date=found["site_facts_kept_at"][:10], node=plan.node)
    if dry_run:
        say("replace-dry")
        return
    say("replace-kept" if found["kept"] else "replace-revoked", count=found["revoked"])
    say("replace-done", directory=found["out"], command=word("replace-next"))
    say("card-next-days", days=found["days"])
    if found["confirm"]:
        say("card-next-confirm", node=plan.node)
