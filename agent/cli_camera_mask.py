"""`sandi camera mask CAMERA`: draw the camera's privacy mask on a page, or show, take, give and clear its file."""

import asyncio
import ipaddress
import signal
import sys
from pathlib import Path
from typing import Final

import click
import msgspec

from agent.cameras.base import LARGEST_PICTURE_BYTES, CameraError, MaskError
from agent.cameras.discovery.network import interfaces
from agent.cameras.maskfile import clear_mask, save_mask
from agent.cameras.masks import MAX_MASK_BYTES, Mask, encode_mask, parse_mask, read_mask
from agent.cameras.once import take_once
from agent.cameras.process import Outfit
from agent.cli import EXIT_OK, EXIT_PROBLEM, EXIT_USAGE
from agent.cli_camera_common import Chosen, chosen, secrets_of, use_owners_rights
from agent.cli_words import plain
from agent.maskpage.drawing import Drawing, Shot
from agent.maskpage.server import MaskServer
from agent.messages import Messages
from wire.shape import Struct, replace

LOOPBACK: Final = "127.0.0.1"


class Wish(Struct, frozen=True):
    """What to do: `act` show, clear or export; `import_file` "-" = standard input; else the page is served."""

    act: str | None = None
    import_file: Path | None = None
    listen: str | None = None
    port: int = 0


def mask(config_path: Path, messages: Messages, name: str, wish: Wish, *, as_json: bool) -> int:
    """Exit 0 done, 1 not done (no picture, no mask, not written), 2 wrong use."""
    page = wish.act is None and wish.import_file is None
    if (wish.act and wish.import_file) or (not page and wish.listen):
        click.echo(messages.text("cli.camera_mask.one_only"), err=True)
        return EXIT_USAGE
    camera = chosen(config_path, messages, name)
    if camera is None:
        return EXIT_USAGE
    try:
        given = _given(wish.import_file)
        use_owners_rights(camera.all.camera_process.data_dir)
        if page:
            return _draw(camera, messages, wish, as_json=as_json)
        if given is not None:
            return _import(camera, messages, given, as_json=as_json)
        if wish.act == "clear":
            return _clear(camera, messages, as_json=as_json)
        return _show(camera, messages, whole=wish.act == "export", as_json=as_json)
    except MaskError as error:
        click.echo(messages.text("cli.camera_mask.refused", detail=plain(error.message)), err=True)
    except CameraError as error:
        do = messages.optional(f"camera.do.{error.code}") or messages.text("camera.do.other")
        click.echo(messages.text("cli.camera_mask.no_picture", detail=plain(error.message), do=do), err=True)
    except OSError as error:
        where = error.filename or camera.mask_file
        click.echo(messages.text("cli.camera_mask.failed", path=where, detail=error.strerror or error), err=True)
    return EXIT_PROBLEM


def _given(file: Path | None) -> bytes | None:
    """The file to import, read before root's rights are given up: it may lie in root's own folder."""
    if file is None:
        return None
    if str(file) == "-":
        return sys.stdin.buffer.read(MAX_MASK_BYTES + 1)
    with file.open("rb") as stream:
        return stream.read(MAX_MASK_BYTES + 1)


def _import(camera: Chosen, messages: Messages, content: bytes, *, as_json: bool) -> int:
    new = parse_mask(content.strip())
    save_mask(camera.mask_file, new)
    _report(new, messages, "cli.camera_mask.saved", as_json=as_json)
    return EXIT_OK


def _clear(camera: Chosen, messages: Messages, *, as_json: bool) -> int:
    there = clear_mask(camera.mask_file)
    if as_json:
        click.echo(msgspec.json.encode({"mask": None, "was_there": there}))
    else:
        key = "required" if camera.config.mask == "required" else "there" if there else "none"
        click.echo(messages.text(f"cli.camera_mask.cleared_{key}"))
    return EXIT_OK


def _show(camera: Chosen, messages: Messages, *, whole: bool, as_json: bool) -> int:
    """`whole`: the file itself, for `--import` elsewhere."""
    found = read_mask(camera.mask_file)
    if found is None:
        if as_json and not whole:
            click.echo(msgspec.json.encode({"mask": None}))
        click.echo(messages.text("cli.camera_mask.none", name=camera.name), err=True)
        return EXIT_PROBLEM
    if whole:
        click.echo(encode_mask(found))
    else:
        _report(found, messages, "cli.camera_mask.shown", as_json=as_json)
        if not as_json:
            for line in corners(found, messages):
                click.echo(line)
    return EXIT_OK


def corners(found: Mask, messages: Messages) -> list[str]:
    """Each polygon's corners in per cent of width and height, for a terminal of 80 columns."""
    said: list[str] = []
    for count, polygon in enumerate(found.polygons, 1):
        line = f"  {messages.text('cli.camera_mask.area', n=count):<10}"
        for x, y in polygon:
            corner = f" {x * 100:.0f},{y * 100:.0f}"
            if len(line) + len(corner) > 80:
                said.append(line)
                line = " " * 12
            line += corner
        said.append(line)
    return said


def _report(found: Mask, messages: Messages, key: str, *, as_json: bool) -> None:
    if as_json:
        click.echo(msgspec.json.encode({"mask": found, "version": found.version}))
    else:
        click.echo(messages.text(key, count=len(found.polygons), version=found.version))


# -- the page ---------------------------------------------------------------------------------------------------------


def _draw(camera: Chosen, messages: Messages, wish: Wish, *, as_json: bool) -> int:
    host = wish.listen or LOOPBACK
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
    drawing, done = asyncio.run(_serve(camera, messages, host, wish.port))
    if as_json:
        found = drawing.saved
        click.echo(msgspec.json.encode({"mask": found, "version": found.version if found is not None else None}))
        return EXIT_OK
    if drawing.saved is not None:
        _report(drawing.saved, messages, "cli.camera_mask.saved", as_json=False)
    elif drawing.cleared:
        click.echo(messages.text("cli.camera_mask.cleared_there"))
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
    drawing = Drawing(camera.name, camera.mask_file, await take(), take, messages)
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
