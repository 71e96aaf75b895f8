"""The commands of `sandi kiosk` about devices on serial lines, as click sees them."""

import sys
from pathlib import Path
from typing import Any, Final

import click

from agent.cli_options import config_option, json_option, lang_option, said
from agent.messages import Messages

_SHARE: Final = click.FloatRange(0, 100)
_FILE: Final = click.Path(path_type=Path)


@click.command("serial", help=said("kiosk_serial.help"))
@config_option
@lang_option
def serial_command(config: Path, lang: str) -> None:
    from agent.cli_serial import serve

    sys.exit(serve(config, Messages(lang)))


@click.command("devices", help=said("kiosk_devices.help"))
@config_option
@lang_option
@json_option
def devices_command(config: Path, lang: str, as_json: bool) -> None:
    from agent.cli_serial import devices

    sys.exit(devices(config, Messages(lang), as_json=as_json))


@click.command("panel-sim", help=said("panel_sim.help"))
@click.option("--device", type=_FILE, help=said("panel_sim.opt.device"))
@click.option("--link", type=_FILE, help=said("panel_sim.opt.link"))
@click.option("--baud", type=int, default=115200, show_default=True, help=said("panel_sim.opt.baud"))
@click.option("--say", multiple=True, help=said("panel_sim.opt.say"))
@click.option("--count", type=click.IntRange(1, 100_000), default=1, help=said("panel_sim.opt.count"))
@click.option("--lose", "lose_pct", type=_SHARE, default=0.0, help=said("panel_sim.opt.lose"))
@click.option("--damage", "damage_pct", type=_SHARE, default=0.0, help=said("panel_sim.opt.damage"))
@click.option("--reboot-every", type=click.IntRange(0), default=0, help=said("panel_sim.opt.reboot"))
@click.option("--seq", type=click.IntRange(0, 65535), default=0, help=said("panel_sim.opt.seq"))
@click.option("--deadline", "deadline_s", type=click.FloatRange(0), default=0.0, help=said("panel_sim.opt.deadline"))
@lang_option
def panel_sim_command(lang: str, **wish: Any) -> None:
    from agent.cli_serial import Wish, panel_sim

    sys.exit(panel_sim(Messages(lang), Wish(**wish)))


DEVICE_COMMANDS: Final[tuple[click.Command, ...]] = (serial_command, devices_command, panel_sim_command)
