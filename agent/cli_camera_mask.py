"""`sandi camera mask CAMERA`: draw the camera's privacy mask on a page, or show, take, give and clear its file."""

import sys
from pathlib import Path

import click
import msgspec

from agent.cameras.base import CameraError, MaskError
from agent.cameras.maskfile import clear_mask, save_mask
from agent.cameras.masks import MAX_MASK_BYTES, Mask, encode_mask, parse_mask, read_mask
from agent.cli import EXIT_OK, EXIT_PROBLEM, EXIT_USAGE
from agent.cli_camera_common import Chosen, chosen, use_owners_rights
from agent.cli_camera_mask_page import LOOPBACK, draw, report
from agent.cli_words import plain
from agent.messages import Messages
from wire.shape import Struct


class Wish(Struct, frozen=True):
    """What to do, one of them: `import_file` "-" = standard input; without any of the four the page is served."""

    show: bool = False
    clear: bool = False
    export: bool = False
    import_file: Path | None = None
    listen: str | None = None
    port: int = 0

    @property
    def acts(self) -> int:
        """How many things are wished for that need no page."""
        return self.show + self.clear + self.export + (self.import_file is not None)


def mask(config_path: Path, messages: Messages, name: str, wish: Wish, *, as_json: bool) -> int:
    """Exit 0 done, 1 not done (no picture, no mask, not written), 2 wrong use."""
    page = not wish.acts
    if wish.acts > 1 or (not page and wish.listen):
        click.echo(messages.text("cli.camera_mask.one_only"), err=True)
        return EXIT_USAGE
    camera = chosen(config_path, messages, name)
    if camera is None:
        return EXIT_USAGE
    try:
        given = _given(wish.import_file)
        use_owners_rights(camera.all.camera_process.data_dir)
        if page:
            return draw(camera, messages, wish.listen or LOOPBACK, wish.port, as_json=as_json)
        if given is not None:
            return _import(camera, messages, given, as_json=as_json)
        if wish.clear:
            return _clear(camera, messages, as_json=as_json)
        return _show(camera, messages, whole=wish.export, as_json=as_json)
    except MaskError as error:
        click.echo(messages.text("cli.camera_mask.refused", detail=plain(error.message)), err=True)
    except CameraError as error:
        do = messages.optional(f"camera.do.{error.code}") or messages.text("camera.do.other")
        click.echo(messages.text("cli.camera_mask.no_picture", detail=plain(error.message), do=do), err=True)
    except OSError as error:
        denied = isinstance(error, PermissionError) and not page
        key = "cli.camera_mask.no_rights" if denied else "cli.camera_mask.failed"
        where = error.filename or (f"{wish.listen or LOOPBACK}:{wish.port}" if page else camera.mask_file)
        click.echo(messages.text(key, path=where, detail=error.strerror or error), err=True)
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
    report(new, messages, "cli.camera_mask.saved", as_json=as_json)
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
        report(found, messages, "cli.camera_mask.shown", as_json=as_json)
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
