"""Commands about cards: make one, make many, judge what goes onto them."""

import csv
import io
import json
import tomllib
from pathlib import Path
from typing import Any

import click

from center.commands.common import acted, data_option, say
from center.commands.site_facts import facts
from center.errors import CenterError


class _CardOrCheck(click.Group):
    """`provision check` and `copy` are commands; anything else makes cards: NODE stands where people look for it."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the hidden command's name in front."""
        if args and args[0] not in {*self.commands, "-h", "--help"}:
            args = ["card", *args]
        return super().parse_args(ctx, args)


_CARD_OPTIONS = (
    click.option(
        "--packages",
        type=click.Path(path_type=Path, exists=True, file_okay=False),
        metavar="DIR",
        help="Put the .deb and .whl files in DIR on the card: for a box without internet.",
    ),
    click.option(
        "--host", default="", metavar="HOST", help="How boxes call the centre (default: center.toml, mqtt.names)."
    ),
    click.option(
        "--site-file", type=click.Path(path_type=Path), metavar="TOML", help="Facts of the site: Wi-Fi, address, APN."
    ),
    click.option(
        "--set",
        "assignments",
        multiple=True,
        metavar="KEY=VALUE",
        help="One fact, such as wifi.ssid=Kantor; repeatable.",
    ),
    click.option("--force", is_flag=True, help="Write into DIR whatever lies there."),
)


def card_options(command: Any) -> Any:
    """What every command that makes cards takes: what the site is like, what goes along, how the centre is called."""
    for option in reversed(_CARD_OPTIONS):
        command = option(command)
    return command


@click.group(cls=_CardOrCheck)
def provision() -> None:
    """Make the card of a node's box: sandi-center provision NODE --model M --role R --out DIR.

    All options: sandi-center provision card --help. Others: provision check, provision copy, provision facts.
    """


provision.add_command(facts)


@provision.command()
@click.argument("node", required=False)
@click.option("--model", metavar="MODEL", help="Board: pi-zero-2w, pi-3b, pi-4b, pi-5.")
@click.option("--role", metavar="ROLE", help="What the box is for: kelurahan-kiosk, opd, cctv, lte.")
@click.option("--out", required=True, type=click.Path(path_type=Path), metavar="DIR",
              help="The card's mounted boot partition, or an empty folder.")  # fmt: skip
@click.option("--from", "table", type=click.Path(path_type=Path), metavar="CSV",
              help="Cards of many sites, one folder each below DIR; columns node,model,role and facts.")  # fmt: skip
@card_options
@click.option("--dry-run", is_flag=True, help="Judge everything and show it; write nothing, make no token.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object; never with a token.")
@data_option
def card(node: str | None, table: Path | None, **options: Any) -> None:
    """Make the card of NODE, or with --from of many nodes. A new card ends the token of an earlier one not used yet."""
    if (node is None) == (table is None):
        raise click.UsageError("name one NODE, or a file with --from")
    if node is not None and not (options["model"] and options["role"]):
        raise click.UsageError("--model and --role are needed")
    if table is not None and (options["model"] or options["role"]):
        raise click.UsageError("with --from, model and role stand in the file")
    from center.database import open_database

    open_database()
    if table is None:
        _one(str(node), **options)
    else:
        _many(table, **options)


def _one(
    node: str, *, model: str, role: str, out: Path, packages: Path | None, host: str, site_file: Path | None,
    assignments: tuple[str, ...], force: bool, dry_run: bool, as_json: bool, data: Path,
) -> None:  # fmt: skip
    from center.config import load_config
    from center.provision.catalogue import load_catalogue
    from center.provision.facts import build_facts
    from center.provision.keeping import keep
    from center.provision.making import Wish, make, prepare

    site = build_facts(fact_tree(site_file, assignments), str(site_file or "--set"))
    config = load_config(data)
    wish = Wish(node, model, role, site, host)
    prepared = prepare(wish, out.absolute(), load_catalogue(), config, force=force)
    judge_agent(prepared)
    if not dry_run:
        keep(data, node, site, host)
        make(prepared, data, config, acted("provision", node, f"{model} {role}"), packages=packages)
    if as_json:
        click.echo(json.dumps(_described(prepared, dry_run=dry_run), indent=2))
        return
    _tell(prepared, dry_run=dry_run, days=config.enrolment.token_days, packages=packages)


