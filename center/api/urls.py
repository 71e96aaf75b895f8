"""The addresses below /api/v1, for `center.late_urls`."""

from center.api.api import api

urlpatterns, app_name, namespace = api.urls
