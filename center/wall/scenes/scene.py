"""What a scene is, and what it reads from."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from center.core.wall_incidents import IncidentRow
from center.core.wall_view import NodeRow
from center.wall.words import SiteName
from center.web.change_reader import ChangeReader
from center.web.live import State


@dataclass(frozen=True, slots=True)
class Moment:
    """One reading of the database: what every scene needs is read once. `kept` outlives the reading: a scene keeps
    there what is too dear to read four times a second, under its own name."""

    reader: ChangeReader
    now_ms: int
    names: dict[str, SiteName]
    nodes: list[NodeRow]
    incidents: list[IncidentRow]
    kept: dict[str, Any] = field(default_factory=dict)

    def every(self, name: str, period_ms: int, read: Callable[[], State]) -> State:
        """What `read` gave, at most `period_ms` old."""
        before = self.kept.get(name)
        if before is None or not 0 <= self.now_ms - before[0] < period_ms:
            before = self.kept[name] = (self.now_ms, read())
        found: State = before[1]
        return found


@dataclass(frozen=True, slots=True)
class Scene:
    """`title` is a source string of the catalogue; the template is wall/scene_NAME.html, the script
    wall/scenes/NAME.js. `read` gives the sections it adds to the live state (keys no other scene has), `texts` the
    words its script puts together, `context` what its template needs."""

    name: str
    title: str
    read: Callable[[Moment], State]
    texts: Callable[[], dict[str, Any]]
    context: Callable[[], dict[str, Any]] = dict
