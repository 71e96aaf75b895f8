"""What citizens say at a kiosk, one line of the table per kind: made at random, and never the same twice.

`make(chance)` gives a Voice: the request for the intake socket and the numbers of the photographs that go with it.
`content` is what must be found at the centre again, whatever happened on the way.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

WORDS: Final = (
    "lampu", "jalan", "padam", "berlubang", "banjir", "saluran", "tersumbat", "sampah", "menumpuk", "air", "bersih",
    "puskesmas", "antrean", "kelurahan", "pasar", "sekolah", "jembatan", "pohon", "tumbang", "trotoar", "é", "ꦱꦼꦫꦁ", "🌧",
)  # fmt: skip
NAMES: Final = ("Siti Rahayu", "Ujang", "Nyi Mas Ratu", "H. Tb. Achmad", "Maya O'Neil")
TYPED: Final = ("text", "name", "contact", "rt_rw", "purpose")
"""What goes into the sealed box as it was typed."""


@dataclass(frozen=True)
class Voice:
    """One thing somebody wants to hand in. `after`: adds to the ticket the same caller was last given."""

    kind: str
    client_id: str
    fields: Mapping[str, object]
    photos: tuple[int, ...] = ()
    after: bool = False
    op: str = field(default="submit")

    @property
    def request(self) -> dict[str, object]:
        """For the intake socket, photographs aside."""
        return {"op": self.op, "client_id": self.client_id, "channel": "web", "lang": "id", **self.fields}

    @property
    def content(self) -> dict[str, object]:
        """What the desk must be able to open: everything typed, the category and the numbers on the photographs."""
        if self.op == "survey":
            return {"unit": self.fields["unit"], "answers": self.fields["answers"]}
        typed = {name: str(self.fields[name]) for name in TYPED if self.fields.get(name)}
        return {"category": self.fields["category"], "photos": sorted(self.photos), **typed}


def plain(chance: random.Random) -> Voice:
    """A complaint with or without a name."""
    named = {"name": chance.choice(NAMES), "contact": f"08{chance.randrange(10**9, 10**10)}"}
    fields = {"category": chance.choice(("aduan", "laporan", "saran", "pendapat")), "text": _text(chance)}
    return Voice("plain", _client_id(chance), fields | (named if chance.random() < 0.4 else {}))


def placed(chance: random.Random) -> Voice:
    """One that says what and where, and wants its name kept from the agency."""
    fields = {
        "category": "aduan", "text": _text(chance), "subject": chance.choice(("jalan", "lampu", "sampah")),
        "rt_rw": f"{chance.randrange(1, 20):02}/{chance.randrange(1, 9):02}", "identity": "confidential",
        "name": chance.choice(NAMES), "contact": f"08{chance.randrange(10**9, 10**10)}",
    }  # fmt: skip
    return Voice("placed", _client_id(chance), fields)


def photographed(chance: random.Random) -> Voice:
    """One with one or two photographs."""
    numbers = tuple(chance.getrandbits(64) for _ in range(chance.choice((1, 1, 2))))
    return Voice("photo", _client_id(chance), {"category": "laporan", "text": _text(chance)}, numbers)


def ppid(chance: random.Random) -> Voice:
    """A request for public information: the law wants to know who asks, and what for."""
    fields = {
        "category": "ppid", "text": _text(chance), "purpose": f"penelitian {chance.getrandbits(32):08x}",
        "name": chance.choice(NAMES), "contact": f"08{chance.randrange(10**9, 10**10)}",
        "way": chance.choice(("look", "copy", "email")), "assisted": True,
    }  # fmt: skip
    return Voice("ppid", _client_id(chance), fields)


def survey(chance: random.Random) -> Voice:
    """Nine taps."""
    answers = [chance.randint(1, 4) for _ in range(9)]
    return Voice("survey", _client_id(chance), {"unit": "kel-3673011001", "answers": answers}, op="survey")


def added(chance: random.Random) -> Voice:
    """Something more about a ticket of before."""
    return Voice("added", _client_id(chance), {"category": "aduan", "text": _text(chance)}, after=True)


KINDS: Final[Mapping[str, tuple[Callable[[random.Random], Voice], float]]] = {
    "plain": (plain, 6),
    "placed": (placed, 3),
    "photo": (photographed, 2),
    "ppid": (ppid, 2),
    "survey": (survey, 2),
    "added": (added, 1),
}
"""Name -> (maker, weight). A new kind is a line here."""


def drawn(chance: random.Random, kinds: tuple[str, ...] = ()) -> Voice:
    """One of the kinds asked for (all when none is), by weight."""
    names = kinds or tuple(KINDS)
    make, _ = KINDS[chance.choices(names, [KINDS[name][1] for name in names])[0]]
    return make(chance)


def _text(chance: random.Random) -> str:
    words = " ".join(chance.choices(WORDS, k=chance.randint(3, 60)))
    return f"Nomor {chance.getrandbits(64):016x}: {words}"


def _client_id(chance: random.Random) -> str:
    return f"{chance.getrandbits(128):032x}"
