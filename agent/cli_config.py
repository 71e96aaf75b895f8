"""`sandi config check|show|overrides`: what is wrong with a configuration, what is in force, and who decided it."""

from pathlib import Path
from typing import Any, Final

import click
import msgspec

from agent import cli_words as words
from agent.cli import EXIT_OK, EXIT_USAGE
from agent.config import AgentConfig, ConfigError, from_layers, load
from agent.config_files import Layers, layers, table_of, text_of
from agent.configuration.problems import Problem
from agent.core import overlay
from agent.messages import Messages
from wire.shape import replace

MOST_REPORTED: Final = 20


def check(path: Path, messages: Messages, *, pushed: Path | None, report: Path | None, as_json: bool) -> int:
    """Exit 0 when it loads, 2 when it does not. `pushed`: with this file in place of what was pushed; `report`: write
    digest and mistakes there as well."""
    try:
        config = load(path) if pushed is None else _with(path, pushed)
    except ConfigError as error:
        _report(report, ok=False, digest="", problems=[problem.text(messages.lang) for problem in error.problems])
        return _wrong(path, error, messages, as_json=as_json)
    _report(report, ok=True, digest=config.layers.digest, problems=[])
    if as_json:
        found = {"file": str(path), "ok": True, "node": config.node.id, "digest": config.layers.digest, "problems": []}
        click.echo(msgspec.json.encode(found))
    else:
        click.echo(messages.text("cli.config_check.ok", file=path, node=config.node.id))
    return EXIT_OK


def show(path: Path, messages: Messages, *, as_json: bool) -> int:
    """Every value some file says, and which file; without what must not leave the box. Exit 2 when it does not load."""
    from agent.bundle.configuration import shown

    try:
        found = layers(path)
        config = from_layers(found, {})
    except ConfigError as error:
        return _wrong(path, error, messages, as_json=as_json)
    values = overlay.values(shown(found.tables))
    sources = overlay.sources(found.card, found.pushed, found.override)
    rows = [{"key": key, "value": value, "source": sources.get(key, "card")} for key, value in values.items()]
    if as_json:
        facts = {"node": config.node.id, "digest": config.layers.digest, "files": _files(found), "values": rows}
        click.echo(msgspec.json.encode(facts))
        return EXIT_OK
    from agent.configuration.example import spelled

    out = words.console()
    made = words.table(*(messages.text(f"cli.config_show.{name}") for name in ("source", "key", "value")))
    for row in rows:
        source = messages.text(f"cli.config_show.source.{row['source']}")
        made.add_row(source, words.clean(row["key"]), words.clean(spelled(row["value"])))
    out.print(made)
    click.echo(messages.text("cli.config_show.digest", digest=config.layers.digest[:16]))
    return EXIT_OK


def overrides(path: Path, messages: Messages, *, as_json: bool) -> int:
    """What this box decides for itself against card and centre. Exit 0, also when it is nothing."""
    try:
        found = layers(path)
    except ConfigError as error:
        return _wrong(path, error, messages, as_json=as_json)
    values = overlay.values(found.override) if found.override else {}
    below = overlay.values(overlay.effective(found.card, found.pushed, {}))
    rows = [{"key": key, "below": key in below} for key in values]
    if as_json:
        click.echo(msgspec.json.encode({"file": str(found.override_path), "overrides": rows}))
        return EXIT_OK
    if not rows:
        click.echo(messages.text("cli.config_overrides.none", file=found.override_path))
        return EXIT_OK
    click.echo(messages.text("cli.config_overrides.some", count=len(rows), file=found.override_path))
    for row in rows:
        click.echo(f"  {words.plain(row['key'])}")
    return EXIT_OK


def _with(path: Path, pushed: Path) -> AgentConfig:
    """The effective configuration as it would be. ConfigError, also for what cannot be pushed."""
    tables = table_of(text_of(pushed), pushed)
    problems = tuple(Problem(key[:120], "not_pushable") for key in overlay.refused(tables))
    found = replace(layers(path, pushed=False), pushed=tables, pushed_path=pushed, in_place=True)
    try:
        config = from_layers(found, {})
    except ConfigError as error:
        raise ConfigError(path, (*problems, *error.problems), found.origin) from error
    if problems:
        raise ConfigError(pushed, problems)
    return config


def _wrong(path: Path, error: ConfigError, messages: Messages, *, as_json: bool) -> int:
    if as_json:
        problems = [{"key": p.key, "code": p.code, "text": p.text(messages.lang), **p.facts} for p in error.problems]
        click.echo(msgspec.json.encode({"file": str(path), "ok": False, "problems": problems}))
    else:
        for line in error.lines(messages.lang):
            click.echo(line, err=True)
    return EXIT_USAGE


def _report(path: Path | None, *, ok: bool, digest: str, problems: list[str]) -> None:
    if path is not None:
        found = {"ok": ok, "digest": digest, "problems": [text[:500] for text in problems[:MOST_REPORTED]]}
        path.write_bytes(msgspec.json.encode(found))


def _files(found: Layers) -> dict[str, Any]:
    return {"card": str(found.path), "pushed": str(found.pushed_path), "override": str(found.override_path)}
