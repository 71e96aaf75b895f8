"""What people do with their own account: password, second factor, where they are signed in."""

from typing import Any

import segno
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import PasswordChangeForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_otp import login as passed

from center.accounts import second_factor
from center.accounts.models import Reach
from center.accounts.sessions import end_others, sessions_of

CODE_CHARS = 40


@require_safe
@never_cache
@login_required
def account(request: HttpRequest) -> HttpResponse:
    """Who I am, what I see, my second factor, my password, and where I am signed in."""
    return _account(request)


@require_POST
@never_cache
@login_required
def password(request: HttpRequest) -> HttpResponse:
    """A new password; it ends the account's other sessions."""
    form = PasswordChangeForm(_user(request), request.POST)
    if not form.is_valid():
        return _account(request, form=form, status=422)
    form.save()
    update_session_auth_hash(request, form.user)
    end_others(request)
    return _account(request, done=_("Your password is changed, and everywhere else you are signed out."))


@require_POST
@never_cache
@login_required
def end_sessions(request: HttpRequest) -> HttpResponse:
    """End one other session, or (without a name) all others."""
    end_others(request, request.POST.get("name", "")[:CODE_CHARS])
    return redirect("account")


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def ask_second(request: HttpRequest) -> HttpResponse:
    """After the password: the code of the telephone, or a recovery code."""
    if not second_factor.owed(request.user, request.session):
        return redirect("home")
    if second_factor.device_of(request.user) is None:
        return redirect("second-factor-setup")
    wrong = False
    if request.method == "POST":
        device = second_factor.check(_user(request), request.POST.get("code", "")[:CODE_CHARS])
        if device is not None:
            _let_in(request, device)
            return redirect("home")
        wrong = True
    return render(request, "accounts/second_ask.html", {"wrong": wrong}, status=422 if wrong else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def set_up_second(request: HttpRequest) -> HttpResponse:
    """Show the QR code of a new telephone; its first code puts it in force, and brings the recovery codes."""
    user = _user(request)
    if second_factor.device_of(user) is not None and second_factor.owed(user, request.session):
        return redirect("second-factor")  # nobody changes the telephone with the password alone
    wrong = False
    if request.method == "POST":
        device = second_factor.confirm(user, "".join(request.POST.get("code", "")[:CODE_CHARS].split()))
        if device is not None:
            _let_in(request, device)
            return render(request, "accounts/second_codes.html", {"codes": second_factor.renew_codes(user)})
        wrong = True
    device = second_factor.begin(user)
    context = {"secret": _spaced(device.config_url), "qr": _picture(device.config_url), "wrong": wrong}
    return render(request, "accounts/second_setup.html", context, status=422 if wrong else 200)


@require_POST
@never_cache
@login_required
def renew_codes(request: HttpRequest) -> HttpResponse:
    """New recovery codes; the old ones are void."""
    telephone = second_factor.device_of(request.user)
    if telephone is None:
        return redirect("second-factor-setup")
    codes = second_factor.renew_codes(_user(request))
    _let_in(request, telephone)  # who came in with an old code has not to leave with it
    return render(request, "accounts/second_codes.html", {"codes": codes})


@require_POST
@never_cache
@login_required
def remove_second(request: HttpRequest) -> HttpResponse:
    """Do without a second factor, where none is required; asks for the password."""
    user = _user(request)
    if second_factor.required(user):
        return _account(request, problem=_("Your role needs the second factor; set up another telephone instead."),
                        status=422)  # fmt: skip
    if not user.check_password(request.POST.get("password", "")[:4096]):
        return _account(request, problem=_("That was not your password; the second factor stays."), status=422)
    second_factor.remove(user)
    return redirect("account")


def _account(
    request: HttpRequest, status: int = 200, form: Any = None, done: str = "", problem: str = ""
) -> HttpResponse:
    user = _user(request)
    form = form or PasswordChangeForm(user)
    form.fields["old_password"].widget.attrs.pop("autofocus", None)  # the page is about more than that
    context = {
        "form": form,
        "done": done,
        "problem": problem,
        "roles": sorted(user.groups.values_list("name", flat=True)),
        "sites": list(user.sites.all()) if user.reach == Reach.SITES else [],
        "telephone": second_factor.device_of(user),
        "codes_left": second_factor.codes_left(user),
        "required": second_factor.required(user),
        "sessions": sessions_of(request),
    }
    return render(request, "accounts/account.html", context, status=status)


def _let_in(request: HttpRequest, device: Any) -> None:
    """The session is another one from here on: a key known before the second factor opens nothing after it."""
    passed(request, device)
    request.session.cycle_key()


def _user(request: HttpRequest) -> Any:
    return request.user


def _picture(address: str) -> str:
    """The QR code as a data address: the secret is in no request of its own, and in no file."""
    return str(segno.make(address, error="m").svg_data_uri(scale=5, border=2, dark="#000", light="#fff"))


def _spaced(address: str) -> str:
    secret = address.partition("secret=")[2].partition("&")[0]
    return " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
