"""The simulated city: its nodes, and what each hangs on. The first `count` nodes of it are a city of the same shape."""

from dataclasses import dataclass
from random import Random

LINKS = ("isp-a1", "isp-a2", "isp-b1", "isp-b2")
PAIR = ("isp-a2", "isp-b1")
"""Both lines of a site with two of them: cut only when both are."""
FEEDERS = tuple(f"feeder-{number}" for number in range(1, 13))
AREAS = tuple(f"area-{number}" for number in range(1, 7))
CORE = "core"
NAMES = (
    *(f"kel-36730{1 + number // 12}1{number:03}" for number in range(67)),
    *(f"opd-kantor-{number}" for number in range(33)),
    *(f"cctv-titik-{number}" for number in range(10)),
)


@dataclass(frozen=True, slots=True)
class Place:
    """One node and its upstreams; two `lines`: either is enough."""

    node: str
    lines: tuple[str, ...]
    feeder: str
    area: str


def places(random: Random, count: int) -> tuple[Place, ...]:
    """`count` nodes, mixed over the kinds; feeders of two to fifteen nodes."""
    names = random.sample(NAMES, len(NAMES))[:count]
    feeders = FEEDERS[: max(2, min(len(FEEDERS), count // 4))]
    found = []
    for index, node in enumerate(names):
        feeder = feeders[index] if index < len(feeders) else random.choice(feeders)
        lines = PAIR if index % 11 == 10 else (LINKS[index % len(LINKS)],)
        found.append(Place(node, lines, feeder, AREAS[index % len(AREAS)]))
    return tuple(found)
