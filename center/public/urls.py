"""Addresses for everybody, without an account."""

from django.urls import path

from center.public import proof_views, views

urlpatterns = [
    path("status/", views.status, name="public-status"),
    path("status/add", views.add_words, name="public-add"),
    path("pelayanan/", proof_views.proof, name="public-proof"),
    path("pelayanan/data.json", proof_views.proof_json, name="public-proof-json"),
]
