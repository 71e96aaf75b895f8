"""A path beside the one before it."""

from center.core.paths import HopRow, compared


def test_another_address_at_the_same_distance_is_a_change_and_silence_is_none() -> None:
    hops = [(3, "10.9.9.9", 11.0), (1, "10.20.3.1", 0.4), (2, "", None), (4, "103.1.1.1", None)]
    earlier = [(1, "10.20.3.1"), (2, "10.8.0.1"), (3, "10.9.0.1"), (4, "")]
    assert compared(hops, earlier) == [
        HopRow(1, "10.20.3.1", 0.4),
        HopRow(2, "", None),
        HopRow(3, "10.9.9.9", 11.0, "10.9.0.1"),
        HopRow(4, "103.1.1.1", None),
    ]


def test_the_first_path_has_nothing_to_differ_from() -> None:
    assert compared([(1, "10.20.3.1", None)]) == [HopRow(1, "10.20.3.1", None)]
