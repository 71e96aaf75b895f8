"""`sandi camera mask CAMERA` without further wishes: a fresh picture, and the page to draw on it."""

import asyncio
import ipaddress
import signal
import sys
from typing import Final

import click
import msgspec

from agent.cameras.base import LARGEST_PICTURE_BYTES, CameraError
from agent.cameras.discovery.network import interfaces
from agent.cameras.keeping.process import Outfit
from agent.cameras.masks import Mask
from agent.cameras.once import take_once
from agent.cli import EXIT_OK, EXIT_USAGE
from agent.cli_camera_common import Chosen, secrets_of
from agent.maskpage.drawing import Drawing, Shot
from agent.maskpage.server import MaskServer
from agent.messages import Messages
from wire.shape import replace

LOOPBACK: Final = "127.0.0.1"


def draw(camera: Chosen, messages: Messages, host: str, port: int, *, as_json: bool) -> int:
    """Serve the page until it is done with. Exit 0 then, 2 when `host` is no address. CameraError: no picture to draw
    on; OSError: the address cannot be had."""
    try:
        ipaddress.IPv4Address(host)
    except ValueError:
        click.echo(messages.text("cli.camera_mask.bad_listen", address=host), err=True)
        return EXIT_USAGE
    refusal = camera.config.capture_refusal()
    if refusal is not None:
        error = CameraError(refusal)
        error.code = "notice"
        raise error
    drawing, done = asyncio.run(_serve(camera, messages, host, port))
    if as_json:
        found = drawing.saved
        click.echo(msgspec.json.encode({"mask": found, "version": found.version if found is not None else None}))
        return EXIT_OK
    if drawing.saved is not None:
        report(drawing.saved, messages, "cli.camera_mask.saved", as_json=False)
    elif drawing.cleared:
        required = camera.config.mask == "required"
        click.echo(messages.text(f"cli.camera_mask.cleared_{'required' if required else 'there'}"))
    else:
        click.echo(messages.text("cli.camera_mask.unchanged" if done else "cli.camera_mask.idle"))
    return EXIT_OK


async def _serve(camera: Chosen, messages: Messages, host: str, port: int) -> tuple[Drawing, bool]:
    """The drawing as it was when the page was done with; and whether somebody ended it."""
    config = replace(camera.config, strip=False, mask="none", max_bytes=LARGEST_PICTURE_BYTES)
    secrets = secrets_of(camera)

    async def take() -> Shot:
        taken = await take_once(camera.name, config, Outfit(secrets))
        return Shot(taken.jpeg, taken.said.width, taken.said.height, taken.said.age_ms)

    click.echo(messages.text("cli.camera_mask.taking", name=camera.name), err=True)
    drawing = Drawing(
        camera.name, camera.mask_file, await take(), take, messages, required=camera.config.mask == "required"
    )
    server = MaskServer(drawing, messages)

    def ready(bound: int) -> None:
        _tell(messages, host, [f"http://{address}:{bound}/{server.word}/" for address in _addresses(host)])

    serving = asyncio.ensure_future(server.serve(host, port, ready))
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, serving.cancel)
    try:
        return drawing, await serving
    except asyncio.CancelledError:
        return drawing, True


def _addresses(host: str) -> list[str]:
    """Under which the page is reached: all of this box's when it listens on all."""
    if ipaddress.IPv4Address(host).is_unspecified:
        return [way.address for way in interfaces()] or [LOOPBACK]
    return [host]


def _tell(messages: Messages, host: str, addresses: list[str]) -> None:
    """On standard error: what the command did is on standard output. Whoever knows the address may draw."""
    click.echo(messages.text("cli.camera_mask.open"), err=True)
    for address in addresses:
        click.echo(f"  {address}", err=True)
    if not ipaddress.IPv4Address(host).is_loopback:
        click.echo(messages.text("cli.camera_mask.seen_by"), err=True)
        if sys.stderr.isatty():
            _code(addresses[0])


def _code(address: str) -> None:
    """To be read by a phone's camera, where the kiosk's package for such codes is installed."""
    try:
        import segno
    except ImportError:
        return
    segno.make(address, error="l", micro=False).terminal(out=sys.stderr, compact=True)


def report(found: Mask, messages: Messages, key: str, *, as_json: bool) -> None:
    """Say which mask it is, in the words of `key` or for programs."""
    if as_json:
        click.echo(msgspec.json.encode({"mask": found, "version": found.version}))
    else:
        click.echo(messages.text(key, count=len(found.polygons), version=found.version))
