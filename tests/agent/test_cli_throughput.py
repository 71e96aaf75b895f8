"""What `sandi throughput` says of a measurement, of its cost and of a refusal."""

from agent.cli_throughput import lines
from agent.core.observation import Observation, Reason
from agent.messages import Messages


def test_a_measurement_is_told_with_its_cost_and_what_is_left() -> None:
    detail = {"down_mbps": 18.44, "up_mbps": 4.0, "idle_ms": 12.0, "loaded_ms": 95.5, "bytes": 8 << 20, "left_bytes": 0}
    told = lines(Messages("id"), Observation("throughput", "center", 1, True, detail=detail))
    assert told == [
        "Unduh      18,4 Mbit/s",
        "Unggah     4,0 Mbit/s",
        "Ping sepi  12,0 ms",
        "Ping ramai 95,5 ms",
        "Terpakai   8.0 MiB",
        "Sisa kuota 0 B",
    ]


def test_a_refusal_says_when_it_may_be_tried_again_and_why() -> None:
    detail = {"free_in_s": 7200, "left_bytes": 1024, "hint": "see \x1b[2J"}
    seen = Observation("throughput", "center", 1, False, Reason.NOT_PERMITTED, detail=detail)
    told = "\n".join(lines(Messages("en"), seen))
    assert "Allowed again in 2 h" in told
    assert "\x1b" not in told
