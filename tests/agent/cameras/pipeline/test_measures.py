"""Measures of plain pictures, what does not change them, and that a mask is not taken for a part of the view."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageEnhance, ImageFilter

from agent.cameras.masks import make_mask
from agent.cameras.pipeline.decode import Decoded
from agent.cameras.pipeline.mask import Masker
from agent.cameras.pipeline.measures import measure
from agent.core.eyes import FLAT
from tests.agent.cameras.pipeline import scenes


def bits_apart(one: str, other: str) -> int:
    return (int(one, 16) ^ int(other, 16)).bit_count()


def test_a_picture_of_one_grey_has_its_brightness_and_nothing_else() -> None:
    found = measure(Image.new("RGB", (640, 360), (90, 90, 90)))
    assert (found.brightness, found.spread, found.focus, found.relief) == (90, 0, 0, 0)


def test_black_and_white_halves_have_their_mean_and_spread() -> None:
    picture = Image.new("RGB", (640, 360))
    picture.paste((255, 255, 255), (320, 0, 640, 360))
    found = measure(picture)
    assert found.brightness == pytest.approx(127.5, abs=1) and found.spread == pytest.approx(127.5, abs=1)


def test_another_light_leaves_the_fingerprint_and_blur_takes_the_focus() -> None:
    view = scenes.view("coffee")
    plain = measure(view)
    dim = measure(ImageEnhance.Brightness(view).enhance(0.4))
    soft = measure(view.filter(ImageFilter.GaussianBlur(12)))
    assert bits_apart(plain.fingerprint, dim.fingerprint) <= 3
    assert bits_apart(plain.fingerprint, soft.fingerprint) <= 8
    assert dim.focus > plain.focus / 2 and soft.focus < plain.focus / 5


def test_noise_does_not_make_a_dim_flat_picture_have_relief() -> None:
    chance = np.random.default_rng(4)
    flat = measure(scenes.noisy(Image.new("RGB", (640, 360), (30, 30, 30)), 7, chance))
    assert flat.relief < FLAT


def test_the_digest_tells_pictures_apart_by_one_grey_level_of_one_pixel() -> None:
    view = scenes.view("coffee")
    same, other = view.copy(), view.copy()
    red, green, blue = view.getpixel((17, 31))  # type: ignore[misc]
    other.putpixel((17, 31), (red, green ^ 4, blue))
    assert measure(view).digest == measure(same).digest != measure(other).digest


@settings(deadline=None)
@given(st.integers(1, 60), st.integers(1, 60))
def test_a_picture_of_any_size_has_measures(width: int, height: int) -> None:
    found = measure(Image.effect_noise((width, height), 60).convert("RGB"))
    assert 0 <= found.brightness <= 255 and found.focus >= 0 and found.relief >= 0


def test_a_mask_is_not_taken_for_a_dark_and_sharp_part_of_the_view() -> None:
    view = ImageEnhance.Brightness(scenes.view("coffee")).enhance(1.2).filter(ImageFilter.GaussianBlur(12))
    mask = make_mask(16 / 9, [[[0, 0], [0.4, 0], [0.4, 1], [0, 1]], [[0.7, 0.2], [0.9, 0.2], [0.8, 0.8]]])
    masked, hidden = Masker().apply(Decoded(view, *view.size, 0), mask)
    found, whole = measure(masked, hidden), measure(view)
    assert found.focus < 0.05 and whole.focus < 0.05
    assert found.brightness == pytest.approx(whole.brightness, rel=0.35)
    assert measure(masked).focus > 0.05, "or the black edges are no trap"


def test_a_picture_all_under_its_mask_has_no_measures_to_speak_of() -> None:
    mask = make_mask(16 / 9, [[[0, 0], [1, 0], [1, 1], [0, 1]]])
    masked, hidden = Masker().apply(Decoded(scenes.view("coffee"), *scenes.SIZE, 0), mask)
    found = measure(masked, hidden)
    assert (found.brightness, found.spread, found.focus, found.relief) == (0, 0, 0, 0)
