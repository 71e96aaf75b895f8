"""Addresses of the reports. A month is written 202611, a day 20261123."""

from django.urls import path

from center.reports import views

urlpatterns = [
    path("", views.report_list, name="reports"),
    path("<int:month>/", views.month_page, name="report-month"),
    path("<int:month>/publish", views.publish, name="report-publish"),
    path("<int:month>/file.<slug:form>", views.month_file, name="report-file"),
    path("<int:month>/<slug:table>.csv", views.month_table, name="report-table"),
    path("<int:month>/evidence/<slug:provider>.zip", views.evidence, name="report-evidence"),
    path("day/<int:day>/", views.day_page, name="report-day"),
    path("day/<int:day>/file.<slug:form>", views.day_file, name="report-day-file"),
]
