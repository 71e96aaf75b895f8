"""Making accounts and passwords, for the first start and for the command line."""

import secrets

from django.contrib.auth.models import Group
from django.db import transaction

from center.accounts.models import User
from center.accounts.roles import ADMIN, ROLES
from center.errors import CenterError

# No letters or digits that are mistaken for each other when read from a screen.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


def new_password() -> str:
    """Four groups of four: 79 bits, and still fit to be typed from a note."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(4))


def add_user(username: str, role: str, password: str | None = None) -> str:
    """Create an account in a role; returns its password (a random one unless given)."""
    if role not in ROLES:
        raise CenterError(
            f"{role!r} is not a role; roles are {', '.join(ROLES)}", f"{role!r} bukan peran; peran: {', '.join(ROLES)}"
        )
    password = password or new_password()
    with transaction.atomic():
        if User.objects.filter(username=username).exists():
            raise CenterError(
                f"there already is an account {username}; sandi-center user passwd {username} renews its password",
                f"akun {username} sudah ada; kata sandi baru: sandi-center user passwd {username}",
            )
        whole = role == ADMIN
        user = User.objects.create_user(username, password=password, is_staff=whole, is_superuser=whole)
        user.groups.add(Group.objects.get(name=role))
    return password


def set_password(username: str, password: str | None = None) -> str:
    """Give an account a new password and wake it up again; returns the password."""
    user = User.objects.filter(username=username).first()
    if user is None:
        raise CenterError(
            f"there is no account {username}; sandi-center user add {username} --role ROLE makes it",
            f"tidak ada akun {username}; buat dengan: sandi-center user add {username} --role PERAN",
        )
    password = password or new_password()
    user.set_password(password)
    user.is_active = True
    user.save(update_fields=["password", "is_active"])
    return password
