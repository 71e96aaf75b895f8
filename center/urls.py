"""Every address of the centre."""

from django.contrib import admin
from django.contrib.auth.views import LogoutView
from django.urls import include, path

from center.api.api import api
from center.web.views import complaints, errors, metrics, nodes, pictures, public_sites, session

urlpatterns = [
    path("", session.home, name="home"),
    path("healthz", session.healthz, name="healthz"),
    path("metrics", metrics.metrics, name="metrics"),
    path("login/", session.SignIn.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("wall/", include("center.wall.urls")),
    path("nodes/", nodes.node_list, name="nodes"),
    path("nodes/<slug:node_id>/", nodes.node_page, name="node"),
    path("nodes/<slug:node_id>/now", nodes.node_now, name="node-now"),
    path("pictures/<int:picture_id>.jpg", pictures.picture, name="picture"),
    path("public-sites/", public_sites.public_sites, name="public-sites"),
    path("public-sites/table.csv", public_sites.public_sites_csv, name="public-sites-csv"),
    path("complaints/", complaints.complaint_list, name="complaints"),
    path("complaints/<uuid:request_id>/", complaints.complaint_page, name="complaint"),
    path("complaints/<uuid:request_id>/open", complaints.open_text, name="complaint-open"),
    path("complaints/<uuid:request_id>/reply", complaints.reply, name="complaint-reply"),
    path("api/v1/", api.urls),
    path("admin/", admin.site.urls),
    # Served by center.asgi beside Django; named here so that pages can ask for its address.
    path("events", errors.not_served_here, name="events"),
]

handler400 = errors.bad_request
handler403 = errors.forbidden
handler404 = errors.not_found
handler500 = errors.server_error
