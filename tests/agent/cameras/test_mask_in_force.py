"""The running camera process and `sandi camera mask`: what is drawn holds from the next picture on, what got lost is
missed."""

import asyncio
import io
import json
import os
import sys
from pathlib import Path

import pytest
from PIL import Image

from agent.cameras.masks import encode_mask, make_mask, mask_path
from tests.support.in_loop import in_loop
from tests.support.mask_page import CAMERA, write_config
from tests.support.picture_core import WAIT_S, PictureCore

MASK = make_mask(960 / 540, [[(0.0, 0.0), (0.5, 0.0), (0.5, 0.5), (0.0, 0.5)]])


async def sandi(*words: str, text: bytes = b"") -> int:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "agent.cli", *words, stdin=asyncio.subprocess.PIPE, env=os.environ
    )
    await process.communicate(text)
    assert process.returncode is not None
    return process.returncode


def black(jpeg: bytes) -> bool:
    """Whether the masked quarter shows nothing."""
    picture = Image.open(io.BytesIO(jpeg)).convert("RGB")
    spots = [(20, 20), (picture.width // 4, 100), (picture.width // 2 - 20, 30)]
    return all(max(picture.getpixel(spot)) < 24 for spot in spots)  # type: ignore[arg-type]


@pytest.mark.full
@in_loop
async def test_a_mask_holds_from_the_next_picture_on_and_is_missed_when_it_is_lost(tmp_path: Path) -> None:
    config = write_config(tmp_path, more="interval_s = 1")
    (tmp_path / "run").mkdir()
    core = PictureCore(tmp_path / "run" / "pictures.sock")
    mask = ("camera", "mask", CAMERA, "-c", str(config))
    async with core.open():
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "agent.cli", "camera", "run", "--config", str(config), env=os.environ
        )
        try:
            await core.until(lambda: len(core.offers) > 0)
            assert {offer.mask_version for offer, _ in core.offers} == {""}
            assert await sandi(*mask, "--import", "-", text=encode_mask(MASK)) == 0
            await core.until(lambda: core.offers[-1][0].mask_version == MASK.version)
            assert black(core.offers[-1][1])

            mask_path(tmp_path / "camera", CAMERA).unlink()
            await core.until(lambda: bool(core.reports) and core.reports[-1].cameras[CAMERA].code == "mask")
            assert await sandi("camera", "test", CAMERA, "-c", str(config)) == 1, (
                "no picture for the service, none here"
            )
            taken = len(core.offers)
            assert all(offer.mask_version == MASK.version and black(jpeg) for offer, jpeg in core.offers[taken - 1 :])

            assert await sandi(*mask, "--clear") == 0
            await core.until(lambda: len(core.offers) > taken)
            assert core.offers[-1][0].mask_version == ""
        finally:
            process.terminate()
            async with asyncio.timeout(WAIT_S):
                await process.wait()
    assert process.returncode == 0


@in_loop
async def test_the_commands_beside_the_service_take_the_same_picture(tmp_path: Path) -> None:
    config = write_config(tmp_path)
    assert await sandi("camera", "mask", CAMERA, "-c", str(config), "--import", "-", text=encode_mask(MASK)) == 0
    output = tmp_path / "x.jpg"
    assert await sandi("camera", "test", CAMERA, "-c", str(config), "-o", str(output)) == 0
    content = await asyncio.to_thread(output.read_bytes)
    assert black(content)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "agent.cli", "camera", "test", CAMERA, "-c", str(config), "--json",
        stdout=asyncio.subprocess.PIPE, env=os.environ,
    )  # fmt: skip
    said, _ = await process.communicate()
    assert json.loads(said)["picture"]["mask_version"] == MASK.version
