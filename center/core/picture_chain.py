"""Whether the pictures of one camera follow each other without a hole. Pure.

Every record names the SHA-256 of the picture before it. Pictures the node had to give up before they were sent are
still links: a later record names them with their own predecessors. Pictures deleted since are links of the log. So from
each picture one goes back, link by link, until one comes to the picture before it:

follows   its predecessor is the picture before it;
given_up  between them lie only pictures the node says it gave up;
told      the node says it gave up more than a record has room to name: their number is known, their hashes are not;
gap       the picture it names is not here: it is still on its way, or was never sent;
first     it names none, and none is known before it;
restarted it names none though there are pictures before it: the node had lost the end of its chain;
broken    what it names cannot be: an older picture than the one before it, itself, or a later one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

Finding = Literal["follows", "given_up", "told", "gap", "first", "restarted", "broken"]


class Link(NamedTuple):
    """A picture as the chain sees it. `is_here`: there is a row or a file; else it is only named by somebody."""

    seq: int
    sha256: str
    previous_sha256: str
    is_here: bool = True
    given_up_more: int = 0


def findings(links: Iterable[Link], given_up: Iterable[Link] = ()) -> dict[int, Finding]:
    """What holds for each picture of one camera and epoch, by its number.

    `links`: pictures that are here, and those deleted since (`is_here` False); `given_up`: those other records name.
    The numbers of a node run over all its cameras, so a missing number says nothing by itself.
    """
    known = sorted({link.seq: link for link in links}.values())
    lost = {link.sha256: link for link in given_up}
    found: dict[int, Finding] = {}
    before: Link | None = None
    numbers = {link.sha256: link.seq for link in known}
    for link in known:
        if link.is_here:
            found[link.seq] = _finding(link, before, lost, numbers)
        before = link
    return found


def _finding(link: Link, before: Link | None, lost: Mapping[str, Link], numbers: Mapping[str, int]) -> Finding:
    named = link.previous_sha256
    if before is not None and named == before.sha256:
        return "follows"
    if not named:
        return "first" if before is None else "restarted"
    if named in numbers:
        return "broken"
    walked = 0
    while named in lost and walked < len(lost):
        if lost[named].seq >= link.seq:
            return "broken"
        named, walked = lost[named].previous_sha256, walked + 1
        if before is not None and named == before.sha256:
            return "given_up"
        if not named and before is None:
            return "given_up"
    if walked and named in numbers:
        return "broken"
    return "told" if link.given_up_more else "gap"
