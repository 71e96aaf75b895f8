"""Where every box stands with its certificates, out of the authority's book and the database."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from center.authorities import Register, register_of
from center.core.rotation import Certificate, Rotation, Standing, newest, standing
from center.ingest.database import select
from center.rotation.servers import SIREN
from center.sites.models import Node
from wire.topics import is_node_id

_HEARD = "SELECT node, MAX(live_ms), MAX(born_ms) FROM ingest_presence GROUP BY node"


@dataclass(frozen=True, slots=True)
class Box:
    """One node, or a siren (`site` ""). `last`: its newest certificate, None where all were taken back."""

    name: str
    site: str
    standing: Standing
    last: Certificate | None
    heard_ms: int | None
    retired: bool = False

    @property
    def lacks(self) -> bool:
        """Whether the next step would lock it out, as far as anybody can know."""
        return not self.retired and self.standing in {"old", "unheard"}


def boxes(register: Register) -> list[Box]:
    """Every node of the database and every siren of the book, by name."""
    rotation = register.rotation
    book = certificates(register)
    heard = {node: max(live or 0, born or 0) or None for node, live, born in select(_HEARD)}
    found = []
    for row in Node.objects.select_related("site").order_by("pk"):
        held, heard_ms = book.get(row.pk, []), heard.get(row.pk)
        where = standing(held, rotation.signs, heard_ms)
        found.append(Box(row.pk, row.site.display_name, where, newest(held), heard_ms, row.retired))
    for name in sorted(name for name in book if name.startswith(SIREN)):
        last = newest(book[name])
        # A siren says nothing to the database: that it has its new files is the word of whoever carried them there.
        heard_ms = last.issued_ms if last else None
        found.append(Box(name, "", standing(book[name], rotation.signs, heard_ms), last, heard_ms))
    return found


def certificates(register: Register) -> dict[str, list[Certificate]]:
    """Every certificate ever signed, by name, in order."""
    found: dict[str, list[Certificate]] = {}
    for entry in register.book:
        if is_node_id(entry["name"]) or entry["name"].startswith(SIREN):
            one = Certificate(
                entry["serial"],
                entry.get("authority") or register.rotation.first,
                _ms(entry["issued_at"]),
                _ms(entry["expires_at"]),
                entry["serial"] in register.revoked,
            )
            found.setdefault(entry["name"], []).append(one)
    return found


def lacking(found: Iterable[Box]) -> list[Box]:
    """Those the next step would lock out."""
    return [box for box in found if box.lacks]


def standings(pki: Path) -> tuple[Rotation, list[Box]]:
    """The stage and every box, for pages and commands."""
    register = register_of(pki)
    return register.rotation, boxes(register)


def _ms(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)
