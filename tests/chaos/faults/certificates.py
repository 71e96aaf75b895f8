"""A node's certificate runs out, and is renewed while the agent runs; it takes a new one up at its next connection."""

import random
from collections.abc import Callable
from datetime import timedelta

from center.pki import open_authority
from center.sealing import load_public_key
from tests.chaos.box import Box
from tests.chaos.scene import Scene


def expire_and_renew(scene: Scene, rng: random.Random) -> Callable[[], None]:
    """The certificate is over and the connection is cut: the box is locked out until the operator renews it."""
    box = rng.choice(scene.boxes)
    expire(scene, box)
    return lambda: reissue(scene, box)


def renew(scene: Scene, rng: random.Random) -> None:
    """`sandi-center enroll --force` for a node at work, then the line is cut once."""
    box = rng.choice(scene.boxes)
    reissue(scene, box)
    box.proxy.cut()


def expire(scene: Scene, box: Box) -> None:
    """Give the box a certificate that is already over."""
    seal_public_key = load_public_key(scene.city.data / "keys")
    authority = open_authority(scene.city.data / "pki")
    folder = scene.city.credentials(box.node)
    over = timedelta(seconds=-1)
    authority.issue_node(box.node, folder, seal_public_key=seal_public_key, validity=over, replace=True)
    box.proxy.cut()


def reissue(scene: Scene, box: Box) -> None:
    """What the operator does."""
    folder = scene.city.credentials(box.node)
    scene.city.command("enroll", box.node, "--out", str(folder), "--force")
