"""Accounts in the administration."""

from typing import TYPE_CHECKING

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.utils.translation import gettext_lazy as _
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from center.accounts.models import User

if TYPE_CHECKING:  # generic for the type checker only
    AccountsBase = UserAdmin[User]
else:
    AccountsBase = UserAdmin


@admin.register(User)
class Accounts(AccountsBase):
    """Django's own pages, and which sites an account sees."""

    fieldsets = (*(UserAdmin.fieldsets or ()), (_("Which rows"), {"fields": ("reach", "kecamatan", "sites")}))
    list_display = ("username", "reach", "is_active", "last_login")
    filter_horizontal = (*UserAdmin.filter_horizontal, "sites")


# Their pages show the secret of somebody else's second factor; who lost a telephone gets it reset instead.
for _device in (TOTPDevice, StaticDevice):
    admin.site.unregister(_device)
