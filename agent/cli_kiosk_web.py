"""`sandi kiosk web` and `sandi kiosk browser`, both for their units: the screen's server, and the browser before it."""

import asyncio
import sys
from pathlib import Path

import click

from agent import logs
from agent.cli import EXIT_OK, EXIT_PROBLEM, EXIT_USAGE
from agent.config import AgentConfig, ConfigError, load
from agent.config_watch import Watch
from agent.messages import Messages


def serve(config_path: Path, messages: Messages) -> int:
    """Until SIGTERM or Ctrl-C. Exit 0 in order, 1 when it cannot serve, 2 for a wrong configuration."""
    watch = Watch(config_path, ("node", "kiosk"))
    config = _config(config_path, messages)
    if config is None:
        return EXIT_USAGE
    try:
        from agent.kiosk.serial.client import next_scan
        from agent.kiosk.serial.paper import Paper
        from agent.kiosk.web.app import Kiosk
        from agent.kiosk.web.catalogue import CatalogueError
        from agent.kiosk.web.server import listen
        from agent.kiosk.web.server import serve as serve_at
    except ImportError as error:
        click.echo(messages.text("cli.kiosk_web.missing", module=error.name), err=True)
        return EXIT_PROBLEM
    logs.set_up()
    web = config.kiosk.web
    try:
        serial = config.kiosk.serial
        paper = Paper(serial.run_dir) if serial.printer else None
        scan = (lambda lang: next_scan(serial.run_dir, 0.0, lang)) if serial.scanner or serial.panel else None
        kiosk = Kiosk(web, config.node.run_dir / "intake.sock", config.kiosk.status_url, print_it=paper, scan=scan)
        watch.busy = lambda: len(kiosk.sessions) > 0  # a citizen is never cut off in the middle
        listener = listen(web.port)
    except CatalogueError as error:
        click.echo(messages.text("cli.kiosk_web.catalogue", detail=error), err=True)
        return EXIT_USAGE
    except OSError as error:
        click.echo(messages.text("cli.kiosk_web.port", port=web.port, detail=error.strerror or error), err=True)
        return EXIT_PROBLEM

    def ready() -> None:
        click.echo(messages.text("cli.kiosk_web.ready", port=web.port))
        sys.stdout.flush()

    asyncio.run(serve_at(kiosk, listener, ready))
    return EXIT_OK


def browse(config_path: Path, messages: Messages, program: str, compositor: str = "") -> int:
    """Show the screen until SIGTERM. Exit 0 in order, 1 when browser or page gave up, 2 for wrong use."""
    config = _config(config_path, messages)
    if config is None:
        return EXIT_USAGE
    from agent.kiosk.web.browser import BrowserError, watch

    logs.set_up()
    try:
        watch(program, config.kiosk.web.port, compositor=compositor)
    except BrowserError as error:
        click.echo(
            messages.text(f"cli.kiosk_browser.{error.code}", program=f"{compositor} {program}".strip()), err=True
        )
        return EXIT_PROBLEM
    return EXIT_OK


def _config(path: Path, messages: Messages) -> AgentConfig | None:
    try:
        return load(path)
    except ConfigError as error:
        for line in error.lines(messages.lang):
            click.echo(line, err=True)
        return None
