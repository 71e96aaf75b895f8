"""`sandi kiosk serial`, `sandi kiosk devices`, `sandi kiosk panel-sim`: the kiosk's devices on serial lines."""

import asyncio
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import click
import msgspec

from agent import logs
from agent.cli import EXIT_OK, EXIT_PROBLEM, EXIT_USAGE
from agent.config import AgentConfig, ConfigError, load
from agent.config_watch import Watch
from agent.core.panel_words import CATEGORIES, Answer, FromBox, LookUp, Nak, Press, Refusal, Scan, Status, Ticket
from agent.kiosk.serial.port import Port, PortError
from agent.kiosk.serial.soft_panel import Faults, Said, SoftPanel
from agent.messages import Messages
from agent.names import INTAKE_SOCKET
from wire.shape import Struct, asdict

PRIVATE: Final = 0o700


def serve(config_path: Path, messages: Messages) -> int:
    """Until SIGTERM or Ctrl-C. Exit 0 in order, 1 when its folders cannot be used, 2 without any device configured."""
    Watch(config_path, ("node", "kiosk", "control"))
    config = _config(config_path, messages)
    if config is None:
        return EXIT_USAGE
    serial = config.kiosk.serial
    if not serial.any:
        click.echo(messages.text("cli.kiosk_serial.none"), err=True)
        return EXIT_USAGE
    for folder in (serial.run_dir, serial.state_dir):
        try:
            folder.mkdir(mode=PRIVATE, exist_ok=True)
        except OSError as error:
            detail = error.strerror or str(error)
            click.echo(messages.text("cli.kiosk_serial.no_dir", path=folder, detail=detail), err=True)
            return EXIT_PROBLEM
    logs.set_up()
    from agent.kiosk.serial.service import serve as run

    intake = config.node.run_dir / INTAKE_SOCKET
    asyncio.run(run(serial, config.node.id, config.kiosk.status_url, intake, config.control.kiosk_group))
    return EXIT_OK


def devices(config_path: Path, messages: Messages, *, as_json: bool) -> int:
    """What is plugged in, and what the running process says of its devices. Exit 0, 1 when nothing is plugged in."""
    from agent.kiosk.serial.finding import devices as plugged_in

    found = plugged_in()
    served = _served(config_path)
    if as_json:
        rows = [asdict(device) | {"advised": device.advised} for device in found]
        click.echo(msgspec.json.encode({"devices": rows, "served": served}))
        return EXIT_OK if found else EXIT_PROBLEM
    if not found:
        click.echo(messages.text("cli.kiosk_devices.none"))
    for device in found:
        remark = ""
        if not device.advised:
            remark = messages.text("cli.kiosk_devices.unstable")
        elif device.twins:
            remark = messages.text("cli.kiosk_devices.twins")
        click.echo("  ".join(part for part in (f"{device.path:14}", device.description, remark) if part).rstrip())
        if device.advised:
            click.echo(f'  device = "{device.advised}"')
    if served:
        click.echo(messages.text("cli.kiosk_devices.running"))
    for row in served:
        trouble = messages.text(f"cli.kiosk_devices.trouble.{row.get('trouble') or 'open'}")
        click.echo(f"  {row.get('name')!s:12} {trouble:24} {row.get('says')}".rstrip())
    return EXIT_OK if found else EXIT_PROBLEM


class Wish(Struct, frozen=True):
    """What stood on the command line of `panel-sim`."""

    device: Path | None = None
    link: Path | None = None
    baud: int = 115200
    say: tuple[str, ...] = ()
    count: int = 1
    lose_pct: float = 0.0
    damage_pct: float = 0.0
    reboot_every: int = 0
    seq: int = 0
    deadline_s: float = 0.0


