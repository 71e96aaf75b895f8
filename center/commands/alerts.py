"""`sandi-center alert`: channels and what they last said, a test through one, secrets, a siren's certificate."""

import time
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

from center.alerts.error_words import said
from center.commands.common import data_option, language
from center.config import load_config
from center.core.alert_words import LANGUAGES
from center.errors import SetupError

TEST_WAIT_S = 90
_STATES = {
    "waiting": ("menunggu", "waiting"), "claimed": ("diambil", "claimed"), "sending": ("dikirim", "sending"),
    "sent": ("terkirim", "sent"), "failed": ("gagal, dicoba lagi", "failed, tried again"),
    "given_up": ("tidak terkirim", "given up"), "muted": ("ditahan", "withdrawn"), "joined": ("diringkas", "joined"),
}  # fmt: skip


@click.group()
def alert() -> None:
    """Channels of alerts: look at them, test them, give them their secrets."""


def _with_database(command: Callable[..., None]) -> Callable[..., None]:
    @wraps(command)
    def prepared(data: Path, **values: Any) -> None:
        from center.database import open_database

        open_database()
        command(data=data, **values)

    return prepared


@alert.command("list")
@data_option
@_with_database
def list_channels(data: Path) -> None:
    """Every channel: kind, language, on or off, whether its secret is there, when it last worked, what failed."""
    from center.alerts.deadman import dead_since_ms
    from center.alerts.models import Channel
    from center.alerts.secret_files import read_secret
    from center.core.alert_times import moment

    for one in Channel.objects.order_by("name"):
        secret = read_secret(data, one.secret or one.name) is not None
        words = [
            f"{one.name:<20} {one.kind:<10} {one.language}",
            _either("menyala", "on") if one.enabled else _either("mati", "off"),
            _either("rahasia ada", "secret there") if secret else _either("tanpa rahasia", "no secret"),
            _either("berhasil", "worked") + f" {moment(one.last_ok_ms, language())}" if one.last_ok_ms else "-",
        ]
        if one.failing_since_ms is not None:
            words.append(
                _either("GAGAL sejak", "FAILING since")
                + f" {moment(one.failing_since_ms, language())}: {said(one.last_error, language())}"
            )
        click.echo("  ".join(words))
    dead_ms = dead_since_ms(time.time_ns() // 1_000_000)
    if dead_ms is not None:
        since = moment(dead_ms, language()) if dead_ms else "-"
        click.echo(_either(f"PENGIRIM ALARM MATI sejak {since}", f"THE ALERTS PROCESS IS DEAD since {since}"))


@alert.command("log")
@data_option
@click.option(
    "-n", "count", type=click.IntRange(1, 10_000), default=30, show_default=True, help="How many, newest last."
)
@_with_database
def log(data: Path, count: int) -> None:
    """The newest deliveries. Addresses of people are numbers of the registry, never their telephone."""
    from center.alerts.models import Delivery
    from center.core.alert_times import moment

    for one in reversed(Delivery.objects.order_by("-id")[:count]):
        state = _either(*_STATES.get(one.state, (one.state, one.state)))
        about = f"#{one.incident}" if one.incident else "-"
        error = f"  {said(one.error, language())}" if one.error else ""
        head = one.text.partition("\n")[0]
        made = moment(one.made_ms, language())
        click.echo(f"{made}  {one.channel}  {one.what}  {about}  {one.address or '-'}  {state}  {head}{error}")


@alert.command("test")
@data_option
@click.argument("channel")
@click.option("--wait/--no-wait", default=True, help="Wait for what comes of it (default), at most 90 s.")
@_with_database
def test(data: Path, channel: str, wait: bool) -> None:
    """Send a test message through CHANNEL, by way of the outbox like every other."""
    from center.alerts.models import Delivery
    from center.alerts.testing import queue_test

    key = queue_test(channel, "cli")
    if not wait:
        click.echo(_either("Diantrikan.", "Queued."))
        return
    until_s = time.monotonic() + TEST_WAIT_S
    while time.monotonic() < until_s:
        row = Delivery.objects.get(key=key)
        if row.state == "sent":
            click.echo(_either("Terkirim; periksa apakah sampai.", "Sent; see whether it arrived."))
            return
        if row.state in {"failed", "given_up"}:
            raise SetupError(f"not delivered: {row.error}", f"tidak terkirim: {said(row.error, 'id')}")
        time.sleep(0.2)
    raise SetupError(
        "still waiting: does the alerts process run? see sandi-center alert list",
        "masih menunggu: apakah pengirim alarm berjalan? lihat sandi-center alert list",
    )


@alert.command("language")
@data_option
@click.argument("channel")
@click.argument("to", type=click.Choice(LANGUAGES))
@_with_database
def set_language(data: Path, channel: str, to: str) -> None:
    """Speak to CHANNEL in Indonesian (id) or English (en) from now on; what waits already stays as it is."""
    from center.accounts.audit import note
    from center.alerts.models import Channel

    if not Channel.objects.filter(name=channel).update(language=to):
        raise SetupError(f"there is no channel {channel}", f"tidak ada saluran {channel}")
    note("cli:root", "alert-language", channel, to)
    click.echo(_either("Tersimpan.", "Kept."))


@alert.command("secret")
@data_option
@click.argument("channel")
@click.option(
    "--file", "source", type=click.File("rb"), default="-", help="Read it from a file (default: standard input)."
)
@_with_database
def secret(data: Path, channel: str, source: Any) -> None:
    """Keep the secret of CHANNEL, read from standard input or a file: never from the command line."""
    from center.accounts.audit import note
    from center.alerts.models import Channel
    from center.alerts.secret_files import MAX_BYTES, write_secret

    found = Channel.objects.filter(name=channel).first()
    if found is None:
        raise SetupError(f"there is no channel {channel}", f"tidak ada saluran {channel}")
    write_secret(data, found.secret or found.name, source.read(MAX_BYTES + 1))
    note("cli:root", "alert-secret", channel)
    click.echo(_either("Tersimpan.", "Kept."))


@alert.command("siren")
@data_option
@click.argument("number", type=click.IntRange(1, 99))
def siren(data: Path, number: int) -> None:
    """Make the certificate of siren NUMBER; copy the directory it prints to the siren."""
    from center.broker import SIREN_NAME, SIREN_TREE
    from center.pki import open_authority

    load_config(data)
    made = open_authority(data / "pki").issue_center(SIREN_NAME.format(number=number))
    click.echo(f"{made.directory}\n{SIREN_TREE}/{made.name}")


def _either(indonesian: str, english: str) -> str:
    return indonesian if language() == "id" else english
