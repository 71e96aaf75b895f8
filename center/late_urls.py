"""Addresses whose module is imported with the first request below them."""

from django.urls import URLResolver
from django.urls.resolvers import RoutePattern


class LateUrls(URLResolver):
    """All addresses below `route`, as `module` has them, in a namespace of their own: whoever gathers the names of all
    others need not load these. One who asks for a name in the namespace gets it."""

    def __init__(self, route: str, module: str, app_name: str, namespace: str) -> None:
        super().__init__(RoutePattern(route, is_endpoint=False), module, None, app_name, namespace)

    def _populate(self) -> None:
        """Nothing to hand up: names in a namespace are looked for in it."""
