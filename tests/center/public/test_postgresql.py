"""Proof page, notices to kiosks and survey once more on PostgreSQL; and guessing from many connections at once."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.center.public import test_kiosk_notices, test_proof
from tests.center.public.test_kiosk_notices import kiosks
from tests.center.public.test_proof import document, fresh_cache
from tests.center.survey import test_pages
from tests.center.survey.test_pages import answered
from tests.center.test_postgresql import center_data, url
from tests.support import voices, wall_city

pytestmark = pytest.mark.full
ELSEWHERE = {"test_how_many_answers_a_figure_needs_is_configured"}
"""Needs no database."""

globals().update(
    {
        name: test
        for module in (test_kiosk_notices, test_proof, test_pages)
        for name, test in vars(module).items()
        if name.startswith("test_") and name not in ELSEWHERE
    }
)
__all__ = ["answered", "center_data", "document", "fresh_cache", "kiosks", "url"]


@pytest.fixture
def one_database(center_data: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As in production: everything on PostgreSQL, wrong PINs too."""
    from django.core.management import call_command
    from django.db import connection

    from center import db_router
    from center.public.models import Guess

    monkeypatch.setattr(db_router, "_APART", frozenset())
    # The router of SQLite has had the migration noted here, and the table made elsewhere.
    elsewhere = Guess._meta.db_table not in connection.introspection.table_names()
    call_command("migrate", "public", "zero", fake=elsewhere, verbosity=0, interactive=False)
    call_command("migrate", "public", verbosity=0, interactive=False)
    yield
    Guess.objects.all().delete()


def together(guess: Callable[[int], None]) -> None:
    """Six at once, each with a connection of its own; what goes wrong in one goes wrong here."""
    from django.db import connections

    def with_connection(number: int) -> None:
        try:
            guess(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(with_connection, range(6)))


def test_many_connections_together_get_five_tries_and_no_more(one_database: None) -> None:
    from center.public.guessing import fitted, keys_of, take

    code, other, now, allowed = voices.code(), voices.code(), wall_city.now_ms(), []

    def guess(number: int) -> None:
        for turn in range(10):
            allowed.append(take(keys_of(code, f"192.0.{number}.{turn}"), now) == 0)
            if take(keys_of(other, f"192.0.{number}.{turn}"), now) == 0:
                fitted(keys_of(other, f"192.0.{number}.{turn}"))

    together(guess)
    assert len(allowed) == 60
    assert sum(allowed) == 5


def test_rows_that_are_cleared_away_are_in_nobodys_way(one_database: None) -> None:
    """Every turn finds all rows of the turn before expired: one clears them away while others begin with theirs."""
    from center.public.guessing import keys_of, take
    from center.public.models import Guess

    now, turn_ms, allowed = wall_city.now_ms(), 8 * 86_400_000, []
    tried = [voices.code() for _ in range(6)]

    def guess(number: int) -> None:
        for turn in range(40):
            keys, later = keys_of(tried[number], f"192.0.2.{number}"), now + turn * turn_ms
            allowed.append(take(keys, later) == 0)

    together(guess)
    assert allowed == [True] * 240
    assert Guess.objects.filter(kind="all").count() == 1
