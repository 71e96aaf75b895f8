"""Every address of the centre."""

from django.contrib import admin
from django.contrib.auth.views import LogoutView
from django.urls import include, path

from center.accounts import audit_views
from center.accounts import views as accounts
from center.api.api import api
from center.wall import pages as wall_pages
from center.web.views import (
    alerts,
    city,
    complaints,
    errors,
    incident_acts,
    incidents,
    metrics,
    nodes,
    pictures,
    public_sites,
    registry,
    registry_edit,
    registry_files,
    registry_remove,
    registry_upstreams,
    session,
    works,
)

urlpatterns = [
    path("", session.home, name="home"),
    path("healthz", session.healthz, name="healthz"),
    path("metrics", metrics.metrics, name="metrics"),
    path("login/", session.SignIn.as_view(), name="login"),
    path("login/second/", accounts.ask_second, name="second-factor"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("account/", accounts.account, name="account"),
    path("account/password", accounts.password, name="password"),
    path("account/sessions/end", accounts.end_sessions, name="sessions-end"),
    path("account/second/", accounts.set_up_second, name="second-factor-setup"),
    path("account/second/codes", accounts.renew_codes, name="second-factor-codes"),
    path("account/second/remove", accounts.remove_second, name="second-factor-remove"),
    path("audit/", audit_views.audit_log, name="audit"),
    path("audit/table.csv", audit_views.audit_csv, name="audit-csv"),
    path("city/", city.city, name="city"),
    path("wall/", include("center.wall.urls")),
    path("displays/", wall_pages.displays, name="displays"),
    path("displays/revoke", wall_pages.display_revoke, name="display-revoke"),
    path("notices/", wall_pages.notices, name="notices"),
    path("notices/withdraw", wall_pages.notice_withdraw, name="notice-withdraw"),
    path("nodes/", nodes.node_list, name="nodes"),
    path("nodes/<slug:node_id>/", nodes.node_page, name="node"),
    path("nodes/<slug:node_id>/now", nodes.node_now, name="node-now"),
    path("nodes/<slug:node_id>/stay/end", works.end_stay, name="stay-end"),
    path("outages/<int:outage_id>/ticket", incident_acts.outage_ticket, name="outage-ticket"),
    path("incidents/", incidents.incident_list, name="incidents"),
    path("incidents/<int:incident_id>/", incidents.incident_page, name="incident"),
    path("incidents/<int:incident_id>/<slug:act>", incident_acts.act, name="incident-act"),
    path("works/", works.work_list, name="works"),
    path("works/<int:work_id>/cancel", works.cancel_work, name="work-cancel"),
    path("handover/", works.handover, name="handover"),
    path("pictures/<int:picture_id>.jpg", pictures.picture, name="picture"),
    path("public-sites/", public_sites.public_sites, name="public-sites"),
    path("public-sites/table.csv", public_sites.public_sites_csv, name="public-sites-csv"),
    path("complaints/", complaints.complaint_list, name="complaints"),
    path("complaints/<uuid:request_id>/", complaints.complaint_page, name="complaint"),
    path("complaints/<uuid:request_id>/open", complaints.open_text, name="complaint-open"),
    path("complaints/<uuid:request_id>/reply", complaints.reply, name="complaint-reply"),
    path("reports/", include("center.reports.urls")),
    path("survey/", include("center.survey.urls")),
    path("", include("center.public.urls")),
    path("api/v1/live", errors.not_served_here, name="api-live"),  # by center.asgi, as /events
    path("sites/", registry.site_list, name="sites"),
    path("sites/<slug:code>/", registry.site_page, name="site"),
    path("sites/<slug:code>/people", registry.site_people, name="site-people"),
    path("upstreams/", registry_upstreams.upstream_list, name="upstreams"),
    path("upstreams/<slug:code>/", registry_upstreams.upstream_page, name="upstream"),
    path("providers/", registry_upstreams.provider_list, name="providers"),
    path("registry/history", registry_upstreams.registry_history, name="registry-history"),
    path("registry/import", registry_files.import_file, name="registry-import"),
    path("registry/import/<int:number>", registry_files.preview, name="registry-preview"),
    path("registry/sites.geojson", registry_files.export_geojson, name="registry-geojson"),
    path("registry/<slug:table>.csv", registry_files.export_csv, name="registry-csv"),
    path("registry/<slug:table>/new", registry_edit.new_row, name="registry-new"),
    path("registry/<slug:table>/edit/<path:key>", registry_edit.edit_row, name="registry-edit"),
    path("registry/<slug:table>/remove/<path:key>", registry_remove.remove_row, name="registry-remove"),
    path("registry/undo/<int:change_id>", registry_remove.undo_change, name="registry-undo"),
    path("alerts/", alerts.alerts, name="alerts"),
    path("alerts/channels/new", alerts.channel_new, name="alert-channel-new"),
    path("alerts/channels/<slug:channel>/", alerts.channel_page, name="alert-channel"),
    path("alerts/channels/<slug:channel>/delete", alerts.channel_delete, name="alert-channel-delete"),
    path("alerts/channels/<slug:channel>/test", alerts.channel_test, name="alert-channel-test"),
    path("alerts/routes/new", alerts.route_new, name="alert-route-new"),
    path("alerts/routes/<int:route_id>/", alerts.route_page, name="alert-route"),
    path("alerts/routes/<int:route_id>/delete", alerts.route_delete, name="alert-route-delete"),
    path("api/v1/", api.urls),
    path("admin/", admin.site.urls),
    # Served by center.asgi beside Django; named here so that pages can ask for its address.
    path("events", errors.not_served_here, name="events"),
]

handler400 = errors.bad_request
handler403 = errors.forbidden
handler404 = errors.not_found
handler500 = errors.server_error
