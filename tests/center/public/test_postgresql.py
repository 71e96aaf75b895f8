"""Proof page, notices to kiosks and survey once more on PostgreSQL; and guessing from many connections at once."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.center.public import test_kiosk_notices, test_proof
from tests.center.public.test_kiosk_notices import kiosks
from tests.center.public.test_proof import document, fresh_cache
from tests.center.survey import test_pages
from tests.center.survey.test_pages import answered
from tests.center.test_postgresql import center_data, guarded, url
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

    from center import db_router
    from center.public.models import Guess

    monkeypatch.setattr(db_router, "APART", frozenset())
    # This database was migrated beside one for what stands apart: its history has the table, it has not.
    call_command("migrate", "public", "zero", fake=True, verbosity=0, interactive=False)
    call_command("migrate", "public", fake_initial=True, verbosity=0, interactive=False)
    yield
    Guess.objects.all().delete()


def test_many_connections_together_get_five_tries_and_no_more(one_database: None) -> None:
    from center.public.guessing import fitted, keys_of, take

    code, other, now, allowed = voices.code(), voices.code(), wall_city.now_ms(), []
    faults: list[Exception] = []

    def guess(number: int) -> None:
        for turn in range(10):
            allowed.append(take(keys_of(code, f"192.0.{number}.{turn}"), now) == 0)
            if take(keys_of(other, f"192.0.{number}.{turn}"), now) == 0:
                fitted(keys_of(other, f"192.0.{number}.{turn}"))

    threads = [guarded(partial(guess, number), faults) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert faults == []
    assert len(allowed) == 60
    assert sum(allowed) == 5


def test_rows_that_are_forgotten_are_in_nobodys_way(one_database: None) -> None:
    """Every turn finds the rows of the turn before forgotten: one clears them away while others begin with theirs."""
    from center.public.guessing import keys_of, take

    now, faults, allowed = wall_city.now_ms(), list[Exception](), list[bool]()
    tried = [voices.code() for _ in range(6)]

    def guess(number: int) -> None:
        for turn in range(40):
            later_ms = now + turn * 8 * 86_400_000
            allowed.append(take(keys_of(tried[number], f"192.0.2.{number}"), later_ms) == 0)

    threads = [guarded(partial(guess, number), faults) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert faults == []
    assert allowed == [True] * 240
