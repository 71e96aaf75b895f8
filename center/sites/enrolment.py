"""Enrolling and revoking nodes, and adding sites: the database and the authority change together."""

import re
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from center.availability import due
from center.cctv.keys import note_key, revoke_keys
from center.credentials import Issued
from center.errors import CenterError
from center.pki import open_authority
from center.sites.models import Node, Site
from center.sites.registry import By, cli_user, put, read_row
from wire.topics import is_node_id


@dataclass(frozen=True, slots=True)
class Enrolled:
    """What was made for a node."""

    node: str
    site: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Revoked:
    """How many certificates are newly on the list; whether the database knows the node at all."""

    count: int
    known: bool


def site_of(node: str) -> Site:
    """The site a node id belongs to: the id itself, or without its number (`kel-3673011001-2`).

    Raises:
        CenterError: not a node id, or no such site.
    """
    if not is_node_id(node):
        raise CenterError(
            f"{node!r} is not a node id such as kel-3673011001, kec-367301, opd-diskominfo",
            f"{node!r} bukan id node seperti kel-3673011001, kec-367301, opd-diskominfo",
        )
    base = re.sub(r"-[1-9][0-9]?$", "", node)
    found = {site.code: site for site in Site.objects.filter(code__in={node, base})}
    site = found.get(node) or found.get(base)
    if site is None:
        raise CenterError(
            f"there is no site {base}; sandi-center sites lists them, sandi-center sites add makes one",
            f"tidak ada lokasi {base}; daftarnya: sandi-center sites, menambah: sandi-center sites add",
        )
    return site


def enroll_node(node: str, out: Path, data: Path, *, replace: bool = False) -> Enrolled:
    """Make credentials for a node and write it down; both or neither.

    With `replace` a node is renewed: its earlier certificate stays valid until it expires, so that a renewal that
    never reaches the node locks nobody out. A lost box is revoked first.
    """
    from center.commander.keys import published
    from center.sealing import load_public_key

    authority = open_authority(data / "pki")
    with transaction.atomic():
        site = site_of(node)
        if not replace and Node.objects.filter(pk=node).exists():
            raise CenterError(
                f"{node} is enrolled already; renew it with --force",
                f"{node} sudah terdaftar; perpanjang dengan --force",
            )
        issued = authority.issue_node(
            node, out, seal_public_key=load_public_key(data / "keys"), command_keys=published(data), replace=replace
        )
        enter_node(site, issued, issued.sign_key)
    return Enrolled(node, str(site), issued.expires_at)


def enter_node(site: Site, issued: Issued, sign_key: str) -> None:
    """Write down who has got this certificate. In the caller's transaction."""
    Node.objects.update_or_create(
        pk=issued.name,
        defaults={
            "site": site,
            "enrolled_at": timezone.now(),
            "certificate_serial": issued.serial,
            "certificate_expires_at": issued.expires_at,
            "sign_key": sign_key,
            "retired": False,
        },
    )
    note_key(issued.name, sign_key, _now_ms())
    due.mark({issued.name: 0})  # a node that was retired counts again


def revoke_node(node: str, data: Path) -> Revoked:
    """Put every certificate of a node on the revocation list and retire it; its tokens open nothing any more.

    The authority's book decides whose certificates there are: after a restore the database may not know a node that
    was enrolled later, and its box must be locked out all the same.

    Raises:
        CenterError: neither the database nor the book knows this node.
    """
    from center.enrolment.tokens import revoke_tokens

    authority = open_authority(data / "pki")
    known = Node.objects.filter(pk=node).exists()
    if not known and not (is_node_id(node) and any(entry["name"] == node for entry in authority.book())):
        raise CenterError(
            f"{node} is not enrolled; sandi-center nodes lists who is",
            f"{node} tidak terdaftar; daftarnya: sandi-center nodes",
        )
    # The list goes first: if the database fails afterwards the box is locked out all the same. And once more at the
    # end: what the signer has signed in between is in the book by then, and after the commit it signs nothing more.
    count = len(authority.revoke(node))
    with transaction.atomic():
        Node.objects.filter(pk=node).update(retired=True)
        revoke_tokens(node, used=True)
        revoke_keys(node, _now_ms())
        due.mark({node: 0})  # it counts until it was heard last
    return Revoked(count + len(authority.revoke(node)), known)


def add_site(code: str, name: str, kecamatan: str = "", position: tuple[float, float] | None = None) -> Site:
    """Add a place to the city; its code says what it is.

    Raises:
        CenterError: there is one already, or something about it cannot be.
    """
    if Site.objects.filter(pk=code).exists():
        raise CenterError(f"there is a site {code} already", f"lokasi {code} sudah ada")
    texts = {"code": code, "name": name, "kecamatan": kecamatan}
    if position:
        texts |= {"latitude": repr(position[0]), "longitude": repr(position[1])}
    put("sites", {**read_row("sites", texts), "verified": True}, By(cli_user(), "cli"))
    return Site.objects.get(pk=code)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