def _many(
    table: Path, *, out: Path, packages: Path | None, host: str, site_file: Path | None, assignments: tuple[str, ...],
    force: bool, dry_run: bool, as_json: bool, data: Path, **_: object,
) -> None:  # fmt: skip
    from center.config import load_config
    from center.provision.bulk import SUMMARY, read_wishes
    from center.provision.card import put
    from center.provision.catalogue import load_catalogue
    from center.provision.keeping import keep
    from center.provision.making import make, prepare

    config, catalogue = load_config(data), load_catalogue()
    wishes = read_wishes(table, fact_tree(site_file, assignments), host)
    prepared = [prepare(wish, out.absolute() / wish.node, catalogue, config, force=force) for wish in wishes]
    for item in prepared:
        judge_agent(item)
    for number, (item, wish) in enumerate(zip(prepared, wishes, strict=True), 1):
        order = item.order
        if not dry_run:
            keep(data, order.node, wish.facts, wish.host)
            by = acted("provision", order.node, f"{order.model.name} {order.role.name}")
            make(item, data, config, by, packages=packages)
        if not as_json:
            say("card-progress", number=number, count=len(prepared), node=order.node, folder=item.place.folder)
    described = [_described(item, dry_run=dry_run) for item in prepared]
    if not dry_run:
        put(out.absolute() / SUMMARY, _summary(described))
    if as_json:
        click.echo(json.dumps(described, indent=2))
    elif dry_run:
        say("card-dry", folder=out.absolute())
    else:
        say("card-summary", count=len(prepared), file=out.absolute() / SUMMARY, days=config.enrolment.token_days)


def fact_tree(
    site_file: Path | None, assignments: tuple[str, ...], kept: dict[str, Any] | None = None
) -> dict[str, Any]:
    """The facts of a site as they were typed: those of the file, else those `kept`, then each --set."""
    from center.provision.facts import MAX_BYTES, FactsError, put

    tree: dict[str, Any] = dict(kept or {})
    if site_file is not None:
        try:
            with site_file.open("rb") as file:
                content = file.read(MAX_BYTES + 1)
            if len(content) > MAX_BYTES:
                raise ValueError(f"larger than {MAX_BYTES} bytes")
            tree = tomllib.loads(content.decode("utf-8"))
        except (OSError, ValueError, RecursionError) as error:
            raise FactsError(f"{site_file}: {error}", f"{site_file} keliru: {error}") from error
    for assignment in assignments:
        put(tree, assignment)
    return tree


def judge_agent(prepared: Any) -> None:
    """What a site file says of the agent goes through the agent's own check before it is on a card."""
    import tempfile

    from center.provision.cardcheck import agent_complaint

    if not prepared.order.facts.agent:
        return
    with tempfile.TemporaryDirectory(prefix="sandi-card-") as scratch:
        path = Path(scratch, "agent.toml")
        path.write_bytes(prepared.rendered.files["agent.toml"])
        if complaint := agent_complaint(path):
            complaint = complaint.replace(f"{scratch}/", "")
            raise CenterError(
                f"agent.toml of {prepared.order.node} would be refused: {complaint}",
                f"agent.toml untuk {prepared.order.node} akan ditolak: {complaint}",
            )


def _described(prepared: Any, *, dry_run: bool) -> dict[str, Any]:
    order = prepared.order
    return {
        "node": order.node, "model": order.model.name, "role": order.role.name, "folder": str(prepared.place.folder),
        "boot_partition": prepared.place.boot, "host": order.host, "enrolment_port": order.port,
        "confirm": prepared.confirm, "written": not dry_run,
        "files": sorted(prepared.rendered.files), "config_txt": prepared.rendered.config_lines,
        "cmdline_txt": prepared.rendered.add,
    }  # fmt: skip


