"""What a bad line does to one box. Each undoes only its own setting: several may be at work at once."""

import random
from collections.abc import Callable

from tests.chaos.scene import Scene
from tests.support.tcp_proxy import TcpProxy


def _line(scene: Scene, rng: random.Random) -> TcpProxy:
    return rng.choice(scene.boxes).proxy


def cut(scene: Scene, rng: random.Random) -> None:
    """Connections are reset once."""
    _line(scene, rng).cut()


def cut_every(scene: Scene, rng: random.Random) -> Callable[[], None]:
    """Every connection is reset after N bytes: from within the TLS handshake (some 5 kB) to some batches."""
    proxy = _line(scene, rng)
    proxy.set(cut_every=rng.choice((1000, 4000, 6000, 8000, 12_000, 20_000, 50_000)))
    return lambda: proxy.set(cut_every=None)


def black_hole(scene: Scene, rng: random.Random) -> Callable[[], None]:
    """Bytes vanish in both directions, connections stay."""
    proxy = _line(scene, rng)
    proxy.set(black_hole=True)

    def heal() -> None:
        proxy.set(black_hole=False)
        proxy.cut()  # a stream with a hole in it is no stream

    return heal


def stall(scene: Scene, rng: random.Random) -> Callable[[], None]:
    """Nothing moves; afterwards everything that waited moves on."""
    proxy = _line(scene, rng)
    proxy.set(stall=True)
    return lambda: proxy.set(stall=False)


def trickle(scene: Scene, rng: random.Random) -> Callable[[], None]:
    """A few hundred to a few thousand bytes a second."""
    proxy = _line(scene, rng)
    proxy.set(trickle=rng.choice((300, 1000, 4000, 16_000)))
    return lambda: proxy.set(trickle=None)


def refuse(scene: Scene, rng: random.Random) -> Callable[[], None]:
    """Present connections are cut and new ones reset at once."""
    proxy = _line(scene, rng)
    proxy.set(refuse=True)
    proxy.cut()
    return lambda: proxy.set(refuse=False)


def reorder(scene: Scene, rng: random.Random) -> Callable[[], None]:
    """The next connection is held back, so that a later one of the same box reaches the broker before it."""
    proxy = _line(scene, rng)
    proxy.hold_next(rng.randint(1, 2), rng.uniform(2, 6))
    proxy.cut()
    return lambda: proxy.hold_next(0, 0)


def half_open(scene: Scene, rng: random.Random) -> Callable[[], None]:
    """The broker's side is gone, the box is not told: it must find out by itself."""
    proxy = _line(scene, rng)
    proxy.half_open()
    return proxy.cut
