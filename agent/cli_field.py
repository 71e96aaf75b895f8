"""The commands a technician uses at the box in the field, as click sees them; each is done in a module of its own."""

import sys
from pathlib import Path
from typing import Any, Final

import click

from agent.cli_options import center_option, config_option, json_option, lang_option, said
from agent.messages import Messages


@click.command("maintenance", help=said("maintenance.help"))
@click.argument("duration", required=False, metavar="[LAMA]")
@click.option("--end", is_flag=True, help=said("maintenance.opt.end"))
@click.option("--ticket", default="", help=said("maintenance.opt.ticket"))
@click.option("--note", default="", help=said("maintenance.opt.note"))
@config_option
@lang_option
@json_option
def maintenance_command(config: Path, lang: str, as_json: bool, **wish: Any) -> None:
    from agent.cli_maintenance import Wish, maintenance

    sys.exit(maintenance(config, Messages(lang), Wish(**wish), as_json=as_json))


@click.command("ping", help=said("ping.help"))
@click.argument("host")
@click.option(
    "-n", "count", type=click.IntRange(1, 100_000), default=10, show_default=True, help=said("ping.opt.count")
)
@click.option(
    "-i", "interval_s", type=click.FloatRange(0.01, 60), default=0.2, show_default=True, help=said("ping.opt.interval")
)
@click.option("--size", type=click.IntRange(8, 1400), default=56, show_default=True, help=said("ping.opt.size"))
@center_option
@config_option
@lang_option
@json_option
def ping_command(config: Path, lang: str, as_json: bool, **wish: Any) -> None:
    from agent.cli_ping import Wish, ping

    sys.exit(ping(config, Messages(lang), Wish(**wish), as_json=as_json))


@click.command("dns", help=said("dns.help"))
@click.argument("name")
@click.option("--server", metavar="HOST", help=said("dns.opt.server"))
@config_option
@lang_option
@json_option
def dns_command(config: Path, lang: str, as_json: bool, name: str, server: str | None) -> None:
    from agent.cli_dns import dns

    sys.exit(dns(config, Messages(lang), name, server=server, as_json=as_json))


@click.command("trace", help=said("trace.help"))
@click.argument("host", default="center", metavar="[HOST]")
@click.option("-m", "most", type=click.IntRange(1, 64), default=16, show_default=True, help=said("trace.opt.most"))
@center_option
@config_option
@lang_option
@json_option
def trace_command(config: Path, lang: str, as_json: bool, host: str, **wish: Any) -> None:
    from agent.cli_trace import trace

    sys.exit(trace(config, Messages(lang), host, as_json=as_json, **wish))


@click.command("throughput", help=said("throughput.help"))
@center_option
@config_option
@lang_option
@json_option
def throughput_command(config: Path, lang: str, as_json: bool, center: str | None) -> None:
    from agent.cli_throughput import throughput

    sys.exit(throughput(config, Messages(lang), center=center, as_json=as_json))


@click.command("watch", help=said("watch.help"))
@click.option("--plain", is_flag=True, help=said("watch.opt.plain"))
@click.option(
    "--interval",
    "interval_s",
    type=click.FloatRange(0.2, 3600),
    default=1.0,
    show_default=True,
    help=said("watch.opt.interval"),
)
@click.option("-c", "--config", "config", type=click.Path(path_type=Path, dir_okay=False), help=said("opt.config"))
@center_option
@lang_option
def watch_command(config: Path | None, lang: str, center: str | None, plain: bool, interval_s: float) -> None:
    from agent.cli_watch import watch

    sys.exit(watch(config, center, Messages(lang), plain=plain, interval_s=interval_s))


@click.command("bundle", help=said("bundle.help"))
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help=said("bundle.opt.output")
)
@click.option("--quick", is_flag=True, help=said("bundle.opt.quick"))
@click.option("--show", "show_bytes", type=click.IntRange(0, 2**20), default=0, help=said("bundle.opt.show"))
@config_option
@lang_option
def bundle_command(config: Path, lang: str, output: Path | None, quick: bool, show_bytes: int) -> None:
    from agent.cli_bundle import bundle

    sys.exit(bundle(config, Messages(lang), output, quick=quick, show_bytes=show_bytes))


@click.command("snapshot", help=said("snapshot.help"))
@click.argument("camera", metavar="KAMERA")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help=said("snapshot.opt.output")
)
@config_option
@lang_option
@json_option
def snapshot_command(camera: str, config: Path, lang: str, output: Path | None, as_json: bool) -> None:
    from agent.cli_snapshot import snapshot

    sys.exit(snapshot(config, Messages(lang), camera, output, as_json=as_json))


@click.command("lan-page", help=said("lan_page.help"))
@config_option
@lang_option
def lan_page_command(config: Path, lang: str) -> None:
    from agent.cli_lan import serve

    sys.exit(serve(config, Messages(lang)))


@click.group("lan-pin", help=said("lan_pin.help"))
def lan_pin_group() -> None:
    """Commands about the PIN of the status page."""


@lan_pin_group.command("set", help=said("lan_pin_set.help"))
@config_option
@lang_option
def lan_pin_set_command(config: Path, lang: str) -> None:
    from agent.cli_lan import set_pin

    sys.exit(set_pin(config, Messages(lang)))


@click.command("commands", help=said("commands.help"))
@click.option("--last", type=click.IntRange(1, 200), default=20, show_default=True, help=said("commands.opt.last"))
@config_option
@lang_option
@json_option
def commands_command(config: Path, lang: str, as_json: bool, last: int) -> None:
    from agent.cli_commands import commands

    sys.exit(commands(config, Messages(lang), last=last, as_json=as_json))


FIELD_COMMANDS: Final[tuple[click.Command, ...]] = (
    bundle_command,
    watch_command,
    maintenance_command,
    ping_command,
    dns_command,
    trace_command,
    throughput_command,
    snapshot_command,
    lan_page_command,
    lan_pin_group,
    commands_command,
)
