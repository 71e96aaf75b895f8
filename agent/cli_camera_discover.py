"""`sandi camera discover`: which cameras are near, and what to write into the configuration for each."""

import textwrap
from concurrent.futures import ThreadPoolExecutor

import click
import msgspec

from agent.cameras.discovery import board, network, usb
from agent.cli import EXIT_OK, EXIT_PROBLEM
from agent.cli_words import number, plain
from agent.messages import Messages
from wire.shape import Struct, asdict


class Near(Struct, frozen=True):
    """All that was found."""

    heard: network.Heard
    devices: list[usb.VideoDevice]
    connector: board.Board

    @property
    def webcams(self) -> list[usb.VideoDevice]:
        return [device for device in self.devices if device.webcam]

    @property
    def count(self) -> int:
        return len(self.heard.cameras) + len(self.webcams) + len(self.connector.cameras)


def discover(messages: Messages, wait_s: float, *, as_json: bool) -> int:
    """Exit 0 when a camera was found, 1 when none."""
    near = look(wait_s)
    if as_json:
        click.echo(msgspec.json.encode(as_plain(near)))
    else:
        for line in lines(near, messages, wait_s):
            click.echo(line)
    return EXIT_OK if near.count else EXIT_PROBLEM


def look(wait_s: float) -> Near:
    """Everywhere at the same time."""
    with ThreadPoolExecutor(2) as pool:
        on_network = pool.submit(network.look, network.interfaces(), wait_s)
        on_board = pool.submit(board.look)
        return Near(on_network.result(), usb.devices(), on_board.result())


def as_plain(near: Near) -> dict[str, object]:
    """What was found, as JSON values."""
    heard = near.heard
    return {
        "network": {
            "cameras": [asdict(camera) for camera in heard.cameras],
            "interfaces": [asdict(way) for way in heard.interfaces],
            "problems": dict(heard.problems),
            "nonsense": heard.nonsense,
        },
        "usb": [asdict(device) for device in near.devices],
        "board": {**asdict(near.connector), "cameras": [asdict(camera) for camera in near.connector.cameras]},
    }


def lines(near: Near, messages: Messages, wait_s: float) -> list[str]:
    """What was found, for a terminal of 80 columns."""
    return [
        *_network(near.heard, messages, wait_s),
        "",
        *_usb(near.webcams, messages),
        "",
        *_board(near.connector, messages),
        "",
        *_advice(near, messages),
    ]


def _network(heard: network.Heard, messages: Messages, wait_s: float) -> list[str]:
    ways = ", ".join(way.name for way in heard.interfaces) or "-"
    seconds = number(messages, wait_s, 0 if wait_s == int(wait_s) else 1)
    said = [messages.text("cli.camera_discover.network", seconds=seconds, ways=ways)]
    for camera in heard.cameras:
        what = " ".join(dict.fromkeys(word for word in (camera.name, camera.hardware) if word)) or "ONVIF"
        place = f", {camera.location}" if camera.location else ""
        said += [f"  {camera.host:<16}{plain(what)}{plain(place)}"[:80], f"  {'':<16}{plain(camera.address)}"]
    if not heard.cameras:
        said.append(f"  {messages.text('cli.camera_discover.none')}")
    said += [
        f"  {messages.text('cli.camera_discover.way_failed', way=name, detail=plain(detail))}"
        for name, detail in heard.problems
    ]
    return said


def _usb(webcams: list[usb.VideoDevice], messages: Messages) -> list[str]:
    said = [messages.text("cli.camera_discover.usb")]
    for device in webcams:
        closed = "" if device.readable else f" ({messages.text('cli.camera_discover.not_readable')})"
        said += [f"  {device.device}", f"  {'':<16}{plain(device.name)}{closed}"]
    if not webcams:
        said.append(f"  {messages.text('cli.camera_discover.none')}")
    return said


def _board(found: board.Board, messages: Messages) -> list[str]:
    said = [messages.text("cli.camera_discover.board")]
    if found.state != "ok":
        why = messages.text(f"cli.camera_discover.board_{found.state}", detail=plain(found.detail))
        said += textwrap.wrap(why, 80, initial_indent="  ", subsequent_indent="  ")
    elif not found.cameras:
        said.append(f"  {messages.text('cli.camera_discover.none')}")
    say = messages.text
    return said + [
        f"  {say('cli.camera_discover.number', number=camera.number):<16}{plain(camera.model)}"
        for camera in found.cameras
    ]


def _advice(near: Near, messages: Messages) -> list[str]:
    do = messages.text("cli.camera_discover.do")
    if near.count:
        return [f"{do}  {messages.text('cli.camera_discover.next')}", "", *(f"    {line}" for line in example(near))]
    first, *others = messages.text("cli.camera_discover.nothing").split("\n")
    return [f"{do}  {first}", *(f"{'':<{len(do) + 2}}{line}" for line in others)]


def example(near: Near) -> list[str]:
    """The table of the configuration for the first camera found."""
    if near.heard.cameras:
        own = ['type = "onvif"', f'url = "{near.heard.cameras[0].address}"']
    elif near.webcams:
        own = ['type = "v4l2"', f'device = "{near.webcams[0].device}"']
    else:
        own = ['type = "picamera2"', f"number = {near.connector.cameras[0].number}"]
    return ["[cameras.halaman]", *own, 'purpose = "security"', "notice_posted = true"]
