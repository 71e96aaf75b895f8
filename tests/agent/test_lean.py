"""Stand-ins for modules the daemon has no use for: late, never missing."""

import functools
import inspect
import subprocess
import sys
import tempfile

import pytest

from agent import lean


def run(code: str) -> str:
    """What the code says in a process of its own, started as `sandi run` starts."""
    begin = "import sys\nfrom agent.cli import load_lean\nload_lean()\n"
    done = subprocess.run([sys.executable, "-c", begin + code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_what_is_kept_out_is_not_loaded() -> None:
    said = run("print([name for name in ('inspect', 'ast', 'dis', 'uuid', 'decimal') if name in sys.modules])")
    assert said == "[]"


def test_who_imports_such_a_module_afterwards_gets_the_real_one() -> None:
    said = run(
        "import asyncio, decimal, inspect, uuid, msgspec.inspect\n"
        "print(decimal.Decimal('1.5') + 1, uuid.UUID(int=7).int, msgspec.inspect.type_info(int), "
        "inspect.signature(lambda a: a))"
    )
    assert said == "2.5 7 IntType(gt=None, ge=None, lt=None, le=None, multiple_of=None) (a)"


def test_a_command_that_reads_the_configuration_loads_neither_the_line_nor_the_outbox_nor_what_it_never_asks() -> None:
    code = (
        "import atexit, sys, agent.cli\n"
        "atexit.register(lambda: print('loaded', *sorted(name for name, module in sys.modules.items() if module)))\n"
        "sys.argv = ['sandi', 'config', 'check', sys.argv[1]]\n"
        "agent.cli.main()"
    )
    sample = subprocess.run(
        [sys.executable, "-m", "agent.cli", "config", "example", "--lang", "en"], capture_output=True, check=True
    )
    with tempfile.NamedTemporaryFile() as file:
        file.write(sample.stdout)
        file.flush()
        done = subprocess.run([sys.executable, "-c", code, file.name], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    loaded = done.stdout.splitlines()[-1].split()
    assert "agent.uplink.config" in loaded and "agent.outbox.config" in loaded and "click" in loaded
    unwanted = {"agent.uplink.uplink", "agent.outbox.store", "paho", "sqlite3", "rich", "decimal"}
    assert unwanted & set(loaded) == set()


def test_asyncio_asks_the_real_module_for_what_the_stand_in_does_not_know() -> None:
    said = run(
        "import asyncio\n"
        "class Slow:\n"
        "    def __await__(self):\n"
        "        yield from asyncio.sleep(0).__await__()\n"
        "        return 'awaited'\n"
        "async def main():\n"
        "    return await asyncio.gather(Slow())\n"
        "print(asyncio.run(main()), 'ast' in sys.modules)"
    )
    assert said == "['awaited'] True"


def test_the_calendar_is_whole_though_its_python_half_is_not_loaded() -> None:
    said = run(
        "import datetime, msgspec, pickle, sqlite3, tomli\n"
        "day = tomli.loads('a = 2026-11-26T10:00:00+07:00')['a']\n"
        "print(msgspec.json.decode(b'\"2026-11-26T03:00:00Z\"', type=datetime.datetime) == day,"
        " pickle.loads(pickle.dumps(day)) == day, day.strftime('%d'), datetime.datetime.strptime('26', '%d').day,"
        " datetime.UTC, hasattr(datetime, '_check_date_fields'))"
    )
    assert said == "True True 26 26 UTC False"


def test_a_schema_can_still_be_made() -> None:
    assert run("import msgspec\nprint(msgspec.json.schema(int))") == "{'type': 'integer'}"


def test_a_module_that_is_loaded_already_is_left_alone() -> None:
    import decimal

    with lean.kept_out(*lean.of_asyncio_and_msgspec(), absent=("json",)):
        import decimal as again
        import json

        assert again is decimal
        assert json.dumps(1) == "1"
    assert sys.modules["decimal"] is decimal


def test_what_is_absent_looks_as_if_it_were_not_installed_and_is_found_after() -> None:
    sys.modules.pop("this_is_kept_out", None)
    with lean.kept_out(absent=("sched",)), pytest.raises(ImportError):
        import sched
    import sched

    assert sched.scheduler


async def coroutine() -> None:
    """One."""


def plain() -> None:
    """The other."""


class Owner:
    async def method(self) -> None:
        """Bound."""


@functools.wraps(plain)
def wrapper() -> None:
    """Wraps."""


@pytest.mark.parametrize(
    "function",
    [coroutine, plain, wrapper, Owner().method, functools.partial(coroutine), functools.partial(plain), len, Owner],
)
def test_the_answers_are_those_of_the_real_module(function: object) -> None:
    assert lean.iscoroutinefunction(function) == inspect.iscoroutinefunction(function)  # type: ignore[arg-type]
    assert lean.unwrap(function) is inspect.unwrap(function)  # type: ignore[arg-type]


def test_a_module_only_the_start_needed_is_let_go_with_those_below_it() -> None:
    import sched

    lean.forget("sched")
    assert "sched" not in sys.modules
    assert sched.scheduler
