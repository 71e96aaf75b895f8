"""The chain of a camera's pictures: each record names the SHA-256 of the picture before it.

The ends are written down *before* the outbox has the picture, and per camera the last two are kept. So at any crash
there is either an end for a picture the outbox has, or one for a sequence number it never used; the latter is
recognised because the next picture, of whatever camera, gets that same number again. Rules:

1. entries of another epoch are forgotten: the first picture of an epoch has no predecessor;
2. entries at or above the new number were never stored, and are forgotten;
3. the predecessor is the highest entry left of the same camera;
4. the new picture is entered, and of each camera the last two entries are kept.

A picture that has to be given up before it was sent stays a link (`Losses`): later pictures of its camera tell its
numbers, until one that told them is known to be at the centre. What is remembered is bounded however long that takes:

1. every loss is counted; of each camera the newest `MOST_LINKS` are remembered in full;
2. a picture that tells of losses is their carrier, remembered with how many had been counted then. Only the first of
   those that tell the same is;
3. once a carrier is acknowledged, all it counted is told, and forgotten;
4. a carrier that is given up itself is none any more: it is a loss like the others.
"""

from collections.abc import Callable

from wire.shape import Struct, field, replace

KEPT_PER_CAMERA = 2
MOST_LINKS = 20
"""As many as a record has room for (`wire.snapshot.MAX_EVICTED`)."""
MOST_CARRIERS = 16
"""A carrier too few costs only that links are told once more."""


class Ends(Struct, frozen=True):
    """Per camera the last entries (seq, sha256), ascending, all of `epoch`."""

    epoch: str = ""
    cameras: dict[str, tuple[tuple[int, str], ...]] = field(default_factory=dict)


class Link(Struct, frozen=True):
    """A picture that was given up: its number, its SHA-256, and that of the picture before it."""

    seq: int
    sha256: str
    previous_sha256: str


class Lost(Struct, frozen=True):
    """Of one camera: how many pictures were given up, how many of those the centre was told of, the newest of them, and
    the pictures (number, count at that time) that tell of losses and are on their way."""

    count: int = 0
    told: int = 0
    links: tuple[Link, ...] = ()
    carriers: tuple[tuple[int, int], ...] = ()

    @property
    def untold(self) -> tuple[Link, ...]:
        """Those to tell, ascending."""
        missing = self.count - self.told
        return tuple(sorted(self.links[-missing:] if missing else (), key=lambda link: link.seq))

    @property
    def more(self) -> int:
        """How many besides `untold` are to be told, of which only the number is known."""
        return self.count - self.told - len(self.untold)


class Losses(Struct, frozen=True):
    """What was given up of each camera's pictures of `epoch`."""

    epoch: str = ""
    cameras: dict[str, Lost] = field(default_factory=dict)

    def of(self, epoch: str, camera: str) -> Lost:
        """Of this camera, in this epoch."""
        return self.cameras.get(camera, Lost()) if epoch == self.epoch else Lost()


def follow(ends: Ends, epoch: str, camera: str, seq: int, sha256: str) -> tuple[str, Ends]:
    """(SHA-256 of the camera's previous picture or "", the chain's new ends)."""
    cameras = dict(ends.cameras) if ends.epoch == epoch else {}
    cameras = {name: tuple(entry for entry in entries if entry[0] < seq) for name, entries in cameras.items()}
    before = cameras.get(camera, ())
    cameras[camera] = (*before, (seq, sha256))[-KEPT_PER_CAMERA:]
    return (before[-1][1] if before else ""), Ends(
        epoch, {name: entries for name, entries in cameras.items() if entries}
    )


def lose(losses: Losses, epoch: str, camera: str, link: Link) -> Losses:
    """This picture is given up."""
    known = losses.of(epoch, camera)
    lost = replace(known, count=known.count + 1, links=(*known.links, link)[-MOST_LINKS:])
    return drop_carrier(_with(losses, epoch, camera, lost), epoch, link.seq)


def drop_carrier(losses: Losses, epoch: str, seq: int) -> Losses:
    """The picture of this number will not arrive: whatever it told is still to be told."""
    if losses.epoch != epoch:
        return losses
    cameras = {
        name: replace(lost, carriers=tuple(carrier for carrier in lost.carriers if carrier[0] != seq))
        for name, lost in losses.cameras.items()
    }
    return replace(losses, cameras=cameras)


def carry(losses: Losses, epoch: str, camera: str, seq: int, count: int) -> Losses:
    """The picture `seq` tells of the first `count` losses of its camera."""
    lost = losses.of(epoch, camera)
    if count <= lost.told or any(counted >= count for _, counted in lost.carriers):
        return losses
    carriers = (*lost.carriers, (seq, count))[-MOST_CARRIERS:]
    return _with(losses, epoch, camera, replace(lost, carriers=carriers))


def settle(losses: Losses, arrived: Callable[[int], bool]) -> Losses:
    """Forget what carriers told that have `arrived` at the centre (asked by their number)."""
    cameras: dict[str, Lost] = {}
    for name, lost in losses.cameras.items():
        told = max([lost.told, *(count for seq, count in lost.carriers if arrived(seq))])
        if told < lost.count:
            waiting = tuple(carrier for carrier in lost.carriers if carrier[1] > told)
            cameras[name] = replace(lost, told=told, links=lost.links[-(lost.count - told) :], carriers=waiting)
    return replace(losses, cameras=cameras)


def _with(losses: Losses, epoch: str, camera: str, lost: Lost) -> Losses:
    cameras = losses.cameras if losses.epoch == epoch else {}
    return Losses(epoch, {**cameras, camera: lost})
