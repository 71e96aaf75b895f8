"""The chain of a camera's pictures: each record names the SHA-256 of the picture before it.

The ends are written down *before* the outbox has the picture, and per camera the last two are kept. So at any crash
there is either an end for a picture the outbox has, or one for a sequence number it never used; the latter is
recognised because the next picture, of whatever camera, gets that same number again. Rules:

1. entries of another epoch are forgotten: the first picture of an epoch has no predecessor;
2. entries at or above the new number were never stored, and are forgotten;
3. the predecessor is the highest entry left of the same camera;
4. the new picture is entered, and of each camera the last two entries are kept.
"""

from dataclasses import dataclass, field

KEPT_PER_CAMERA = 2


@dataclass(frozen=True, slots=True)
class Ends:
    """Per camera the last entries (seq, sha256), ascending, all of `epoch`."""

    epoch: str = ""
    cameras: dict[str, tuple[tuple[int, str], ...]] = field(default_factory=dict)


def follow(ends: Ends, epoch: str, camera: str, seq: int, sha256: str) -> tuple[str, Ends]:
    """(SHA-256 of the camera's previous picture or "", the chain's new ends)."""
    cameras = dict(ends.cameras) if ends.epoch == epoch else {}
    cameras = {name: tuple(entry for entry in entries if entry[0] < seq) for name, entries in cameras.items()}
    before = cameras.get(camera, ())
    cameras[camera] = (*before, (seq, sha256))[-KEPT_PER_CAMERA:]
    return (before[-1][1] if before else ""), Ends(
        epoch, {name: entries for name, entries in cameras.items() if entries}
    )
