"""Addresses of the wall."""

from django.urls import path

from center.wall import views

urlpatterns = [path("", views.wall, name="wall")]