def _summary(described: list[dict[str, Any]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    columns = ("node", "model", "role", "folder", "confirm")
    writer.writerow(columns)
    writer.writerows([row[column] for column in columns] for row in described)
    return text.getvalue().encode("utf-8")


def _tell(prepared: Any, *, dry_run: bool, days: int, packages: Path | None) -> None:
    order, place = prepared.order, prepared.place
    if dry_run:
        for name, content in sorted(prepared.rendered.files.items()):
            click.echo(f"  sandi/{name}  {len(content)}")
        for line in prepared.rendered.config_lines:
            click.echo(f"  config.txt   {line}")
        for word in prepared.rendered.add:
            click.echo(f"  cmdline.txt  {word}")
        say("card-dry", folder=place.folder)
        return
    say("card-made", node=order.node, model=order.model.title, role=order.role.title, folder=place.folder)
    say("card-next-boot" if place.boot else "card-next-folder", folder=place.folder)
    say("card-next-days", days=days)
    if prepared.confirm:
        say("card-next-confirm", node=order.node)
    if packages is None and not (place.sandi / "packages").is_dir():
        say("card-no-packages")


@provision.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("card_folder", metavar="CARD", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--force", is_flag=True, help="Also onto a card of another node.")
def copy(folder: Path, card_folder: Path, force: bool) -> None:
    """Put the card made in FOLDER onto CARD, the mounted boot partition of a flashed one. Needs no centre."""
    from center.provision.catalogue import load_catalogue
    from center.provision.copying import copy_card

    made = copy_card(folder.absolute(), card_folder.absolute(), load_catalogue(), force=force)
    say("card-copied", node=made.node, folder=card_folder.absolute())
    say("card-next-boot", folder=card_folder.absolute())
    say("card-copy-left", source=folder.absolute())


@provision.command()
@click.argument("directory", required=False, type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--all", "everything", is_flag=True, help="Every card below DIRECTORY, one folder each.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@data_option
def check(directory: Path | None, everything: bool, as_json: bool, data: Path) -> int:
    """Judge the configuration of firmware and system, or the card in DIRECTORY. Exit code 1 when something is wrong."""
    from center.provision.catalogue import load_catalogue

    catalogue = load_catalogue()
    absent: list[str] = []
    if directory is None:
        if everything:
            raise click.UsageError("--all goes with a directory of cards")
        from center.provision.lint import findings
        from center.provision.tools import check_files

        found = findings(catalogue)
        wrong, absent = check_files(catalogue)
        rows = [("", finding) for finding in (*found, *wrong)]
    else:
        rows = _check_cards(directory.absolute(), everything, catalogue, data)
    if as_json:
        listed = [{"card": name, **finding.as_json()} for name, finding in rows]
        click.echo(json.dumps({"ok": not rows, "findings": listed, "not_checked": absent}, indent=2))
        return 1 if rows else 0
    for name, finding in rows:
        click.echo(f"{f'{name}: ' if name else ''}{finding.where}: {finding.what}")
    for program in absent:
        say("check-absent", program=program)
    say("check-findings" if rows else "check-good", count=len(rows))
    return 1 if rows else 0


def _check_cards(directory: Path, everything: bool, catalogue: Any, data: Path) -> list[tuple[str, Any]]:
    from center.database import open_database
    from wire.card import FOLDER

    open_database()
    from center.provision.cardcheck import check_card

    folders = sorted(path.parent for path in directory.glob(f"*/{FOLDER}")) if everything else [directory]
    if not folders:
        raise CenterError(f"there is no card below {directory}", f"tidak ada kartu di bawah {directory}")
    return [
        (folder.name if everything else "", finding)
        for folder in folders
        for finding in check_card(folder, catalogue, data)
    ]
