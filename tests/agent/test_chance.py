"""Chance is spread evenly over its range."""

from agent.chance import chance


def test_every_tenth_of_the_range_gets_its_share() -> None:
    drawn = [chance() for _ in range(20_000)]
    assert all(0 <= one < 1 for one in drawn)
    shares = [sum(tenth <= one * 10 < tenth + 1 for one in drawn) for tenth in range(10)]
    # 2000 each; six standard deviations (42) are passed once in 50 million runs
    assert all(abs(share - 2000) < 255 for share in shares), shares