def panel_sim(messages: Messages, wish: Wish) -> int:
    """Exit 0 when everything said was answered with a yes, 1 when not, 2 for something nobody can say."""
    said: list[Said] = []
    for text in wish.say:
        one = read_said(text)
        if one is None or isinstance(one, LookUp):  # a PIN on the command line is there for every user to see
            click.echo(
                messages.text("cli.panel_sim.not_understood", word=text.split()[0][:20] if text.split() else ""),
                err=True,
            )
            return EXIT_USAGE
        said.append(one)
    faults = Faults(wish.lose_pct / 100, wish.damage_pct / 100, wish.reboot_every)
    panel = SoftPanel(seq=wish.seq, faults=faults)
    for one in said * wish.count:
        panel.say(one)
    try:
        asyncio.run(_simulate(messages, wish, panel))
    except (PortError, OSError) as error:
        click.echo(messages.text("cli.panel_sim.lost", detail=error), err=True)
        return EXIT_PROBLEM
    except KeyboardInterrupt:
        return EXIT_OK
    if not panel.idle:
        click.echo(messages.text("cli.panel_sim.unanswered", count=panel.waiting), err=True)
    refused = any(isinstance(outcome.answer, Nak) for outcome in panel.outcomes)
    return EXIT_OK if panel.idle and not refused else EXIT_PROBLEM


def read_said(text: str) -> Said | None:
    """`aduan jalan lubang besar`, `cek K7F2... 1234`, `scan TEXT`; None for anything else."""
    word, _, rest = text.strip().partition(" ")
    rest = rest.strip()
    if word in CATEGORIES:
        subject, _, said = rest.partition(" ")
        return Press(word, subject, said.strip())
    if word == "cek" and len(rest.split()) == 2:
        code, pin = rest.split()
        return LookUp(code, pin)
    return Scan(0, rest) if word == "scan" and rest else None


async def _simulate(messages: Messages, wish: Wish, panel: SoftPanel) -> None:
    from agent.kiosk.serial import simulator

    port: Port
    if wish.device is not None:
        port = simulator.open_device(wish.device, wish.baud)
    else:
        terminal = simulator.open_terminal(wish.link)
        port = terminal.port
        _say(messages.text("cli.panel_sim.at", path=wish.link or terminal.path))
    asks = not wish.say
    typing = asyncio.ensure_future(_type(messages, panel)) if asks else None
    try:
        async with asyncio.timeout(wish.deadline_s or None):
            await simulator.run(port, panel, _show, lambda: panel.idle and (typing is None or typing.done()))
    except TimeoutError:
        return
    finally:
        if typing is not None:
            typing.cancel()
        port.close()


async def _type(messages: Messages, panel: SoftPanel) -> None:
    """Lines from the keyboard, until there are no more."""
    _say(messages.text("cli.panel_sim.how"))
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := (await reader.readline()).decode("utf-8", "replace"):
        if line.strip() == "reboot":
            panel.reboot()
            continue
        said = read_said(line)
        if said is not None:
            panel.say(said)
        elif line.strip():
            _say(messages.text("cli.panel_sim.not_understood", word=line.split()[0][:20]))


def _show(message: FromBox) -> None:
    """One line for what the box said; pings are left out."""
    if isinstance(message, Ticket):
        where = "OFFLINE" if message.offline else "ONLINE"
        urgent = " 112!" if message.urgent else ""
        _say(f"ACK    {message.code} {message.pin} {where}{urgent}  {message.text}")
    elif isinstance(message, Answer):
        _say(f"ACK    {message.status}  {message.text}")
    elif isinstance(message, Nak):
        _say(f"NAK    {_named(message.code)} {message.wait_ms} ms  {message.text}")
    elif isinstance(message, Status):
        _say(f"STATUS {('CLOSED', 'ONLINE', 'OFFLINE')[message.state]}  {message.text}")


def _named(code: int) -> str:
    return Refusal(code).name if code in Refusal.__members__.values() else str(code)


def _say(text: str) -> None:
    """Without what a terminal would take for a command: it may have come over a line."""
    click.echo("".join(c if c.isprintable() else " " for c in text))
    sys.stdout.flush()


def _served(config_path: Path) -> Sequence[dict[str, Any]]:
    """What the running process says; nothing when there is none, or no configuration."""
    from agent.control_client import NoDaemonError, RefusedError, ask
    from agent.kiosk.serial.client import DEVICES_SOCKET

    try:
        socket = load(config_path).kiosk.serial.run_dir / DEVICES_SOCKET
        answer = ask(socket, {"op": "devices"}, 3.0)
    except (ConfigError, NoDaemonError, RefusedError):
        return []
    rows: object = answer.get("devices")
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _config(path: Path, messages: Messages) -> AgentConfig | None:
    try:
        return load(path)
    except ConfigError as error:
        _show_lines(error.lines(messages.lang))
        return None


def _show_lines(lines: Iterable[str]) -> None:
    for line in lines:
        click.echo(line, err=True)
