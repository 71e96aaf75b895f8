"""Which boxes are asked about one that is no longer heard, at which address, and what their answers say together. Pure.

Whom to ask: boxes of other sites that are UP, of the same provider or the same kecamatan: they stand near it in the
net. First those on another line (they see whether the line is the fault), then of the same provider, then by name; at
most `MOST`.

Where: a box tells its own address in every report, and the broker saw from which address it came.

| the two                          | asked                | what an answer means                                |
|----------------------------------|----------------------|-----------------------------------------------------|
| alike                            | that one             | the box itself is there                             |
| another one, of this site alone  | what the broker saw  | the site's router is there; the box lies behind it  |
| another one, shared by sites     | none                 | a provider's address: anybody could answer          |
| the broker saw none              | the box's own        | the box itself, unless the witness's own network    |
|                                  |                      | is the same: there somebody else would answer       |
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_interface
from typing import Final, Literal

MOST: Final = 3
BOX: Final = "box"
ROUTER: Final = "router"
Kind = Literal["box", "router"]
Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Peer:
    """A node as its neighbours' choice sees it. `lines`: the upstreams of kind line it hangs on.

    `own` is its address with its network ("10.3.4.5/24"), "" unknown; `seen`: from where the broker last saw it come.
    """

    node: str
    site: str
    state: str
    provider: str = ""
    kecamatan: str = ""
    lines: frozenset[str] = field(default_factory=frozenset)
    own: str = ""
    seen: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """`node` is asked to probe `host`; `kind` is whose address that is."""

    node: str
    host: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Answer:
    """What one witness found. `measured` False: it gave no answer, whatever the reason. `last`: the farthest router
    that answered on the way."""

    node: str
    kind: Kind
    measured: bool
    reached: bool = False
    last: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`code` of `SENTENCES`; `reached` of the `measured` witnesses reached it. `last`: where it was not reached, the
    farthest router that most of them heard of."""

    code: str
    reached: int
    measured: int
    last: str = ""


SENTENCES: Final[Mapping[str, Pair]] = {
    "waiting": ("Tetangga sedang memeriksa.", "Neighbours are looking."),
    "unmeasured": (
        "Tidak ada tetangga yang dapat memeriksa; belum ada kesimpulan.",
        "No neighbour could measure it; nothing can be said.",
    ),
    "box": (
        "{reached} dari {measured} tetangga mencapai kotak ini: salurannya hidup, kotak atau layanannya bermasalah.",
        "{reached} of {measured} neighbours reach this box: its line is alive, the box or its agent is at fault.",
    ),
    "inside": (
        "{reached} dari {measured} tetangga mencapai router lokasi ini: salurannya hidup, masalahnya di dalam lokasi "
        "(kotak, listriknya, atau kabelnya).",
        "{reached} of {measured} neighbours reach this site's router: its line is alive, the fault is inside the site "
        "(the box, its power or its cable).",
    ),
    "router": (
        "Tetangga sampai di jaringan lokasi ini tetapi tidak di kotaknya: kotak, listriknya, atau kabelnya bermasalah.",
        "Neighbours get as far as this site's network but not to the box: the box, its power or its cable is at fault.",
    ),
    "line": (
        "Tidak satu pun dari {measured} tetangga mencapai kotak ini: salurannya putus, listrik lokasi padam, atau "
        "kotaknya mati.",
        "None of {measured} neighbours reaches this box: its line is cut, the power of the site is out, or the box is "
        "off.",
    ),
}


_FARTHEST: Final[Pair] = ("Router terjauh yang menjawab", "The farthest router that answered")


def choose(cut: Peer, others: Iterable[Peer], most: int = MOST) -> tuple[Peer, ...]:
    """The witnesses, the best first; () when there is none."""
    near = [
        one
        for one in others
        if one.node != cut.node
        and one.site != cut.site
        and one.state == "UP"
        and (_same(cut, one, "provider") or _same(cut, one, "kecamatan"))
    ]
    near.sort(key=lambda one: (bool(one.lines & cut.lines), not _same(cut, one, "provider"), one.node))
    return tuple(near[:most])


def questions(cut: Peer, others: Sequence[Peer], most: int = MOST) -> tuple[Question, ...]:
    """What to ask whom; () when nobody can be asked, or no address of the box is known that would be its own."""
    shared = {one.seen for one in others if one.site != cut.site and one.seen}
    own, seen = _address(cut.own), _address(cut.seen)
    if seen and seen in {_address(text) for text in shared}:
        return ()
    if seen and seen != own:
        return tuple(Question(one.node, seen, ROUTER) for one in choose(cut, others, most))
    if not own:
        return ()
    asked = [one for one in choose(cut, others, len(others)) if seen or not _inside(own, one.own)]
    return tuple(Question(one.node, own, BOX) for one in asked[:most])


def verdict(answers: Sequence[Answer], own: str, *, over: bool = True) -> Verdict:
    """What they say together. `own` as in `Peer`; `over` False: some have not answered yet.

    One that reaches it is believed against any that do not: a way that works is there.
    """
    measured = [one for one in answers if one.measured]
    reached = [one for one in measured if one.reached]
    if any(one.kind == BOX for one in reached):
        return Verdict("box", len(reached), len(measured))
    if reached:
        return Verdict("inside", len(reached), len(measured))
    if not over:
        return Verdict("waiting", 0, len(measured))
    if not measured:
        return Verdict("unmeasured", 0, 0)
    close = any(one.kind == BOX and _inside(_address(one.last), own) for one in measured)
    heard = Counter(one.last for one in measured if _address(one.last))
    last = max(heard, key=lambda address: (heard[address], address), default="")
    return Verdict("router" if close else "line", 0, len(measured), last)


def sentence(found: Verdict) -> Pair:
    """Indonesian and English."""
    pair = SENTENCES[found.code]
    facts = {"reached": found.reached, "measured": found.measured}
    far = tuple(f" {text}: {found.last}." if found.last else "" for text in _FARTHEST)
    return pair[0].format(**facts) + far[0], pair[1].format(**facts) + far[1]


def _same(cut: Peer, other: Peer, name: str) -> bool:
    return bool(getattr(cut, name)) and getattr(cut, name) == getattr(other, name)


def _address(text: str) -> str:
    """Without its network; "" for what is none, and for those that mean this machine or this cable alone."""
    try:
        found = ip_interface(text).ip if "/" in text else ip_address(text)
    except ValueError:
        return ""
    mapped = getattr(found, "ipv4_mapped", None) or found
    useless = mapped.is_loopback or mapped.is_link_local or mapped.is_unspecified or mapped.is_multicast
    return "" if useless else str(mapped)


def _inside(address: str, network: str) -> bool:
    """Whether the address lies in the network of `network` ("10.3.4.5/24"); False where either is unknown."""
    try:
        return bool(address) and "/" in network and ip_address(address) in ip_interface(network).network
    except ValueError:
        return False
