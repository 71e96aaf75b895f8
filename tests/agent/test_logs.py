"""Log lines keep their shape, whatever is put into their fields."""

import logging

from agent.logs import FieldFormatter


def line(journal: bool, level: int = logging.WARNING, **fields: object) -> str:
    record = logging.LogRecord("agent.uplink", level, "x.py", 1, "uplink-lost", (), None)
    vars(record).update(fields)
    return FieldFormatter(journal=journal).format(record)


def test_a_line_is_an_event_and_its_fields() -> None:
    assert line(True, node="kel-3673011001", detail="no route", empty="") == (
        '<4>warning agent.uplink uplink-lost node=kel-3673011001 detail="no route" empty=""'
    )


def test_levels_become_systemds_priorities() -> None:
    levels = (logging.CRITICAL, logging.ERROR, logging.WARNING, logging.INFO, logging.DEBUG)
    assert [line(True, level)[:3] for level in levels] == ["<3>", "<3>", "<4>", "<6>", "<7>"]


def test_a_value_cannot_start_a_line_of_its_own() -> None:
    assert "\n" not in line(True, detail="a\n<0>emerg b\x1b[31m")


def test_outside_the_journal_a_line_carries_its_time() -> None:
    assert line(False)[:2] == "20"
