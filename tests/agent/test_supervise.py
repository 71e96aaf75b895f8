"""Supervision: a plugin that breaks is started again, reported, and never takes its keeper down."""

import asyncio

import pytest

from agent import supervise
from agent.core.stillness import Progress
from agent.supervise import Plugin, Start, Supervisor


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervise, "FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr(supervise, "LONGEST_PAUSE_S", 0.04)
    monkeypatch.setattr(supervise, "STABLE_AFTER_S", 0.1)


def test_a_failing_plugin_is_started_again_until_it_stays() -> None:
    starts = 0

    async def plugin() -> None:
        nonlocal starts
        starts += 1
        if starts <= 3:
            raise RuntimeError("no camera")
        await asyncio.Event().wait()

    async def scenario() -> None:
        changes: asyncio.Queue[tuple[str, ...]] = asyncio.Queue()
        supervisor = Supervisor(lambda: changes.put_nowait(tuple(s.error for s in supervisor.failing())))
        task = asyncio.create_task(supervisor.keep("camera", Plugin(plugin)))
        async with asyncio.timeout(30):
            assert await changes.get() == ("RuntimeError: no camera",)
            while await changes.get() != () or starts < 4:
                pass
        assert supervisor.plugins["camera"].restarts == 3
        assert not task.done()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(scenario())
    assert starts == 4


def test_the_pauses_grow_and_stay_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []

    async def no_sleep(delay_s: float) -> None:
        pauses.append(delay_s)
        if len(pauses) == 12:
            raise asyncio.CancelledError

    async def plugin() -> None:
        raise OSError("gone")

    monkeypatch.setattr(supervise, "FIRST_PAUSE_S", 1.0)
    monkeypatch.setattr(supervise, "LONGEST_PAUSE_S", 300.0)
    monkeypatch.setattr(asyncio, "sleep", no_sleep)
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(Supervisor().keep("camera", Plugin(plugin)))
    assert pauses[:4] == [1, 2, 4, 8]
    assert pauses[-1] == 300


def test_cancelling_stops_the_plugin_at_once() -> None:
    async def scenario() -> None:
        stopped = asyncio.Event()

        async def plugin() -> None:
            try:
                await asyncio.Event().wait()
            finally:
                stopped.set()

        task = asyncio.create_task(Supervisor().keep("camera", Plugin(plugin)))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert stopped.is_set()

    asyncio.run(scenario())


def test_a_plugin_that_may_be_done_is_left_alone() -> None:
    async def plugin() -> None:
        return

    supervisor = Supervisor()
    asyncio.run(supervisor.keep("cameras", Plugin(plugin, may_end=True)))
    assert supervisor.failing() == ()


async def cancelled_by_what_it_waits_for() -> None:
    future = asyncio.get_running_loop().create_future()
    future.cancel()
    await future


async def returns() -> None:
    return


@pytest.mark.parametrize("progress", [None, Progress(object, 0.1)])
@pytest.mark.parametrize(
    ("end", "error"),
    [(cancelled_by_what_it_waits_for, "CancelledError"), (returns, "EndedError: ended by itself")],
)
def test_a_plugin_that_ends_in_any_other_way_has_failed_and_is_started_again(
    end: Start, error: str, progress: Progress | None
) -> None:
    starts = 0

    async def plugin() -> None:
        nonlocal starts
        starts += 1
        if starts <= 2:
            await end()
        else:
            await asyncio.Event().wait()

    async def scenario() -> None:
        changes: asyncio.Queue[tuple[str, ...]] = asyncio.Queue()
        supervisor = Supervisor(lambda: changes.put_nowait(tuple(s.error for s in supervisor.failing())))
        task = asyncio.create_task(supervisor.keep("control", Plugin(plugin, progress)))
        async with asyncio.timeout(30):
            assert await changes.get() == (error,)
            while await changes.get() != () or starts < 3:
                pass
        assert supervisor.plugins["control"].restarts == 2
        assert not task.done()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(scenario())
    assert starts == 3


def test_a_plugin_that_stands_still_is_cancelled_and_started_again_until_it_moves() -> None:
    lives: list[str] = []
    steps = 0

    async def plugin() -> None:
        nonlocal steps
        lives.append("began")
        try:
            while len(lives) >= 3:  # the second life moves
                steps += 1
                await asyncio.sleep(0.01)
            await asyncio.Event().wait()
        finally:
            lives.append("ended")

    async def scenario() -> None:
        changes: asyncio.Queue[list[str]] = asyncio.Queue()
        supervisor = Supervisor(lambda: changes.put_nowait([s.stuck for s in supervisor.stuck()]))
        task = asyncio.create_task(supervisor.keep("probes", Plugin(plugin, Progress(lambda: steps, 0.1))))
        async with asyncio.timeout(30):
            [how] = await changes.get()
            assert how.startswith("no progress for")
            assert await changes.get() == []
        assert (supervisor.plugins["probes"].restarts, supervisor.failing()) == (1, ())
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(scenario())
    assert lives == ["began", "ended", "began", "ended"]


def test_a_plugin_that_cannot_even_be_stopped_is_said_to_be_until_it_moves_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(supervise, "CANCEL_S", 0.2)  # the time after which it would count as well falls into this
    steps, refused, starts = 0, 0, 0

    async def plugin() -> None:
        nonlocal steps, refused, starts
        starts += 1
        while refused < 3:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                refused += 1
        while True:
            steps += 1
            await asyncio.sleep(0.01)

    async def scenario() -> None:
        changes: asyncio.Queue[list[str]] = asyncio.Queue()
        supervisor = Supervisor(lambda: changes.put_nowait([s.stuck for s in supervisor.stuck()]))
        task = asyncio.create_task(supervisor.keep("cameras", Plugin(plugin, Progress(lambda: steps, 0.1))))
        async with asyncio.timeout(30):
            assert "cannot be stopped" not in (await changes.get())[0]
            assert "cannot be stopped" in (await changes.get())[0]
            assert await changes.get() == []
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(scenario())
    assert (refused, starts) == (3, 1)


def test_a_plugin_that_moves_often_enough_is_left_alone() -> None:
    steps = 0

    async def plugin() -> None:
        nonlocal steps
        for _ in range(20):
            steps += 1
            await asyncio.sleep(0.02)

    supervisor = Supervisor()
    asyncio.run(supervisor.keep("report", Plugin(plugin, Progress(lambda: steps, 5), may_end=True)))
    assert (steps, supervisor.stuck(), supervisor.plugins["report"].restarts) == (20, (), 0)
