"""States at the desk and severities of incidents stay apart for eyes that see fewer colours, and are words as well."""

from collections.abc import Callable, Iterator
from io import BytesIO
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from tests.support import wall_city, wall_screens, web_process
from tests.support.colours import Rgb, difference

pytestmark = [pytest.mark.browser, pytest.mark.full]
VISIONS = ("none", "protanopia", "deuteranopia", "tritanopia")
APART = 30.0
Box = tuple[float, float, float, float]
STATES = {"DOWN": "down", "DEGRADED": "degraded", "UNKNOWN": "unknown", "MAINT": "maintenance", "UP": "up"}
SEVERITIES = ("critical", "warning", "info")


@pytest.fixture(scope="module")
def base(shared_data: Path) -> Iterator[str]:
    wall_city.add_people()
    wall_city.add_sites()
    for number, state in enumerate(STATES, 1):
        wall_city.add_node(f"kel-367301100{number}", state, cause="never_seen" if state == "UNKNOWN" else "")
    for number, severity in enumerate(SEVERITIES, 1):
        node = f"kel-367301100{number}"
        wall_screens.add_incident("node", node, [node], 8, severity=severity)
    wall_city.keep_alive()
    port = web_process.free_port()
    with web_process.web_server(shared_data, port):
        yield f"http://127.0.0.1:{port}"


def closest(page: Any, spots: dict[str, Box]) -> dict[str, tuple[tuple[str, str], float]]:
    """Per kind of eyes the two spots that look most alike, by Chromium's simulation."""
    from PIL import Image, ImageStat

    tools = page.context.new_cdp_session(page)
    found = {}
    for vision in VISIONS:
        tools.send("Emulation.setEmulatedVisionDeficiency", {"type": vision})
        image = Image.open(BytesIO(page.screenshot())).convert("RGB")
        colours: dict[str, Rgb] = {}
        for name, spot in spots.items():
            part = image.crop(tuple(round(edge) for edge in spot))
            # The unknown is white between its hatches by day and has a white outline by night: its lightest pixel.
            seen = [high for _low, high in part.getextrema()] if name == "unknown" else ImageStat.Stat(part).median
            colours[name] = seen[0], seen[1], seen[2]
        apart = {pair: difference(colours[pair[0]], colours[pair[1]]) for pair in combinations(colours, 2)}
        found[vision] = min(apart.items(), key=lambda item: item[1])
    return found


def strip(box: dict[str, float]) -> Box:
    """The left edge of a badge, beside its marks."""
    return box["x"], box["y"] + 2, box["x"] + 7, box["y"] + box["height"] - 2


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_states_in_the_list_of_nodes_stay_apart(scheme: str, base: str, visit: Callable[..., Any]) -> None:
    page = visit(base, "/nodes/", "operator", 1366, 768)
    page.emulate_media(color_scheme=scheme)
    words, spots = set(), {}
    for fill in STATES.values():
        badge = page.locator(f'tbody .badge[data-fill="{fill}"]').first
        spots[fill] = strip(badge.locator(".ground").bounding_box())
        words.add(badge.locator("xpath=ancestor::td").inner_text().strip())
    assert len(words) == len(STATES)
    for vision, (pair, apart) in closest(page, spots).items():
        assert apart >= APART, (vision, pair, apart)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_severities_of_incidents_stay_apart(scheme: str, base: str, visit: Callable[..., Any]) -> None:
    page = visit(base, "/incidents/", "operator", 1366, 768)
    page.emulate_media(color_scheme=scheme)
    grades, edges, words = {}, {}, set()
    for severity in SEVERITIES:
        row = page.locator(f'.incidents > li[data-severity="{severity}"]').first
        grade, box = row.locator(".grade").bounding_box(), row.bounding_box()
        grades[severity] = grade["x"] + 3, grade["y"] + 4, grade["x"] + 6, grade["y"] + 8
        edges[severity] = box["x"] + 2, box["y"] + 9, box["x"] + 6, box["y"] + 30
        words.add(row.locator(".grade").inner_text())
    assert len(words) == len(SEVERITIES)
    for spots in (grades, edges):
        for vision, (pair, apart) in closest(page, spots).items():
            assert apart >= APART, (vision, pair, apart)
