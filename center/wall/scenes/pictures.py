"""The newest picture of every camera, as a mosaic; a camera that fell silent keeps its place and says since when."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from center.wall.scenes.scene import Moment, Scene
from center.web.live import State
from center.web.picture_words import BAD_VERDICTS, VERDICTS
from center.web.words import words

MAX_CAMERAS = 300
FORGET_MS = 7 * 86_400_000
FIRST_LOOK, NEXT_LOOKS = 3000, 300
LEAST_PERIOD_MS, USUAL_PERIOD_MS = 30_000, 300_000
# By arrival; a late backlog must not replace the newest picture, so of each camera the newest exposure wins.
NEWEST = """
SELECT id, node, camera, at_ms, age_ms, verdict FROM cctv_snapshot WHERE signature_ok ORDER BY id DESC LIMIT ?
"""
PREVIOUS = """
SELECT at_ms FROM cctv_snapshot WHERE node = ? AND camera = ? AND at_ms < ? AND signature_ok ORDER BY at_ms DESC LIMIT 1
"""

Camera = tuple[str, str]


def _read(moment: Moment) -> State:
    return {"pictures": [_tile(moment, key) for key in sorted(_cameras(moment), key=lambda key: _place(moment, key))]}


def newest_picture(moment: Moment) -> State | None:
    """The one taken last, of any camera; of one that sees something, while there is one."""
    cameras = _cameras(moment)
    if not cameras:
        return None
    seeing = [key for key, one in cameras.items() if one["verdict"] not in BAD_VERDICTS]
    return _tile(moment, max(seeing or cameras, key=lambda key: cameras[key]["at"]))


def _cameras(moment: Moment) -> dict[Camera, State]:
    """Every camera with its newest picture; read once per moment."""
    kept = moment.kept.setdefault("pictures", {"of": None, "cameras": {}})
    if kept["of"] != moment.now_ms:
        first = kept["of"] is None
        rows = moment.reader.query(NEWEST, (FIRST_LOOK if first else NEXT_LOOKS,))
        kept["of"] = moment.now_ms
        kept["cameras"] = _newest(moment, kept["cameras"], rows)
    cameras: dict[Camera, State] = kept["cameras"]
    return cameras


def _newest(moment: Moment, before: dict[Camera, State], rows: Iterable[tuple[Any, ...]]) -> dict[Camera, State]:
    known = {node.node for node in moment.nodes}
    cameras = {key: one for key, one in before.items() if key[0] in known and moment.now_ms - one["at"] < FORGET_MS}
    for key_id, node, camera, at_ms, age_ms, verdict in rows:
        at = at_ms - age_ms
        held = cameras.get((node, camera))
        if node not in known or moment.now_ms - at >= FORGET_MS or (held and held["at"] >= at):
            continue
        if held is None and len(cameras) >= MAX_CAMERAS:
            continue
        earlier = moment.reader.query(PREVIOUS, (node, camera, at_ms))
        period = max(LEAST_PERIOD_MS, at_ms - earlier[0][0]) if earlier else USUAL_PERIOD_MS
        usual = min(period, 12 * USUAL_PERIOD_MS)
        cameras[node, camera] = {"id": key_id, "at": at, "period": usual, "verdict": verdict}
    return cameras


def _tile(moment: Moment, key: Camera) -> State:
    _node, camera = key
    one = _cameras(moment)[key]
    return {
        "url": f"/wall/pictures/{one['id']}.jpg",
        "site": _place(moment, key)[0],
        "camera": camera,
        "at": one["at"],
        "period": one["period"],
        "verdict": one["verdict"] if one["verdict"] in BAD_VERDICTS else "",
    }


def _place(moment: Moment, key: Camera) -> tuple[str, str]:
    site = next((node.site for node in moment.nodes if node.node == key[0]), "")
    name = moment.names.get(site)
    return (name.display if name else key[0], key[1])


def _texts() -> dict[str, Any]:
    return {
        "noPictures": _("No camera has sent a picture yet."),
        "pageOf": _("%(page)s of %(pages)s"),
        "noPictureFor": _("No new picture for %(age)s"),
        "pictureGone": _("The picture cannot be shown"),
        "verdicts": {code: text for code, text in words(VERDICTS).items() if code in BAD_VERDICTS},
    }


SCENE = Scene("pictures", gettext_noop("Cameras"), _read, _texts)
