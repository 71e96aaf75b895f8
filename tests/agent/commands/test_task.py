"""However a handler ends, its command ends in one way, with words and figures that fit the wire."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.commands.job import CommandError, Done, Job, Run, Tools
from agent.commands.store import Entry
from agent.commands.task import Ending, Task, ending_of, failed
from wire.bodies import encode_body
from wire.codec import MAX_RECORD_BODY_BYTES, decode_body
from wire.commands import Nothing
from wire.shape import Struct, replace

ENTRY = Entry("c-1", "ping", 1, "command", "running", "boot", 5, 6)


async def worked(handler: Run, within_s: float = 60.0) -> Ending:
    """How this handler's command ends."""

    async def keep(_: Entry) -> None:
        return

    async def file(_: str, body: Struct) -> bool:
        return bool(encode_body(body))

    task = Task(ENTRY, Nothing(), keep, file, careful=False)
    return await task.work(handler, None, within_s)  # type: ignore[arg-type]


def ended(handler: Run, within_s: float = 60.0) -> tuple[str, str]:
    ending = asyncio.run(worked(handler, within_s))
    return ending.state, ending.code


async def waits(job: Job, tools: Tools) -> Done:
    await asyncio.Event().wait()
    return Done()


async def refuses(job: Job, tools: Tools) -> Done:
    raise CommandError("no_camera", "there is none")


async def breaks(job: Job, tools: Tools) -> Done:
    raise KeyError("x")


async def is_timed_out_by_something_else(job: Job, tools: Tools) -> Done:
    raise TimeoutError


async def lets_a_cancellation_through(job: Job, tools: Tools) -> Done:
    raise asyncio.CancelledError


async def is_no_handler(job: Job, tools: Tools) -> Any:
    return None


@pytest.mark.parametrize(
    ("handler", "end"),
    [
        (refuses, ("failed", "no_camera")),
        (breaks, ("failed", "fault")),
        (is_timed_out_by_something_else, ("failed", "fault")),
        (lets_a_cancellation_through, ("failed", "fault")),
        (is_no_handler, ("failed", "fault")),
    ],
)
def test_whatever_goes_wrong_in_a_handler_the_command_has_failed(handler: Run, end: tuple[str, str]) -> None:
    assert ended(handler) == end


def test_a_handler_that_does_not_end_is_ended() -> None:
    assert ended(waits, 0.01) == ("failed", "timeout")


def test_the_end_of_the_process_is_no_end_of_the_command() -> None:
    async def story() -> None:
        working = asyncio.create_task(worked(waits))
        await asyncio.sleep(0)
        working.cancel()
        await asyncio.wait({working})
        assert working.cancelled()

    asyncio.run(story())


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
surrogates = st.text(st.characters(), max_size=700)


@given(detail=surrogates, result=st.dictionaries(surrogates, anything, max_size=50))
def test_whatever_a_handler_returns_the_centre_can_read(detail: str, result: Mapping[str, Any]) -> None:
    ending = ending_of(Done(detail, result))
    notice = replace(ENTRY, state=ending.state, detail=ending.detail, result=ending.result).notice()
    assert decode_body("event", "command", encode_body(notice)) == notice


@pytest.mark.parametrize("letter", ["x", '"', "é", "😀"])
def test_the_largest_result_there_can_be_still_fits_a_record(letter: str) -> None:
    ending = ending_of(Done(letter * 900, {f"{letter * 55}{number}": letter * 900 for number in range(60)}))
    notice = replace(ENTRY, state="done", detail=ending.detail, result=ending.result).notice()
    assert len(encode_body(notice)) < MAX_RECORD_BODY_BYTES / 2
    assert ending.result


@pytest.mark.parametrize("memo", [{"a": "x" * 501}, {"a": float("nan")}, {"a": [1]}, {"k" * 61: 1}, {"a": 2**60}])
def test_a_memo_that_would_not_come_back_as_it_went_is_refused(memo: dict[str, Any]) -> None:
    async def keeps(job: Job, tools: Tools) -> Done:
        await job.keep(memo)
        return Done()

    assert ended(keeps) == ("failed", "fault")


@given(code=surrogates, detail=surrogates)
def test_and_whatever_it_raises(code: str, detail: str) -> None:
    error = CommandError(code, detail)
    ending = failed(error.code, error.detail)
    notice = replace(ENTRY, state=ending.state, code=ending.code, detail=ending.detail).notice()
    assert decode_body("event", "command", encode_body(notice)) == notice
    assert notice.code
