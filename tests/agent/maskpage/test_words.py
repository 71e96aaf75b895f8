"""No word of the page is missing in any language, and every error of a camera says what to do about it."""

import re
from typing import get_args

import pytest

from agent.cameras import base
from agent.maskpage import page
from agent.messages import LANGUAGES, Messages
from agent.snapshots import RefusalCode

SAID = re.compile(r'\bword\("(\w+)"')
SHOWN = re.compile(r"\$(\w+)")
CODES = {kind.code for kind in vars(base).values() if isinstance(kind, type) and issubclass(kind, base.CameraError)} - {
    base.CameraError.code
}

BESIDES = ("notice", "hours", "daily_limit", "not_configured", "no_camera_process", "silent", "other")
"""Other codes that `sandi status` may show for a camera."""


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_word_of_the_page_is_there(lang: str) -> None:
    said = set(SAID.findall(page.file("page.js").decode()))
    assert len(said) > 15
    assert said == set(page.words(Messages(lang)))
    assert [key for key, text in page.words(Messages(lang)).items() if key == text] == []
    shown = page.html("gate", "token", Messages(lang)).decode()
    assert SHOWN.findall(shown) == []
    assert "mask_page." not in shown


def test_what_a_camera_is_called_cannot_become_part_of_the_page() -> None:
    shown = page.html('<script>alert("x")</script>', '"><b>', Messages("id")).decode()
    assert "<script>alert" not in shown
    assert "<b>" not in shown


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_error_of_a_camera_says_what_to_do(lang: str) -> None:
    assert len(CODES) >= 14
    advice = {code: Messages(lang).optional(f"camera.do.{code}") for code in (*CODES, *get_args(RefusalCode), *BESIDES)}
    assert [code for code, text in advice.items() if not text] == []
