"""A run is good when nothing is lost and little is put on the line twice; few records cannot tell how little."""

from collections import Counter

import pytest

from tests.chaos.oracle import Verdict
from tests.chaos.run import Options, Outcome


@pytest.mark.parametrize(
    ("distinct", "ratio", "good"),
    [(499, 1.5, True), (499, 1.7, False), (500, 1.25, True), (500, 1.35, False), (0, 0.0, True)],
)
def test_re_sending_is_held_to_a_bound_that_few_records_may_pass(distinct: int, ratio: float, good: bool) -> None:
    outcome = Outcome(Options(seed=1), Verdict(), distinct=Counter(health=distinct))
    outcome.seen = Counter(health=round(distinct * ratio))
    assert outcome.good is good
