"""Addresses of the survey's pages."""

from django.urls import path

from center.survey import views

urlpatterns = [
    path("", views.newest, name="survey"),
    path("<slug:period>/", views.period_page, name="survey-period"),
    path("<slug:period>/table.csv", views.period_csv, name="survey-csv"),
    path("<slug:period>/index.json", views.period_json, name="survey-json"),
]
