"""Photographs that scikit-image ships, and what weather, night and vandals do to a camera, drawn from a seed."""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import numpy as np
import skimage
from PIL import Image, ImageEnhance, ImageFilter

SIZE = (640, 360)
_NAMES = (
    "astronaut.png", "brick.png", "camera.png", "chelsea.png", "coffee.png", "coins.png", "grass.png",
    "gravel.png", "moon.png", "motorcycle_left.png", "retina.jpg", "rocket.jpg", "text.png",
)  # fmt: skip
PHOTOS = tuple(Path(name).stem for name in _NAMES)
_FILES = dict(zip(PHOTOS, _NAMES, strict=True))
_AWAY = 0.16
"""Of the photograph, kept outside the view on each side, for a camera that is turned to see it."""


@lru_cache(maxsize=16)
def photo(name: str) -> Image.Image:
    """The whole photograph, in RGB."""
    with Image.open(Path(skimage.__file__).parent / "data" / _FILES[name]) as source:
        return source.convert("RGB")


def view(name: str, dx: float = 0.0, dy: float = 0.0, zoom: float = 1.0, tilt_deg: float = 0.0) -> Image.Image:
    """What a camera in front of the photograph sees; `dx`, `dy` in widths of its view."""
    whole = photo(name)
    if tilt_deg:
        whole = whole.rotate(tilt_deg, Image.Resampling.BICUBIC)
    width, height = whole.size
    wide = min(width * (1 - 2 * _AWAY), height * (1 - 2 * _AWAY) * SIZE[0] / SIZE[1]) * zoom
    high = wide * SIZE[1] / SIZE[0]
    left = min(max(0.0, (width - wide) / 2 + dx * wide), width - wide)
    top = min(max(0.0, (height - high) / 2 + dy * high), height - high)
    return whole.resize(SIZE, Image.Resampling.BICUBIC, (left, top, left + wide, top + high))


def noisy(picture: Image.Image, sigma: float, chance: np.random.Generator) -> Image.Image:
    """With a sensor's noise, the same in all colours: the worst case for the luma."""
    grain = chance.standard_normal((picture.height, picture.width, 1), dtype=np.float32) * np.float32(sigma)
    seen = np.asarray(picture) + grain
    return Image.fromarray(np.clip(seen, 0, 255, out=seen).astype(np.uint8))


def day(name: str, chance: np.random.Generator) -> Image.Image:
    """The usual view: other light at each picture, a wind of a pixel or two, a little noise."""
    seen = view(name, *chance.normal(0, 0.0015, 2))
    seen = ImageEnhance.Brightness(seen).enhance(chance.uniform(0.75, 1.2))
    return noisy(_passer_by(seen, chance), 2, chance)


def night(name: str, chance: np.random.Generator) -> Image.Image:
    """Little light, much noise."""
    dim = ImageEnhance.Brightness(view(name, *chance.normal(0, 0.0015, 2))).enhance(chance.uniform(0.12, 0.3))
    return noisy(_passer_by(dim, chance), chance.uniform(5, 11), chance)


def fog(name: str, chance: np.random.Generator) -> Image.Image:
    """A veil that leaves a quarter to a half of the contrast."""
    veil = Image.new("RGB", SIZE, (int(chance.integers(150, 215)),) * 3)
    return noisy(Image.blend(view(name), veil, chance.uniform(0.5, 0.75)), 2, chance)


def defocus(name: str, chance: np.random.Generator) -> Image.Image:
    """A lens out of focus: blur of a fortieth of the view and more."""
    soft = view(name).filter(ImageFilter.GaussianBlur(SIZE[0] * chance.uniform(0.014, 0.03)))
    return noisy(soft, 2, chance)


def covered(name: str, chance: np.random.Generator) -> Image.Image:
    """A hand, cloth, paper or spray before the lens: soft light of any grey, folds, nothing of the view."""
    kind = chance.choice(["hand", "cloth", "paper", "spray"])
    grey = {"hand": (18, 50), "cloth": (40, 110), "paper": (150, 220), "spray": (60, 200)}[str(kind)]
    tint = np.array(chance.uniform(*grey)) * (np.array([1.25, 0.95, 0.85]) if kind == "hand" else np.ones(3))
    y, x = np.mgrid[0 : SIZE[1], 0 : SIZE[0]]
    slope = chance.uniform(-0.25, 0.25, 2)
    light = 1 + slope[0] * (x / SIZE[0] - 0.5) + slope[1] * (y / SIZE[1] - 0.5)
    if kind == "cloth":
        across = np.cos(
            chance.uniform(0, np.pi) + chance.uniform(4, 14) * (x / SIZE[0] + chance.uniform(-1, 1) * y / SIZE[1])
        )
        light = light * (1 + 0.06 * across)
    patch = np.clip(light[..., None] * tint, 0, 255).astype(np.uint8)
    return noisy(Image.fromarray(patch), chance.uniform(2, 7), chance)


def moved(name: str, chance: np.random.Generator) -> Image.Image:
    """Turned, tilted or zoomed by somebody: by a fifth of the view at least."""
    away = chance.choice([-1, 1], 2) * chance.uniform(0.22, 0.3, 2)
    seen = view(name, *away, zoom=chance.uniform(0.8, 1.0), tilt_deg=chance.uniform(-8, 8))
    return noisy(ImageEnhance.Brightness(seen).enhance(chance.uniform(0.75, 1.2)), 2, chance)


def dark(name: str, chance: np.random.Generator) -> Image.Image:
    """No light at all, so the sensor's noise alone."""
    return noisy(Image.new("RGB", SIZE, (int(chance.integers(0, 5)),) * 3), chance.uniform(0.5, 3), chance)


Degradation = Callable[[str, np.random.Generator], Image.Image]


def _passer_by(picture: Image.Image, chance: np.random.Generator) -> Image.Image:
    """Somebody or a car stands somewhere in the view."""
    wide, high = int(chance.integers(20, 110)), int(chance.integers(40, 140))
    left, top = int(chance.integers(0, SIZE[0] - wide)), int(chance.integers(SIZE[1] // 3, SIZE[1] - high))
    shade = tuple(int(level) for level in chance.integers(0, 200, 3) * (np.asarray(picture).mean() / 128))
    changed = picture.copy()
    changed.paste(shade, (left, top, left + wide, top + high))
    return changed
