"""Editing sites by hand; nodes are enrolled on the command line and only looked at here."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from center.core.registry_plan import Row, plan_rows
from center.core.registry_tables import TABLES, Values
from center.sites.models import Node, Site
from center.sites.registry import By, RegistryError, put, read_row
from center.sites.registry_rows import load
from center.sites.words import sentence

if TYPE_CHECKING:  # generic for the type checker only
    SiteBase = admin.ModelAdmin[Site]
    NodeBase = admin.ModelAdmin[Node]
    FormBase = forms.ModelForm[Site]
else:
    SiteBase = NodeBase = admin.ModelAdmin
    FormBase = forms.ModelForm


class SiteForm(FormBase):
    """A site by the registry's rules, so that this door lets in nothing the pages would not."""

    def clean(self) -> dict[str, Any]:
        cleaned = {**(super().clean() or {})}
        if not self.errors:
            try:
                wished = self.wished()
                problems = plan_rows(load(), "sites", [Row(wished)]).problems
            except RegistryError as error:
                problems = error.problems
            for problem in problems:
                self.add_error(problem.column if problem.column in self.fields else None, sentence(problem))
        return cleaned

    def wished(self) -> Values:
        """What the form says, as the registry takes it."""
        said = {
            field.name: self.cleaned_data[field.name] for field in TABLES["sites"].fields if field.name in self.fields
        }
        texts = {name: _text(value) for name, value in said.items()}
        return read_row("sites", {"code": self.instance.code, **texts})


@admin.register(Site)
class SiteAdmin(SiteBase):
    """Names, positions and notes of the city's places, written by the registry and into its history."""

    form = SiteForm
    exclude = ("kind",)
    list_display = ("code", "name", "kind", "kecamatan", "verified")
    list_filter = ("kind", "verified", "kecamatan")
    search_fields = ("code", "name", "short_name")

    def get_readonly_fields(self, request: HttpRequest, obj: Site | None = None) -> tuple[str, ...]:
        """The code is the identity of a site: chosen once, and it says the kind."""
        return ("code", "kind") if obj else ()

    def save_model(self, request: HttpRequest, obj: Site, form: Any, change: bool) -> None:
        """The registry writes, not this form."""
        put("sites", form.wished(), By(request.user.get_username(), "admin"))

    def has_delete_permission(self, request: HttpRequest, obj: Site | None = None) -> bool:
        """The page of the site removes it, and says what goes along."""
        return False


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "ya" if value else "tidak"
    return "" if value is None else str(value.pk) if isinstance(value, Model) else str(value)


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
