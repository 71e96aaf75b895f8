"""Screens: made with a token that is shown once, entered from their own address range, revoked for good.

The token is exchanged for a signed cookie; one token serves one screen, so a second entry ends the first.
"""

import json
import secrets
import time

from django.core import signing
from django.db import transaction

from center.accounts.audit import note
from center.core.address_ranges import RangeError, lies_within, parse_ranges, ranges_text
from center.core.screen_token import SIGNS, token_digest, written
from center.errors import CenterError
from center.wall.models import Display
from center.wall.scenes.table import SCENE_NAMES

COOKIE = "sandi_display"
COOKIE_AGE_S = 400 * 86_400  # browsers keep none longer
KINDS = ("wall", "videotron")
SCENE_S = (20, 600)
MAX_DISPLAYS = 100
MAX_NAME = 40
_SALT = "sandi.display"
_SEEN_EVERY_MS = 60_000
_MAX_COOKIE = 300


class DisplayError(CenterError):
    """A screen that cannot be made or revoked as asked; the sentence says what to change."""


def add_display(
    name: str, kind: str, networks: str, *, by: str, scenes: tuple[str, ...] = (), scene_s: int = 30
) -> tuple[Display, str]:
    """A new screen and its token, which is nowhere else. `by`: who made it, for the list. Raises DisplayError."""
    name = name.strip()
    if not name or len(name) > MAX_NAME or not name.isprintable():
        raise DisplayError(f"a screen's name has 1 to {MAX_NAME} characters", f"nama layar 1 sampai {MAX_NAME} huruf")
    if kind not in KINDS:
        raise DisplayError(f"a screen is one of: {', '.join(KINDS)}", f"jenis layar: {', '.join(KINDS)}")
    least, most = SCENE_S
    if not least <= scene_s <= most:
        raise DisplayError(f"a scene stays {least} to {most} s", f"satu tampilan {least} sampai {most} detik")
    if unknown := [scene for scene in scenes if scene not in SCENE_NAMES]:
        known = ", ".join(SCENE_NAMES)
        raise DisplayError(f"no scene {unknown[0]!r}; there are {known}", f"tidak ada {unknown[0]!r}; ada {known}")
    try:
        ranges = ranges_text(parse_ranges(networks))
    except RangeError as error:
        raise _range_error(error) from error
    token = written(secrets.token_bytes(SIGNS))
    with transaction.atomic():
        if Display.objects.filter(name=name).exists():
            raise DisplayError(f"there is a screen {name!r} already", f"layar {name!r} sudah ada")
        if Display.objects.filter(revoked_ms=None).count() >= MAX_DISPLAYS:
            raise DisplayError(f"there are {MAX_DISPLAYS} screens: revoke one", f"sudah ada {MAX_DISPLAYS} layar")
        display = Display.objects.create(
            name=name, kind=kind, digest=token_digest(token) or "", networks=ranges, scene_s=scene_s,
            scenes=json.dumps(scenes), made_ms=_now_ms(), made_by=by[:150],
        )  # fmt: skip
    return display, token


def revoke_display(name: str) -> Display:
    """It shows nothing from now on, wherever it is open. Raises DisplayError."""
    changed = Display.objects.filter(name=name, revoked_ms=None).update(revoked_ms=_now_ms())
    if not changed:
        raise DisplayError(f"there is no screen {name!r} to revoke", f"tidak ada layar {name!r} yang dapat dicabut")
    return Display.objects.get(name=name)


def enter(typed: str, address: str) -> tuple[Display, str] | None:
    """The screen a token opens from `address`, and its cookie's value; None: wrong, revoked or from elsewhere."""
    digest = token_digest(typed)
    display = Display.objects.filter(digest=digest, revoked_ms=None).first() if digest else None
    if display is None or not _allowed(display, address):
        return None
    display.entered_ms = display.seen_ms = _now_ms()
    display.entered_from = address[:64]
    display.save(update_fields=["entered_ms", "entered_from", "seen_ms"])
    note(f"display:{display.name}", "display-entered", f"display:{display.name}", f"from {address[:64]}")
    value = signing.dumps([display.pk, display.digest[:16], display.entered_ms], salt=_SALT)
    return display, value


def display_of(cookie: str, address: str) -> Display | None:
    """The screen whose cookie this is, when it may still be open and asks from where it may."""
    if not cookie or len(cookie) > _MAX_COOKIE:
        return None
    try:
        key, digest, entered_ms = signing.loads(cookie, salt=_SALT, max_age=COOKIE_AGE_S)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    display = Display.objects.filter(pk=key, entered_ms=entered_ms, revoked_ms=None).first()
    if display is None or display.digest[:16] != digest or not _allowed(display, address):
        return None
    now = _now_ms()
    if now - (display.seen_ms or 0) >= _SEEN_EVERY_MS:
        Display.objects.filter(pk=display.pk).update(seen_ms=now)
    return display


def scenes_of(display: Display | None) -> tuple[tuple[str, ...], int]:
    """Which scenes a screen turns through, and how long each stays, s; a signed-in person gets all of them."""
    if display is None:
        return SCENE_NAMES, 30
    chosen = tuple(name for name in json.loads(display.scenes) if name in SCENE_NAMES)
    return chosen or SCENE_NAMES, max(SCENE_S[0], display.scene_s)


def _allowed(display: Display, address: str) -> bool:
    try:
        return lies_within(address, parse_ranges(display.networks))
    except RangeError:
        return False


def _range_error(error: RangeError) -> DisplayError:
    if error.word:
        return DisplayError(
            f"{error.word!r} is no address range; write it like 10.20.3.0/24, 10.20.3.7 or fd00:12::/48",
            f"{error.word!r} bukan rentang alamat; tulis misalnya 10.20.3.0/24, 10.20.3.7 atau fd00:12::/48",
        )
    return DisplayError(
        f"a screen is bound to 1 to 20 address ranges ({error})", "layar terikat pada 1 sampai 20 rentang alamat"
    )


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
