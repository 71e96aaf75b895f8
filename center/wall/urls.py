"""Addresses of the wall."""

from django.urls import path

from center.wall import videotron, views

urlpatterns = [
    path("", views.wall, name="wall"),
    path("enter", views.wall_enter, name="wall-enter"),
    path("session", views.wall_session, name="wall-session"),
    path("pictures/<int:picture_id>.jpg", views.wall_picture, name="wall-picture"),
    path("videotron/", videotron.page, name="videotron"),
    path("videotron/now", videotron.now, name="videotron-now"),
]
