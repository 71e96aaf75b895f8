"""One-time codes: good once, bounded against guessing, and of people whom the book alone knows."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.commanding import START_MS, Desk, desk

NODE = "kel-3673011001"


@pytest.fixture
def office(center_data: Path) -> Iterator[Desk]:
    with desk(center_data, NODE) as made:
        made.person("sari")
        yield made


def test_a_code_serves_once_for_anything(office: Desk) -> None:
    from center.commander.frames import Approve

    office.person("budi")
    code = office.code("sari")
    grave = office.order("reboot", by="sari", otp=code)
    assert grave.code == ""
    assert office.order("restart-agent", otp=code).code == "otp"
    told = office.code("budi")
    assert office.order("restart-agent", by="budi", otp=told).code == ""
    assert office.office.answer(Approve(grave.operation, "budi", told)).code == "otp"


def test_a_code_overheard_serves_nobody_after_a_later_one(office: Desk) -> None:
    earlier = office.code("sari")
    later = office.code("sari")
    assert office.order("restart-agent", otp=later).code == ""
    assert office.order("restart-agent", otp=earlier).code == "otp"


def test_a_used_code_stays_used_when_the_commander_begins_anew(office: Desk) -> None:
    code = office.code("sari")
    assert office.order("restart-agent", otp=code).code == ""
    office.restarted()
    assert office.order("restart-agent", otp=code).code == "otp"


def test_guessing_locks_and_the_right_code_does_not_open_a_lock(office: Desk) -> None:
    code = office.code("sari")
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    assert [office.order("restart-agent", otp=wrong).code for _ in range(5)] == ["otp"] * 5
    assert office.order("restart-agent", otp=code).code == "otp"
    office.restarted()
    assert office.order("restart-agent", otp=office.code("sari")).code == "otp"
    office.now_ms += 11 * 60_000
    assert office.order("restart-agent", otp=office.code("sari")).code == ""


def test_who_was_locked_by_others_is_let_try_again_from_the_terminal(office: Desk) -> None:
    from center.commander import people
    from center.commander.auditing import audit

    for _ in range(6):
        office.order("restart-agent", otp="000000")
    assert office.order("restart-agent", otp=office.code("sari")).code == "otp"
    people.unlock(office.office.book, "sari", "test", office.now_ms)
    assert office.order("restart-agent", otp=office.code("sari")).code == ""
    assert audit(office.office.book) == []


def test_no_code_is_no_guess(office: Desk) -> None:
    assert {office.order("restart-agent", otp="").code for _ in range(20)} == {"otp"}
    assert office.order("restart-agent", otp=office.code("sari")).code == ""


def test_who_was_removed_may_nothing_and_comes_back_with_another_secret(office: Desk) -> None:
    from center.commander import people

    before = office.people["sari"]
    people.remove(office.office.book, "sari", "test", office.now_ms)
    assert office.order("restart-agent", otp=office.code("sari")).code == "person"
    office.person("sari")
    assert office.people["sari"] != before
    assert office.order("restart-agent", otp=office.code("sari")).code == ""


def test_a_second_factor_of_the_pages_is_none_here(office: Desk) -> None:
    """Whoever has the pages' database makes an administrator with a telephone; the commander knows nobody of them."""
    from django_otp.plugins.otp_totp.models import TOTPDevice

    from center.accounts.models import User
    from center.commander.agreeing import code_at

    user = User.objects.create_superuser("mallory", password="x")
    device = TOTPDevice.objects.create(user=user, confirmed=True, key="00" * 20)
    otp = code_at(device.bin_key, office.now_ms)
    assert office.order("restart-agent", by="mallory", otp=otp).code == "person"


@settings(deadline=None, max_examples=200)
@given(st.integers(0, 10_000), st.integers(-200, 200))
def test_a_code_is_good_within_a_step_on_either_side_and_no_further(offset_s: int, late_s: int) -> None:
    from center.commander.agreeing import STEP_S, code_at, step_of

    secret = b"0123456789abcdefghij"
    shown_ms = START_MS + offset_s * 1000
    seen_ms = shown_ms + late_s * 1000
    apart = abs(seen_ms // 1000 // STEP_S - shown_ms // 1000 // STEP_S)
    found = step_of(secret, code_at(secret, shown_ms), seen_ms, 0)
    assert (found == shown_ms // 1000 // STEP_S) == (apart <= 1)
    if found is not None:
        assert step_of(secret, code_at(secret, shown_ms), seen_ms, found) is None
