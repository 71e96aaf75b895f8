"""Whatever is drawn, a mask is saved that can be read, or nothing changes; and an unused page ends by itself."""

import asyncio
import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from agent.cameras.base import CameraUnavailableError
from agent.cameras.masks import make_mask, read_mask
from agent.maskpage.drawing import Asked, Drawing, Shot
from agent.maskpage.server import MaskServer, new_word
from agent.messages import Messages
from tests.support.in_loop import in_loop

SHOT = Shot(b"\xff\xd8\xff\xd9", 640, 360)
SHARE = st.floats(0, 1, allow_nan=False)
DRAWN = st.lists(st.lists(st.tuples(SHARE, SHARE), max_size=8), max_size=5)


async def none_to_take() -> Shot:
    raise CameraUnavailableError("the cable is out")


def drawing(path: Path, shot: Shot = SHOT) -> Drawing:
    return Drawing("gate", path, shot, none_to_take, Messages("en"))


@given(DRAWN)
def test_what_is_drawn_is_saved_whole_or_refused_and_nothing_changes(polygons: list[list[tuple[float, float]]]) -> None:
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        path = Path(folder) / "masks" / "gate.json"
        page = drawing(path)
        reply = page.save(Asked("x", 640 / 360, polygons))
        mask = read_mask(path)
        assert reply.ok == (mask is not None) == (page.saved is not None)
        if mask is not None:
            assert len(mask.polygons) == len(polygons)
            assert page.state().facts["polygons"] == mask.polygons
        assert reply.facts["text"]


def test_a_mask_of_another_shape_is_shown_and_said(tmp_path: Path) -> None:
    path = tmp_path / "masks" / "gate.json"
    page = drawing(path, Shot(b"", 640, 480))
    assert page.save(Asked("x", 640 / 480, [[(0.1, 0.1), (0.5, 0.1), (0.5, 0.6)]])).ok
    facts = drawing(path).state().facts
    assert facts["polygons"] == make_mask(4 / 3, [[(0.1, 0.1), (0.5, 0.1), (0.5, 0.6)]]).polygons
    assert "changed its shape" in str(facts["note"])


@in_loop
async def test_a_camera_that_gives_no_picture_is_said_and_the_old_one_stays(tmp_path: Path) -> None:
    page = drawing(tmp_path / "gate.json")
    reply = await page.fresh()
    assert not reply.ok
    assert "the cable is out" in str(reply.facts["text"])
    assert (page.shot, page.number) == (SHOT, 1)


@in_loop
async def test_a_page_that_nobody_uses_ends_by_itself(tmp_path: Path) -> None:
    server = MaskServer(drawing(tmp_path / "gate.json"), Messages("en"), idle_s=0.2)
    ports: list[int] = []
    async with asyncio.timeout(60):
        ended = await server.serve("127.0.0.1", 0, ports.append)
    assert ended is False
    assert len(ports) == 1


def test_a_camera_that_needs_a_mask_is_said_to_take_no_picture_without(tmp_path: Path) -> None:
    page = Drawing("gate", tmp_path / "gate.json", SHOT, none_to_take, Messages("en"), required=True)
    assert "no pictures until" in str(page.clear().facts["text"])
    assert "without one from the next on" in str(drawing(tmp_path / "gate.json").clear().facts["text"])


def test_the_word_in_the_address_is_long_plain_and_another_each_time() -> None:
    words = {new_word() for _ in range(200)}
    assert len(words) == 200
    assert all(len(word) == 14 and not set(word) & set("il1o0") for word in words)
