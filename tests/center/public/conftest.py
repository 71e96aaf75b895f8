"""Fixtures of the public pages' tests: the city, a client without an account, one browser for a module."""

from tests.center.web.conftest import browser, city, client_as, visit

__all__ = ["browser", "city", "client_as", "visit"]
