"""`sandi bundle`: one archive for whoever helps from afar, with nothing in it that must stay here."""

import asyncio
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import click

from agent import cli_words as words
from agent.bundle import archive, configuration, gather
from agent.bundle.excerpt import excerpt
from agent.bundle.pieces import Basket
from agent.cli import EXIT_OK, EXIT_PROBLEM
from agent.config import AgentConfig, ConfigError, load
from agent.config_files import layers
from agent.core.redact import Redactor
from agent.messages import Messages

MOST_KEY_BYTES: Final = 64 * 1024


def bundle(
    config_path: Path, messages: Messages, output: Path | None, *, quick: bool = False, show_bytes: int = 0
) -> int:
    """Exit 0 written, 1 not. Works without agent, root and configuration: what is then missing is said in it.

    `show_bytes`: so much of its text is printed too, what tells most first.
    """
    basket, secrets, config = Basket(), list[str](), _config(config_path)
    node = config.node.id if config is not None else ""
    _configuration(basket, secrets, config_path)
    if config is not None:
        secrets += _keys(config.uplink.credentials)
        gather.agent_state(basket, config)
        gather.journals(basket, config.node.data_dir)
    else:
        basket.leave_out("status.json", "bad_config")
        basket.leave_out("journal/", "bad_config")
    gather.versions(basket)
    gather.network(basket)
    gather.system(basket, config.node.data_dir if config is not None else None)
    gather.logs(basket)
    if quick:
        basket.leave_out("diagnose.json", "asked")
    else:
        click.echo(messages.text("cli.bundle.diagnosing"))
        _diagnose(basket, config_path if config is not None else None)
    made = datetime.now(UTC)
    facts = {"node": node, "made_at": made.isoformat(timespec="seconds"), "format": 1}
    path = output or Path(f"sandi-bundle-{node or 'kotak'}-{words.wib(made):%Y%m%d-%H%M%S}.tar.gz")
    redactor = Redactor(secrets)
    try:
        content = archive.packed(basket.pieces, basket.left_out, facts, redactor)
        archive.write(path, content)
    except archive.LeakError as error:
        click.echo(messages.text("cli.bundle.leak", name=error), err=True)
        return EXIT_PROBLEM
    except OSError as error:
        click.echo(messages.text("cli.bundle.not_written", path=path, detail=error.strerror or error), err=True)
        return EXIT_PROBLEM
    _tell(messages, path, len(content), basket, redactor)
    if show_bytes:
        click.echo(excerpt(basket.pieces, redactor, show_bytes), nl=False)
    return EXIT_OK


def _config(path: Path) -> AgentConfig | None:
    try:
        return load(path)
    except ConfigError:
        return None


def _configuration(basket: Basket, secrets: list[str], path: Path) -> None:
    try:
        table = _in_force(path)
    except (OSError, ValueError) as error:
        # A file that is no TOML may hold anything: only what is wrong with it is told.
        basket.leave_out("config.json", "unreadable", f"{type(error).__name__}")
        return
    secrets += configuration.secrets(table)
    basket.add("config.json", json.dumps(configuration.shown(table), indent=1, ensure_ascii=False, default=str))
    try:
        load(path)
    except ConfigError as error:
        problems = [f"{problem.key}: {problem.code}" for problem in error.problems]
        basket.add("config-problems.txt", "\n".join(problems) + "\n")


def _in_force(path: Path) -> Mapping[str, Any]:
    """The effective tables; the card's alone where what lies over it cannot be read. OSError or ValueError."""
    card = configuration.read(path)
    try:
        return layers(path).tables
    except (ConfigError, OSError):
        return card


def _keys(folder: Path) -> list[str]:
    """The lines of the keys, where this user may read them at all: to be sure that none of them is in the archive."""
    found: list[str] = []
    for path in (*folder.glob("*.key"), *folder.glob("*.pub"), *folder.glob("*.pin")):
        try:
            with path.open("rb") as file:
                text = file.read(MOST_KEY_BYTES).decode("utf-8", "replace")
        except OSError:
            continue
        found += [line for line in text.splitlines() if re.fullmatch(r"[A-Za-z0-9+/=_-]{16,}", line.strip())]
    return found


def _diagnose(basket: Basket, config_path: Path | None) -> None:
    import msgspec

    from agent.cli_diagnose import examine
    from agent.diagnose.ground import ground
    from agent.diagnose.told import document

    try:
        found, duration_s = asyncio.run(examine(ground(config_path, None)))
    except (ConfigError, OSError) as error:
        basket.leave_out("diagnose.json", "failed", str(error))
        return
    told: Any = document(found, duration_s, "id")
    basket.add("diagnose.json", msgspec.json.format(msgspec.json.encode(told), indent=1).decode())


def _tell(messages: Messages, path: Path, size_bytes: int, basket: Basket, redactor: Redactor) -> None:
    say = messages.text
    click.echo(say("cli.bundle.written", path=path, size=words.size(size_bytes), count=len(basket.pieces)))
    if redactor.taken:
        click.echo(say("cli.bundle.redacted", count=redactor.taken))
    click.echo(say("cli.bundle.never"))
    for each in basket.left_out:
        click.echo(
            f"  - {words.plain(each.what)}: {say(f'cli.bundle.why.{each.why}')} {words.plain(each.detail)}".rstrip()
        )
    click.echo(say("cli.bundle.send"))
