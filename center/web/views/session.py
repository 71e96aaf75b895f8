"""Signing in, the first page, and whether this process lives."""

from django.contrib.auth import views as auth_views
from django.contrib.auth.forms import AuthenticationForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from center.accounts.reach import sites_of
from center.accounts.sessions import remember

# A wall must still be there on Monday morning. An account that can only look keeps its session for a month; one that
# reads personal data or changes something keeps it for a shift (SESSION_COOKIE_AGE).
WALL_SESSION_S = 30 * 24 * 3600
FOR_A_SHIFT = ("complaints.view_complaint", "sites.view_person", "sites.change_site", "operations.work_incident")


class SignIn(auth_views.LoginView):
    """Name and password; who is signed in already goes on."""

    template_name = "web/login.html"
    redirect_authenticated_user = True

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        response = super().form_valid(form)
        remember(self.request)
        if not any(form.get_user().has_perm(permission) for permission in FOR_A_SHIFT):
            self.request.session.set_expiry(WALL_SESSION_S)
        return response


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Everybody's first page: the wall; of the leadership the city, of accounts of a reach their list."""
    user = request.user
    if not user.is_authenticated or user.has_perm("connectivity.view_nodestate"):
        limited = user.is_authenticated and sites_of(user) is not None
        return redirect("nodes" if limited else "wall")
    return redirect("city" if user.has_perm("reports.view_frozenmonth") else "account")


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """For supervisors and proxies: this process answers. Says nothing about nodes."""
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8", headers={"Cache-Control": "no-store"})
