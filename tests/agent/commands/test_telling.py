"""What a command says on its way: all of it up to the bound, in few parts; its progress now and then."""

import asyncio
from collections.abc import Awaitable, Callable

from hypothesis import given
from hypothesis import strategies as st

from agent.commands import telling
from agent.commands.telling import Telling, pace_s, plain
from wire.afar import CommandNotice, OutputNotice
from wire.bodies import encode_body
from wire.codec import decode_body
from wire.commands import MAX_OUTPUT_BYTES
from wire.shape import Struct


class Centre:
    """What was filed, checked as the centre checks it."""

    def __init__(self) -> None:
        self.parts: list[OutputNotice] = []
        self.notices: list[CommandNotice] = []
        self.marks: list[tuple[int, int]] = []

    async def file(self, kind: str, body: Struct) -> bool:
        read = decode_body("event", kind, encode_body(body))
        assert read == body
        (self.parts if isinstance(body, OutputNotice) else self.notices).append(body)  # type: ignore[arg-type]
        return True

    async def mark(self, parts: int, printed_bytes: int) -> None:
        self.marks.append((parts, printed_bytes))

    @property
    def text(self) -> str:
        return "".join(part.text for part in self.parts)


def mouth(centre: Centre, parts: int = 0, printed_bytes: int = 0) -> Telling:
    def notice(pct: int, detail: str) -> CommandNotice:
        return CommandNotice("c-1", "ping", "running", "", detail, pct)

    return Telling(notice, centre.file, centre.mark, parts, printed_bytes)


def said(words: list[str], **before: int) -> Centre:
    centre = Centre()

    async def story() -> None:
        mouth_of_it = mouth(centre, **before)
        for word in words:
            await mouth_of_it.output(word)
        await mouth_of_it.flush()

    asyncio.run(story())
    return centre


texts = st.text(max_size=200) | st.integers(1, 6000).map(lambda count: "é✓" * count)


@given(st.lists(texts, max_size=8))
def test_all_that_is_printed_arrives_in_order_up_to_the_bound(words: list[str]) -> None:
    centre = said(words)
    whole = "".join(map(plain, words))
    assert whole.startswith(centre.text)
    assert len(centre.text.encode()) <= MAX_OUTPUT_BYTES
    assert [part.part for part in centre.parts] == list(range(1, len(centre.parts) + 1))
    assert all(len(part.text.encode()) <= 8192 for part in centre.parts)
    cut = [part.cut for part in centre.parts]
    if len(whole.encode()) <= MAX_OUTPUT_BYTES:
        assert centre.text == whole and not any(cut)
    else:
        assert cut == [False] * (len(cut) - 1) + [True]
        assert len(centre.text.encode()) > MAX_OUTPUT_BYTES - 4


def test_what_a_program_prints_in_one_go_is_one_part() -> None:
    assert [part.text for part in said(["a\n", "b\n", "c\n"]).parts] == ["a\nb\nc\n"]


def test_controls_and_half_characters_stay_behind() -> None:
    assert said(["a\x00\x1b[31m\tb\r\n\udc80"]).text == "a[31m\tb\n"


def test_after_a_start_parts_and_bound_count_on() -> None:
    centre = said(["x" * 100], parts=7, printed_bytes=MAX_OUTPUT_BYTES - 10)
    assert [(part.part, part.text, part.cut) for part in centre.parts] == [(8, "x" * 10, True)]
    assert centre.marks == [(8, MAX_OUTPUT_BYTES)]
    assert said(["more"], parts=8, printed_bytes=MAX_OUTPUT_BYTES).parts == []


def test_the_last_part_there_is_says_that_more_would_have_come() -> None:
    centre = said(["x" * 20_000], parts=998)
    assert [(part.part, part.cut) for part in centre.parts] == [(999, False), (1000, True)]


def lives(story: Callable[[Telling, Centre], Awaitable[None]]) -> Centre:
    """The story beside a telling that runs."""
    centre = Centre()

    async def whole() -> None:
        mouth_of_it = mouth(centre)
        running = asyncio.create_task(mouth_of_it.run())
        await story(mouth_of_it, centre)
        running.cancel()
        await asyncio.wait({running})

    asyncio.run(whole())
    return centre


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - of whatever kind it is
            await asyncio.sleep(0.01)


def test_output_is_told_while_the_command_still_runs() -> None:
    async def story(mouth_of_it: Telling, centre: Centre) -> None:
        await mouth_of_it.output("first\n")
        await until(lambda: centre.text == "first\n")
        await mouth_of_it.output("second\n")
        await until(lambda: centre.text == "first\nsecond\n")

    assert len(lives(story).parts) == 2


def test_of_quick_progress_the_first_and_the_newest_are_told() -> None:
    async def story(mouth_of_it: Telling, centre: Centre) -> None:
        mouth_of_it.progress(1, "")
        await until(lambda: centre.notices)
        for pct in range(2, 90):
            mouth_of_it.progress(pct, "")
        await until(lambda: centre.notices[-1].progress_pct == 89)
        mouth_of_it.progress(89, "")

    told = [notice.progress_pct for notice in lives(story).notices]
    assert told[0] == 1 and told[-1] == 89 and len(told) <= 3


def test_progress_out_of_bounds_is_brought_within() -> None:
    async def story(mouth_of_it: Telling, centre: Centre) -> None:
        mouth_of_it.progress(500, "x" * 900 + "\x00")
        await until(lambda: centre.notices)

    [only] = lives(story).notices
    assert (only.progress_pct, len(only.detail)) == (100, 500)


def test_who_talks_for_long_is_heard_less_often_and_six_hours_fit() -> None:
    for steps in (telling.GATHER_S, telling.PROGRESS_S):
        paces = [pace_s(steps, done) for done in range(1000)]
        assert paces == sorted(paces)
        assert sum(paces) > 6 * 3600
    assert pace_s(telling.GATHER_S, 0) <= 0.5 and pace_s(telling.PROGRESS_S, 0) == 1.0
