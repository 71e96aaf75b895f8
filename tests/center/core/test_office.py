"""Whether an office is open."""

from center.core.office import is_open

HOUR = 3_600_000
MONDAY_EIGHT = 1_763_946_000_000  # Mon 24 Nov 2025 08:00 WIB


def test_an_office_is_open_in_its_hours_and_always_when_nobody_said_any_or_none_can_be_read() -> None:
    hours = "Mon-Fri 07:30-16:00; Sat 08:00-12:00"
    at = [[is_open(hours, MONDAY_EIGHT + (day * 24 + hour) * HOUR) for hour in (0, 7, 9)] for day in range(7)]
    assert at == [[True, True, False]] * 5 + [[True, False, False], [False] * 3]
    assert is_open("", MONDAY_EIGHT + 12 * HOUR) and is_open("whenever", MONDAY_EIGHT + 12 * HOUR)
