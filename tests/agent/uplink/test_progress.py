"""What the uplink says against itself, from plain facts."""

import pytest

from agent.uplink.ending import SHUT_OUT, Ending
from agent.uplink.progress import Progress
from agent.uplink.refusals import MOST_LONE_REFUSALS, Refusals


def test_a_stall_counts_from_the_oldest_that_waits_or_the_last_acknowledgement_and_repeats_do_not_shorten_it() -> None:
    facts = Progress(connected_s=0.0)
    facts.owed(10.0)
    facts.owed(95.0)  # sent again
    assert facts.conditions(100.0)["ack_stalled"] == "no acknowledgement for 90 s; centre unknown"
    facts.acknowledged(100.0)
    facts.owed(95.0)  # another record
    assert facts.conditions(160.0)["ack_stalled"] == "no acknowledgement for 60 s; centre online"
    facts.owed(None)
    assert facts.conditions(160.0) == {}


@pytest.mark.parametrize(
    "words", ["the broker refused our subscription", "the broker ended the session: not authorised"]
)
def test_a_box_that_is_shut_out_says_so_until_it_is_let_in(words: str) -> None:
    facts = Progress()
    facts.lost(Ending(SHUT_OUT, words))
    facts.lost(Ending("network", "the line broke"))
    assert facts.conditions(0.0) == {"not_authorised": words, "uplink_down": "the line broke"}


def test_a_refusal_stands_until_another_attempt_ended_differently_or_succeeded() -> None:
    facts = Progress()
    assert facts.refusal == ""
    facts.lost(Ending("refused_by_broker", "the broker refused the connection: Server busy", reason="Server busy"))
    assert facts.refusal == facts.as_dict(0.0)["refusal"] == "Server busy"
    facts.connected_s = 5.0
    assert facts.refusal == ""
    facts.connected_s = None
    facts.lost(Ending("timeout", "the broker did not answer in time"))
    assert facts.refusal == ""


def test_all_streams_that_are_denied_are_named_and_one_that_gets_through_only_clears_itself() -> None:
    facts = Progress(connected_s=0.0)
    facts.denied |= {"snapshot", "event"}
    assert facts.conditions(0.0)["not_authorised"].endswith("publish event, snapshot")
    facts.denied.discard("event")
    assert facts.conditions(0.0)["not_authorised"].endswith("publish snapshot")


def test_many_records_that_are_too_large_are_counted_not_listed() -> None:
    facts = Progress(connected_s=0.0, too_large=frozenset(("complaint", seq) for seq in range(1, 8)))
    assert (
        facts.conditions(0.0)["too_large"]
        == "complaint 1, complaint 2, complaint 3, complaint 4, complaint 5 and 2 more"
    )


def test_records_are_buried_as_long_as_the_centre_takes_some_in_between() -> None:
    refusals = Refusals()
    for _ in range(3):
        assert all(refusals.alone("event", "schema") for _ in range(MOST_LONE_REFUSALS))
        refusals.taken("event")
    assert all(refusals.alone("event", "schema") for _ in range(MOST_LONE_REFUSALS))
    assert refusals.words() == ""
    assert not refusals.alone("event", "schema")
    assert refusals.alone("health", "schema"), "each stream for itself"
    assert refusals.words() == "event: schema"
    refusals.taken("health")
    assert refusals.words() == "event: schema"
