"""What is read of /proc by hand: as psutil reads it, and what is no such file is an error."""

import os
from pathlib import Path

import psutil
import pytest

from agent.health import kernel


def test_memory_is_what_psutil_says() -> None:
    before, found, after = psutil.virtual_memory(), kernel.memory_kb(), psutil.virtual_memory()
    swap = psutil.swap_memory()
    assert found["MemTotal"] * 1024 == before.total
    least, most = sorted((before.available, after.available))
    assert 0.8 * least <= found["MemAvailable"] * 1024 <= 1.2 * most
    assert found["SwapTotal"] * 1024 == swap.total
    assert found["SwapFree"] <= found["SwapTotal"]


def test_processor_time_is_what_psutil_says() -> None:
    before, (busy, total), after = psutil.cpu_times(), kernel.processor_ticks(), psutil.cpu_times()
    hertz = os.sysconf("SC_CLK_TCK")

    def worked(times: "psutil._ntuples.scputimes") -> float:
        return sum(times[:8]) - times.idle - times.iowait

    assert worked(before) - 0.1 <= busy / hertz <= worked(after) + 0.1
    assert sum(before[:8]) - 0.1 <= total / hertz <= sum(after[:8]) + 0.1


def test_time_of_guests_is_not_counted_twice_and_waiting_for_the_disk_is_no_work(tmp_path: Path) -> None:
    (tmp_path / "stat").write_text("cpu  10 20 30 400 50 6 7 8 9 10\ncpu0 1 2 3 4 5 6 7 8 9 10\n")
    assert kernel.processor_ticks(tmp_path) == (81, 531)


def test_interfaces_are_counted_as_psutil_counts_them() -> None:
    before, found = psutil.net_io_counters(pernic=True, nowrap=False), kernel.interface_counters()
    after = psutil.net_io_counters(pernic=True, nowrap=False)
    assert found.keys() & before.keys() >= {"lo"}
    for name in found.keys() & before.keys() & after.keys():
        low, high, ours = before[name], after[name], found[name]
        assert low.bytes_recv <= ours[0] <= high.bytes_recv
        assert low.bytes_sent <= ours[1] <= high.bytes_sent
        assert low.errin <= ours[2] <= high.errin
        assert low.errout <= ours[3] <= high.errout


def test_a_name_with_a_colon_is_read_whole_and_a_full_column_leaves_no_space(tmp_path: Path) -> None:
    (tmp_path / "net").mkdir()
    heading = "Inter-|   Receive\n face |bytes\n"
    (tmp_path / "net/dev").write_text(
        heading + "eth0:1:123456789 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n    lo: 1 0 0 0 0 0 0 0 1 0 0 0 0 0 0 0\n"
    )
    assert kernel.interface_counters(tmp_path) == {"eth0:1": (123456789, 9, 3, 11), "lo": (1, 1, 0, 0)}


def test_own_memory_is_what_psutil_says() -> None:
    assert kernel.own_memory_kb() * 1024 == pytest.approx(psutil.Process().memory_info().rss, rel=0.05)


def test_what_is_no_such_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "stat").write_text("intr 1 2 3\n")
    with pytest.raises(ValueError, match="/proc/stat"):
        kernel.processor_ticks(tmp_path)
    with pytest.raises(OSError, match="meminfo"):
        kernel.memory_kb(tmp_path)
