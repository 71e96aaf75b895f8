"""Fixtures of the survey pages' tests: the city, signed-in clients, one browser for a module."""

from tests.center.web.conftest import browser, city, client_as, visit

__all__ = ["browser", "city", "client_as", "visit"]
