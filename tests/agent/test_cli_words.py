"""Words for a terminal that more than one command uses."""

from agent.cli_words import picture_steps


def test_the_grab_as_a_whole_is_told_where_the_camera_told_no_steps() -> None:
    own = {"decode": 5, "encode": 9, "grab": 3, "total": 20}
    assert list(picture_steps(own)) == ["grab", "decode", "encode", "total"]
    assert list(picture_steps({"connect": 1, "body": 2, **own})) == ["connect", "body", "decode", "encode", "total"]
    assert picture_steps({"decode": 5}) == {"decode": 5}
