"""Signing in, the first page, and whether this process lives."""

from django.contrib.auth import views as auth_views
from django.contrib.auth.forms import AuthenticationForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

# A wall must still be there on Monday morning. An account that can only look keeps its session for a month; one that
# can open complaints keeps it for a shift (SESSION_COOKIE_AGE).
WALL_SESSION_S = 30 * 24 * 3600


class SignIn(auth_views.LoginView):
    """Name and password; who is signed in already goes on."""

    template_name = "web/login.html"
    redirect_authenticated_user = True

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        response = super().form_valid(form)
        if not form.get_user().has_perm("complaints.view_complaint"):
            self.request.session.set_expiry(WALL_SESSION_S)
        return response


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The wall is the front page."""
    return redirect("wall")


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """For supervisors and proxies: this process answers. Says nothing about nodes."""
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8", headers={"Cache-Control": "no-store"})
