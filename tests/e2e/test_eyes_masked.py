"""A privacy mask on its way: what was covered at the box is black in the picture at the centre, and a mask that has
vanished costs the picture."""

import io
import json
from pathlib import Path

import pytest
from PIL import Image

from tests.agent.cameras.http_camera import http_camera
from tests.support.city import Agent, running_city, wait_until
from tests.support.watched_city import CAMERA, Row, arrived, camera, sandi, settled, wait_for, watched

pytestmark = [pytest.mark.broker, pytest.mark.full, pytest.mark.timeout(600)]
SIZE = (640, 360)
AREA = ((0.25, 0.25), (0.75, 0.25), (0.75, 0.75), (0.25, 0.75))
BLACK = 24
"""Grey levels a JPEG may be off, well inside of the area."""


def newest(rows: list[Row]) -> Row:
    return rows[-1]


def brightest(image: Image.Image) -> int:
    """Of the middle of the picture, well inside of the area."""
    (_, most) = image.convert("L").crop((176, 106, 464, 254)).getextrema()
    return int(most)  # type: ignore[arg-type]


def said(agent: Agent) -> dict[str, object]:
    cameras = agent.ask("control", op="status")["cameras"]
    assert isinstance(cameras, dict)
    found = cameras[CAMERA]
    assert isinstance(found, dict)
    return found


def test_what_is_masked_at_the_box_is_black_at_the_centre_and_without_its_mask_there_is_no_picture(
    tmp_path: Path,
) -> None:
    drawn = tmp_path / "mask.json"
    drawn.write_text(json.dumps({"v": 1, "aspect": SIZE[0] / SIZE[1], "polygons": [AREA]}))
    with http_camera() as source, running_city(tmp_path) as city:
        source.size = SIZE
        agent = watched(city, camera("http_jpeg", url=source.url, max_bytes=200_000))
        agent.start()
        wait_for(city, agent, lambda rows: len(rows) >= 2, "pictures without a mask")
        plain = Image.open(io.BytesIO(newest(arrived(city)).image(city)))
        assert newest(arrived(city))["mask_version"] == ""
        assert brightest(plain) > 128, "there is something to be seen"

        assert sandi(agent, "camera", "mask", CAMERA, "--import", str(drawn)).exit_code == 0
        wait_for(city, agent, lambda rows: newest(rows)["mask_version"], "a masked picture")
        masked = newest(arrived(city, "mask_version <> ''"))
        assert len(str(masked["mask_version"])) == 16
        image = Image.open(io.BytesIO(masked.image(city)))
        assert image.width == SIZE[0]
        assert brightest(image) <= BLACK
        assert max(image.convert("L").crop((0, 0, 150, 80)).getextrema()) > 128, "beside it the street is still there"  # type: ignore[type-var]

        [file] = (agent.directory / "camera" / "masks").glob(f"{CAMERA}.json")
        file.unlink()
        wait_until(lambda: said(agent)["code"] == "mask", f"the refusal: {said(agent)}")
        refused = sandi(agent, "snapshot", CAMERA)
        assert refused.exit_code == 1
        last = newest(arrived(city))
        assert sandi(agent, "camera", "mask", CAMERA, "--clear").exit_code == 0
        plain_again = "pictures again, on purpose without it"
        wait_for(
            city,
            agent,
            lambda rows: newest(rows)["seq"] > last["seq"] and not newest(rows)["mask_version"],
            plain_again,
        )
        settled(city, agent)
        rows = arrived(city)
        kinds = [str(row["mask_version"]) for row in rows]
        first, end = kinds.index(str(masked["mask_version"])), len(kinds) - kinds[::-1].index(masked["mask_version"])
        assert set(kinds[first:end]) == {masked["mask_version"]}, "none without it slipped in between"
        hashes = [row["sha256"] for row in rows]
        assert [row["previous_sha256"] for row in rows] == ["", *hashes[:-1]]
