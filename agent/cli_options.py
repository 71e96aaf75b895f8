"""What the commands' declarations share: texts of the command line itself, and the options many commands have."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

import click

from agent.config import config_path
from agent.messages import LANGUAGES, Messages, language_from

Function = TypeVar("Function", bound=Callable[..., object])
TEXTS: Final = Messages(language_from(os.environ))


def said(key: str) -> str:
    """A text of the command line, in the language of the environment: options are not read yet."""
    return TEXTS.text(f"cli.{key}")


def config_option(command: Function) -> Function:
    """`--config FILE`, else SANDI_CONFIG, else /etc/sandi/agent.toml."""
    # Not judged here: a group's own option would fail where only its command's file may be read, as in a unit.
    kind = click.Path(path_type=Path, dir_okay=False, readable=False)
    return click.option("-c", "--config", "config", type=kind, default=config_path, help=said("opt.config"))(command)


def center_option(command: Function) -> Function:
    """`--centre HOST[:PORT]`: the command then needs no configuration."""
    return click.option("--centre", "--center", "center", metavar="HOST[:PORT]", help=said("opt.centre"))(command)


def lang_option(command: Function) -> Function:
    """`--lang id|en` for what the command prints."""
    default = language_from(os.environ)
    return click.option("--lang", type=click.Choice(LANGUAGES), default=default, help=said("opt.lang"))(command)


def json_option(command: Function) -> Function:
    """`--json`: one JSON document for programs."""
    return click.option("--json", "as_json", is_flag=True, help=said("opt.json"))(command)
