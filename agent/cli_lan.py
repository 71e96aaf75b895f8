"""`sandi lan-page` (for its unit) and `sandi lan-pin set`: the status page on the site's own network."""

import asyncio
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click

from agent import cli_words as words
from agent import logs
from agent.cli import EXIT_OK, EXIT_PROBLEM, EXIT_USAGE
from agent.config import AgentConfig, ConfigError, load
from agent.config_watch import Watch
from agent.headless.lan import pin
from agent.messages import Messages

UNIT: Final = "sandi-lan-page.service"
SYSTEMCTL_S: Final = 30.0


def serve(config_path: Path, messages: Messages) -> int:
    """Until SIGTERM or Ctrl-C. Exit 0 in order, 1 when it cannot serve, 2 when it is not configured to."""
    Watch(config_path, ("node", "lan_page"))
    config = _config(config_path, messages)
    if config is None:
        return EXIT_USAGE
    if not config.lan_page.enabled:
        click.echo(messages.text("cli.lan_page.off"), err=True)
        return EXIT_USAGE
    pin_file = Path(os.environ.get("SANDI_LAN_PIN") or config.lan_page.pin_file)
    try:
        pin.read(pin_file)
    except pin.PinError as error:
        click.echo(messages.text(f"cli.lan_pin.{error.code}", path=pin_file), err=True)
        return EXIT_USAGE
    logs.set_up()
    try:
        asyncio.run(_serve(config, pin_file, messages))
    except OSError as error:
        port, detail = config.lan_page.port, error.strerror or str(error)
        click.echo(messages.text("cli.lan_page.port", port=port, detail=detail), err=True)
        return EXIT_PROBLEM
    return EXIT_OK


async def _serve(config: AgentConfig, pin_file: Path, messages: Messages) -> None:
    from agent.headless.lan.server import LanPage
    from agent.watch.sources import AgentGoneError, asked

    def ready(port: int) -> None:
        click.echo(messages.text("cli.lan_page.ready", port=port))
        sys.stdout.flush()

    page = LanPage(pin_file, lambda: asyncio.ensure_future(asked(config.node.run_dir)), AgentGoneError, _clock)
    serving = asyncio.ensure_future(page.serve(config.lan_page.port, ready))
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, serving.cancel)
    try:
        await serving
    except asyncio.CancelledError:
        return


def set_pin(config_path: Path, messages: Messages) -> int:
    """Ask for the PIN twice (or read it from standard input) and keep its hash. Exit 0 done, 1 not, 2 wrong use."""
    config = _config(config_path, messages)
    if config is None:
        return EXIT_USAGE
    path = config.lan_page.pin_file
    try:
        pin.write(path, _asked(messages))
    except pin.PinError as error:
        click.echo(messages.text(f"cli.lan_pin.{error.code}", path=path), err=True)
        return EXIT_USAGE
    except OSError as error:
        click.echo(messages.text("cli.lan_pin.not_written", path=path, detail=error.strerror or error), err=True)
        return EXIT_PROBLEM
    if not _page_started_anew():
        click.echo(messages.text("cli.lan_pin.restart", path=path), err=True)
        return EXIT_PROBLEM
    click.echo(messages.text("cli.lan_pin.done", path=path))
    return EXIT_OK


def _page_started_anew() -> bool:
    """The running unit has a copy of the PIN's file and open sessions: neither is left to the old PIN.

    False when it runs and could not be started anew.
    """
    try:
        if _systemctl("is-active", "--quiet", UNIT) != 0:
            return True
        return _systemctl("try-restart", UNIT) == 0
    except FileNotFoundError:
        return True  # no systemd: the page, if any, reads the file itself
    except (OSError, subprocess.TimeoutExpired):
        return False


def _systemctl(*words: str) -> int:
    return subprocess.run(("systemctl", *words), check=False, timeout=SYSTEMCTL_S).returncode


def _asked(messages: Messages) -> str:
    """Never from the command line, where other users could read it."""
    if not sys.stdin.isatty():
        return sys.stdin.readline(64).strip()
    first = str(click.prompt(messages.text("cli.lan_pin.ask"), hide_input=True, err=True))
    pin.check_form(first)
    if str(click.prompt(messages.text("cli.lan_pin.again"), hide_input=True, err=True)) != first:
        raise pin.PinError("differ")
    return first


def _config(path: Path, messages: Messages) -> AgentConfig | None:
    try:
        return load(path)
    except ConfigError as error:
        for line in error.lines(messages.lang):
            click.echo(line, err=True)
        return None


def _clock() -> str:
    return words.wib(datetime.now(UTC)).strftime("%H.%M.%S")
