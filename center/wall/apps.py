"""Django application of `center.wall`."""

from django.apps import AppConfig


class WallConfig(AppConfig):
    name = "center.wall"
    label = "wall"
