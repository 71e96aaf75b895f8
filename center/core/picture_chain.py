"""Whether the pictures of one camera follow each other without a hole. Pure.

Every record names the SHA-256 of the picture before it. Pictures the node had to give up before they were sent are
still links: a later record names them with their own predecessors. Pictures deleted since are links of the log. So from
each picture one goes back, link by link, until one comes to the picture before it:

follows   its predecessor is the picture before it;
given_up  between them lie only pictures the node says it gave up;
told      the node says later that it gave up more than a record has room to name: their number is known, their
          hashes are not;
gap       the picture it names is not here: it is still on its way, or was never sent;
first     it names none, and none is known before it;
restarted it names none though there are pictures before it: the node had lost the end of its chain;
broken    it names another one than the picture right before it, and no number lies between the two.

A picture is named by its bytes alone: of two that are the same to the last bit either may be meant, and which is
missing makes no difference to what was seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple

Finding = Literal["follows", "given_up", "told", "gap", "first", "restarted", "broken"]


class Link(NamedTuple):
    """A picture as the chain sees it. `is_here`: there is a row or a file; else it is only named by somebody.

    `given_up_more`: of how many given-up pictures its record tells the number alone; all of them are older than
    `given_up_below`, the first one it names (0: it names none).
    """

    seq: int
    sha256: str
    previous_sha256: str
    is_here: bool = True
    given_up_more: int = 0
    given_up_below: int = 0


def findings(links: Iterable[Link], given_up: Iterable[Link] = ()) -> dict[int, Finding]:
    """What holds for each picture of one camera and epoch, by its number.

    `links`: pictures that are here, and those deleted since (`is_here` False); `given_up`: those other records name.
    The numbers of a node run over all its cameras, so a missing number says nothing by itself.
    """
    known = sorted({link.seq: link for link in links}.values())
    lost: dict[str, list[Link]] = {}
    for link in sorted(set(given_up)):
        lost.setdefault(link.sha256, []).append(link)
    found: dict[int, Finding] = {}
    before: Link | None = None
    for link in known:
        if link.is_here:
            what = _finding(link, before, lost)
            floor = before.seq if before is not None else 0
            found[link.seq] = "told" if what == "gap" and _is_told(link, floor, known) else what
        before = link
    return found


def _is_told(link: Link, floor: int, known: Sequence[Link]) -> bool:
    """Whether a picture from this one on tells that more were given up, and some of those may lie before this one."""
    return any(
        one.seq >= link.seq and one.given_up_more > 0 and floor + 1 < (one.given_up_below or one.seq) for one in known
    )


def _finding(link: Link, before: Link | None, lost: Mapping[str, list[Link]]) -> Finding:
    named, reached = link.previous_sha256, link.seq
    if before is not None and named == before.sha256:
        return "follows"
    if not named:
        return "first" if before is None else "restarted"
    if before is not None and link.seq == before.seq + 1:
        return "broken"
    floor = before.seq if before is not None else -1
    while step := [one for one in lost.get(named, ()) if floor < one.seq < reached]:
        named, reached = step[-1].previous_sha256, step[-1].seq
        if named == (before.sha256 if before is not None else ""):
            return "given_up"
    return "gap"
