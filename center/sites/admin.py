"""Editing sites by hand; nodes are enrolled on the command line and only looked at here."""

from typing import TYPE_CHECKING

from django.contrib import admin
from django.http import HttpRequest

from center.sites.models import Node, Site

if TYPE_CHECKING:  # generic for the type checker only
    SiteBase = admin.ModelAdmin[Site]
    NodeBase = admin.ModelAdmin[Node]
else:
    SiteBase = NodeBase = admin.ModelAdmin


@admin.register(Site)
class SiteAdmin(SiteBase):
    """Names, positions and notes of the city's places."""

    list_display = ("code", "name", "kind", "kecamatan", "verified")
    list_filter = ("kind", "verified", "kecamatan")
    search_fields = ("code", "name", "short_name")

    def get_readonly_fields(self, request: HttpRequest, obj: Site | None = None) -> tuple[str, ...]:
        """The code is the identity of a site: chosen once."""
        return ("code", "kind") if obj else ()


@admin.register(Node)
class NodeAdmin(NodeBase):
    """Which boxes are enrolled, and until when."""

    list_display = ("id", "site", "enrolled_at", "certificate_expires_at", "retired")
    list_filter = ("retired",)
    search_fields = ("id", "site__name")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """`sandi-center enroll` does it, with the keys."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Node | None = None) -> bool:
        """What a certificate says cannot be edited."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Node | None = None) -> bool:
        """`sandi-center revoke` retires a node; its history stays."""
        return False
