"""The table of scenes, in the order a screen turns through them."""

from functools import cache
from importlib import import_module

from center.wall.scenes.scene import Scene

SCENES: dict[str, str] = {
    "map": "center.wall.scenes.map:SCENE",
    "incidents": "center.wall.scenes.incidents:SCENE",
    "pictures": "center.wall.scenes.pictures:SCENE",
    "services": "center.wall.scenes.services:SCENE",
}
SCENE_NAMES = tuple(SCENES)


@cache
def scene(name: str) -> Scene:
    """One scene of the table. Raises KeyError."""
    module, _, attribute = SCENES[name].partition(":")
    found = getattr(import_module(module), attribute)
    if not isinstance(found, Scene) or found.name != name:
        raise TypeError(f"{SCENES[name]} is no scene {name!r}")
    return found


def all_scenes() -> list[Scene]:
    """Every scene, in order."""
    return [scene(name) for name in SCENE_NAMES]
