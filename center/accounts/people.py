"""Making accounts and passwords, for the first start and for the command line."""

import secrets
from collections.abc import Sequence

from django.contrib.auth.models import Group
from django.db import transaction

from center.accounts.models import OF_OWN_SITES, Reach, User
from center.accounts.roles import ADMIN, ROLES
from center.errors import CenterError
from center.sites.models import Site

# No letters or digits that are mistaken for each other when read from a screen.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


def new_password() -> str:
    """Four groups of four: 79 bits, and still fit to be typed from a note."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(4))


def add_user(username: str, role: str, password: str | None = None, sites: Sequence[str] = ()) -> str:
    """Create an account in a role; returns its password (a random one unless given).

    `sites`: the only ones whose rows it sees; agencies and lurah see nothing until they have some.
    """
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
        if sites or role in OF_OWN_SITES:
            set_reach(username, Reach.SITES, sites=sites)
    return password


def set_reach(username: str, reach: str, *, kecamatan: str = "", sites: Sequence[str] = ()) -> None:
    """Which sites' rows an account sees: the city's, those of one kecamatan, or single ones by their codes."""
    user = _user(username)
    unknown = sorted(set(sites) - set(Site.objects.filter(code__in=sites).values_list("code", flat=True)))
    if unknown:
        raise CenterError(
            f"there is no site {', '.join(unknown)}; sandi-center sites lists them",
            f"tidak ada lokasi {', '.join(unknown)}; daftar: sandi-center sites",
        )
    if reach == Reach.KECAMATAN and not Site.objects.filter(kecamatan=kecamatan).exists():
        raise CenterError(f"no site lies in a kecamatan {kecamatan!r}", f"tidak ada lokasi di kecamatan {kecamatan!r}")
    with transaction.atomic():
        user.reach, user.kecamatan = reach, kecamatan if reach == Reach.KECAMATAN else ""
        user.save(update_fields=["reach", "kecamatan"])
        user.sites.set(Site.objects.filter(code__in=sites))


def set_password(username: str, password: str | None = None) -> str:
    """Give an account a new password and wake it up again; returns the password."""
    user = _user(username)
    password = password or new_password()
    user.set_password(password)
    user.is_active = True
    user.save(update_fields=["password", "is_active"])
    return password


def _user(username: str) -> User:
    user = User.objects.filter(username=username).first()
    if user is None:
        raise CenterError(
            f"there is no account {username}; sandi-center user add {username} --role ROLE makes it",
            f"tidak ada akun {username}; buat dengan: sandi-center user add {username} --role PERAN",
        )
    return user
