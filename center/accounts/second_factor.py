"""The second factor: who owes one, setting it up, and the codes for a lost telephone.

Whoever has set it up owes it at every sign-in. With `[web] require_totp` operators and administrators owe it in any
case: without one they reach nothing but the page that sets it up. Recovery codes are kept as hashes.
"""

import hashlib
import secrets
from base64 import b32encode
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.db import transaction
from django_otp import DEVICE_ID_SESSION_KEY
from django_otp.models import Device
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from center.accounts.models import User
from center.accounts.roles import ADMIN, OPERATOR
from center.errors import CenterError

ISSUER = "Sandi"
CODES = 10
CODE_BYTES = 10  # 80 bits: out of reach of guessing whatever the hash is cut to
REQUIRED_OF = (OPERATOR, ADMIN)


def device_of(user: Any) -> TOTPDevice | None:
    """The telephone that is set up."""
    found: TOTPDevice | None = TOTPDevice.objects.filter(user=user, confirmed=True).first()
    return found


def required(user: Any) -> bool:
    """Whether the account must have a second factor."""
    if not settings.CENTER.web.require_totp:
        return False
    return bool(user.is_superuser or user.is_staff or user.groups.filter(name__in=REQUIRED_OF).exists())


def owed(user: Any, session: "SessionBase | Mapping[str, Any]") -> bool:
    """Whether this session has still to bring the second factor (or the account to set one up)."""
    passed = session.get(DEVICE_ID_SESSION_KEY)
    if passed and (device := Device.from_persistent_id(passed)) is not None and device.user_id == user.pk:
        return False
    return device_of(user) is not None or required(user)


def begin(user: User) -> TOTPDevice:
    """The telephone that is being set up: not in force until a code of it was typed."""
    found, _made = TOTPDevice.objects.get_or_create(user=user, confirmed=False, defaults={"name": "telepon"})
    device: TOTPDevice = found
    return device


def confirm(user: User, code: str) -> TOTPDevice | None:
    """Put the telephone in force if the code is its; an earlier telephone goes with it. None: the code is wrong."""
    device = begin(user)
    if not device.verify_token(code):
        return None
    with transaction.atomic():
        TOTPDevice.objects.filter(user=user, confirmed=True).delete()
        device.confirmed = True
        device.save()
    return device


def check(user: User, code: str) -> Device | None:
    """The device whose code this is: the telephone's, or a recovery code, which is used up. None: neither."""
    typed = "".join(code.split()).replace("-", "").upper()
    telephone = device_of(user)
    if telephone is not None and typed.isdigit():
        return telephone if telephone.verify_token(typed) else None
    kept: StaticDevice | None = StaticDevice.objects.filter(user=user).first()
    return kept if kept is not None and telephone is not None and kept.verify_token(_kept(typed)) else None


def renew_codes(user: User) -> list[str]:
    """Ten new recovery codes, to be shown once; earlier ones are void."""
    codes = [b32encode(secrets.token_bytes(CODE_BYTES)).decode() for _ in range(CODES)]
    with transaction.atomic():
        StaticDevice.objects.filter(user=user).delete()
        device = StaticDevice.objects.create(user=user, name="kode pemulihan", confirmed=True)
        for code in codes:
            device.token_set.create(token=_kept(code))
    return ["-".join(code[at : at + 4] for at in range(0, len(code), 4)) for code in codes]


def codes_left(user: User) -> int:
    """How many recovery codes are unused."""
    return sum(device.token_set.count() for device in StaticDevice.objects.filter(user=user))


def reset(username: str) -> None:
    """For a lost telephone without codes: the account has no second factor until it sets one up again."""
    user = User.objects.filter(username=username).first()
    if user is None:
        raise CenterError(
            f"there is no account {username}; accounts are listed in the administration",
            f"tidak ada akun {username}; daftar akun ada di halaman administrasi",
        )
    remove(user)


def remove(user: User) -> None:
    """Forget telephone and codes."""
    with transaction.atomic():
        TOTPDevice.objects.filter(user=user).delete()
        StaticDevice.objects.filter(user=user).delete()


def _kept(code: str) -> str:
    """What the database keeps of a recovery code: as much of its SHA-256 as the column holds."""
    return hashlib.sha256(code.encode()).hexdigest()[:16]
