"""Fixtures of the pages' tests: a city in the database, signed-in clients, a real server and a real browser."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support import wall_city, web_process
from tests.support.center import center_database
from tests.support.chromium import CHROMIUM, CHROMIUM_ARGUMENTS

if TYPE_CHECKING:
    from django.test import Client
    from playwright.sync_api import Browser, BrowserContext, Page

ONE_NODE = "kel-3673011001"
PATIENT_MS = 60_000
"""For what is waited for, not for what is promised."""


@pytest.fixture
def city(center_data: Path) -> Path:
    """The 100 sites and one account per role; no node yet. The data directory."""
    wall_city.lay_city(center_data)
    return center_data


@pytest.fixture
def client_as(city: Path) -> Callable[[str], "Client"]:
    """A Django test client signed in with a role; "" = not signed in."""
    from django.test import Client

    from center.accounts.models import User

    def sign_in(role: str) -> Client:
        client = Client(headers={"host": "localhost"})
        if role:
            client.force_login(User.objects.get(username=role), backend="django.contrib.auth.backends.ModelBackend")
        return client

    return sign_in


@pytest.fixture(scope="module")
def shared_data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data directory for all browser tests of a module."""
    with center_database(tmp_path_factory.mktemp("city") / "center") as directory:
        yield directory


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    """One Chromium for a module; each `new_context` of it is patient."""
    from playwright.sync_api import sync_playwright

    # Playwright's synchronous side runs an event loop in this thread; Django would refuse its database there.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS, timeout=120_000)
        plain = chromium.new_context

        def patient(**options: Any) -> "BrowserContext":
            context = plain(**options)
            context.set_default_timeout(PATIENT_MS)
            return context

        chromium.new_context = patient  # type: ignore[method-assign]
        yield chromium
        chromium.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def visit(browser: "Browser") -> Iterator[Callable[..., "Page"]]:
    """visit(base, path, role, width, height): a signed-in page; `page.seen` lists every address it asked for,
    `page.faults` what its scripts or the policy complained about."""
    from django.db import connections

    contexts: list[Any] = []

    def open_page(base: str, path: str, role: str = "viewer", width: int = 1920, height: int = 1080) -> "Page":
        context = browser.new_context(viewport={"width": width, "height": height})
        contexts.append(context)
        page = context.new_page()
        page.seen, page.faults = [], []  # type: ignore[attr-defined]
        page.on("request", lambda request: page.seen.append(request.url))  # type: ignore[attr-defined]
        page.on("pageerror", lambda error: page.faults.append(str(error)))  # type: ignore[attr-defined]
        page.on(
            "console",
            lambda message: page.faults.append(message.text) if "Security Policy" in message.text else None,  # type: ignore[attr-defined]
        )
        page.goto(f"{base}/login/?next={path}")
        page.fill("input[name=username]", role)
        page.fill("input[name=password]", wall_city.PASSWORD)
        page.click("main button[type=submit]")
        page.wait_for_url(f"{base}{path}")
        return page

    yield open_page
    for context in contexts:
        context.close()
    # While Playwright's loop runs, Django keeps a set of connections of its own; the next test has another database.
    connections.close_all()


@pytest.fixture(scope="module")
def port(shared_data: Path) -> Iterator[int]:
    """The real web process over a city in which one node has reported; where it listens.

    Files that need another city have a `port` of their own.
    """
    wall_city.add_people()
    wall_city.add_sites()
    wall_city.add_node(ONE_NODE)
    wall_city.keep_alive()
    number = web_process.free_port()
    with web_process.web_server(shared_data, number):
        yield number
