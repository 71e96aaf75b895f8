"""Alerts: channels, routes and what was last delivered. Operators look; admins edit and test."""

import time
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from center.accounts.reach import whole_city
from center.alerts.channel import load_settings
from center.alerts.channels.table import CHANNELS, secret_of, settings_class
from center.alerts.deadman import dead_since_ms
from center.alerts.models import Channel, Delivery, Route
from center.alerts.secret_files import forget_secret
from center.alerts.testing import queue_test
from center.errors import ConfigError, SetupError
from center.web.advice import language
from center.web.alert_forms import ChannelForm, RouteForm, route_initial, words_of
from center.web.alert_rows import channel_rows, delivery_rows
from center.web.alert_words import CHANNEL_KINDS, SECRETS, route_sentence

SEE = "alerts.view_delivery"
EDIT_CHANNEL = ("alerts.view_channel", "alerts.change_channel")
DESTINATION = ("base_url", "url", "host", "port", "security", "header")
"""Settings that decide to whom a channel's secret is shown."""
EDIT_ROUTE = ("alerts.view_route", "alerts.change_route")


@require_safe
@never_cache
@login_required
@permission_required(SEE, raise_exception=True)
@whole_city
def alerts(request: HttpRequest) -> HttpResponse:
    """Channels with their last success and error, routes as sentences, the last 200 deliveries (?channel= one's)."""
    channel = request.GET.get("channel", "")
    rows = channel_rows()
    channel = channel if channel in {row.channel.name for row in rows} else ""
    dead_ms = dead_since_ms(time.time_ns() // 1_000_000)
    context = {
        "channels": rows,
        "routes": [(route, _sentence(route)) for route in Route.objects.order_by("channel_id", "level", "name")],
        "deliveries": delivery_rows(Delivery.objects.filter(channel=channel) if channel else Delivery.objects.all()),
        "channel": channel,
        "dead": dead_ms is not None,
        "dead_ms": dead_ms or None,
        "may_edit": request.user.has_perms((*EDIT_CHANNEL, *EDIT_ROUTE)),
        "kinds": [(code, _(CHANNEL_KINDS[code])) for code in CHANNELS],
    }
    return render(request, "web/alerts.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
@permission_required((*EDIT_CHANNEL, "alerts.add_channel"), raise_exception=True)
@whole_city
def channel_new(request: HttpRequest) -> HttpResponse:
    """A new channel of ?kind=."""
    kind = request.GET.get("kind", "telegram")
    if kind not in CHANNELS:
        raise Http404
    return _channel_page(request, kind, None)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
@permission_required(EDIT_CHANNEL, raise_exception=True)
@whole_city
def channel_page(request: HttpRequest, channel: str) -> HttpResponse:
    """One channel: its settings, never its secret."""
    found = get_object_or_404(Channel, pk=channel)
    if found.kind not in CHANNELS:
        raise Http404
    return _channel_page(request, found.kind, found)


@require_POST
@never_cache
@login_required
@permission_required((*EDIT_CHANNEL, "alerts.delete_channel"), raise_exception=True)
@whole_city
def channel_delete(request: HttpRequest, channel: str) -> HttpResponse:
    """Take a channel away with its routes; what it was told of stays in the log."""
    found = get_object_or_404(Channel, pk=channel)
    secret = found.secret or found.name
    found.delete()
    forget_secret(settings.DATA_DIR, secret)
    return redirect("alerts")


@require_POST
@never_cache
@login_required
@permission_required(EDIT_CHANNEL, raise_exception=True)
@whole_city
def channel_test(request: HttpRequest, channel: str) -> HttpResponse:
    """Queue a test message; what comes of it stands in the log."""
    get_object_or_404(Channel, pk=channel)
    try:
        queue_test(channel, request.user.get_username())
    except SetupError as error:
        messages.error(request, error.text(language()))
    else:
        messages.success(request, _("A test message is on its way through %(name)s.") % {"name": channel})
    return redirect("alerts")


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
@permission_required((*EDIT_ROUTE, "alerts.add_route"), raise_exception=True)
@whole_city
def route_new(request: HttpRequest) -> HttpResponse:
    """A new route."""
    return _route_page(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
@permission_required(EDIT_ROUTE, raise_exception=True)
@whole_city
def route_page(request: HttpRequest, route_id: int) -> HttpResponse:
    """One route."""
    return _route_page(request, get_object_or_404(Route, pk=route_id))


@require_POST
@never_cache
@login_required
@permission_required((*EDIT_ROUTE, "alerts.delete_route"), raise_exception=True)
@whole_city
def route_delete(request: HttpRequest, route_id: int) -> HttpResponse:
    """Take a route away; who was told through it still hears of the recovery."""
    get_object_or_404(Route, pk=route_id).delete()
    return redirect("alerts")


def _channel_page(request: HttpRequest, kind: str, channel: Channel | None) -> HttpResponse:
    form = ChannelForm(kind, channel, request.POST if request.method == "POST" else None)
    if form.is_valid():
        values = form.cleaned_data
        own = {name: values[name] for name in ("settings", "language", "per_minute", "alive_every_min", "enabled")}
        name = values["name"] if channel is None else channel.name
        _keep_secret_from_others(request, channel, name, values["settings"])
        Channel.objects.update_or_create(
            name=name, defaults=own, create_defaults={**own, "name": name, "kind": kind, "secret": name}
        )
        return redirect("alerts")
    context = {
        "form": form,
        "channel": channel,
        "kind_word": _(CHANNEL_KINDS[kind]),
        "secret": _(SECRETS[kind]) if kind in SECRETS else "",
        "secret_needed": secret_of(kind) == "needed",
        "name": channel.name if channel else _("NAME"),
    }
    return render(request, "web/alert_channel.html", context, status=422 if form.errors else 200)


def _keep_secret_from_others(request: HttpRequest, channel: Channel | None, name: str, wanted: str) -> None:
    """A secret was put there at the server for one receiver: whoever enters another here does not send it there."""
    if channel is not None and _destination(channel.kind, channel.settings) == _destination(channel.kind, wanted):
        return
    secret = name if channel is None else channel.secret or channel.name
    if forget_secret(settings.DATA_DIR, secret):
        messages.warning(request, _("The address is another one: put the secret there again at the server."))


def _destination(kind: str, text: str) -> list[Any]:
    """Defaults count as if they were written; settings nobody can read lead nowhere."""
    try:
        loaded = load_settings(settings_class(kind), text)
    except ConfigError:
        return []
    return [getattr(loaded, name, None) for name in DESTINATION]


def _route_page(request: HttpRequest, route: Route | None) -> HttpResponse:
    initial: dict[str, Any] = {} if route is None else route_initial(route)
    form = RouteForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid():
        if route is None:
            Route.objects.create(**form.stored())
        else:
            Route.objects.filter(pk=route.pk).update(**form.stored())
        return redirect("alerts")
    context = {"form": form, "route": route}
    return render(request, "web/alert_route.html", context, status=422 if form.errors else 200)


def _sentence(route: Route) -> str:
    return route_sentence(
        severity=route.least_severity,
        kinds=words_of(route.kinds),
        parties=words_of(route.parties),
        places=[*words_of(route.kecamatan), *words_of(route.sites)],
        hours=route.hours,
        quiet_hours=route.quiet_hours,
        quiet_severity=route.quiet_severity,
        level=route.level,
        after_min=route.after_min,
        to_site=route.to_site,
    )
