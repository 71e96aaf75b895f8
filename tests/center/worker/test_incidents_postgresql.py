"""The same incidents on PostgreSQL."""

from collections.abc import Callable

import pytest

from tests.center.test_postgresql import center_data, url  # noqa: F401 - fixtures
from tests.center.worker import test_incidents as on_sqlite
from tests.center.worker.test_incidents import town  # noqa: F401 - a fixture
from tests.support.incident_town import Town

pytestmark = pytest.mark.full

SCENARIOS = [
    on_sqlite.test_cutting_one_isp_makes_one_incident_with_thirty_members_and_one_page_and_recovery_says_so,
    on_sqlite.test_one_really_broken_node_inside_pages_after_the_line_is_back,
    on_sqlite.test_a_fleet_that_falls_silent_is_one_blind_incident_and_no_alarm_of_a_node,
    on_sqlite.test_a_flapping_node_pages_once,
    on_sqlite.test_planned_work_on_a_line_hides_what_falls_with_it_and_opens_when_it_is_over,
    on_sqlite.test_a_stay_that_a_box_renews_for_ever_hides_nothing_after_a_day,
    on_sqlite.test_a_person_ends_a_stay_and_no_renewal_brings_it_back,
    on_sqlite.test_a_cloned_card_and_missing_records_are_incidents_until_closed_or_explained,
    on_sqlite.test_an_outage_concluded_later_belongs_to_its_incident_and_carries_its_ticket,
]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_on_postgresql(scenario: Callable[[Town], None], town: Town) -> None:  # noqa: F811 - the fixture
    scenario(town)
