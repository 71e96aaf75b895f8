"""Keeps out of the daemon what its libraries import and it never uses: some 2 MiB of the 24 it may have.

asyncio wants four functions of `inspect` (which brings `ast` and `dis`), msgspec wants of `uuid` and `decimal` the
names of types that nobody sends here, and loads its schema, YAML and TOML parts at once. While such a library is
imported, stand-ins take the place of those modules. A stand-in answers what is asked then; for whatever else is ever
asked of it, it loads the real module and passes the question on. So nothing is missing, it is only late; and who
imports such a module afterwards gets the real one. What this changes: this process cannot send a Decimal or a UUID by
msgspec.
"""

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from importlib import import_module
from types import FunctionType, GeneratorType, ModuleType
from typing import Any, Final

_COROUTINE: Final = 0x80  # inspect.CO_COROUTINE


class StandIn(ModuleType):
    """Looks like the module `name`, knows `known`, and asks the real one for the rest."""

    def __init__(self, name: str, **known: object) -> None:
        super().__init__(name)
        self.__dict__.update(known)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # import machinery asks for these, and takes no for an answer
            raise AttributeError(name)
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(import_module(self.__name__), name)


def iscoroutinefunction(function: Callable[..., object]) -> bool:
    """As `inspect` says it, for functions, methods and partials of them."""
    while hasattr(function, "func"):
        function = function.func
    code = getattr(function, "__code__", None)
    return bool(code and code.co_flags & _COROUTINE)


def unwrap(function: Any) -> Any:
    """As `inspect` does it: what a chain of decorators leads to. asyncio's repr of a task asks for it at each start."""
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    return function


def _late(module: str, name: str) -> Callable[..., object]:
    """The function, found when it is called."""

    def call(*given: object, **named: object) -> object:
        return getattr(import_module(module), name)(*given, **named)

    return call


def system() -> str:
    """As `platform` says it."""
    return os.uname().sysname


def of_asyncio_and_msgspec() -> tuple[StandIn, ...]:
    """Stand-ins for what these two import."""
    named: dict[str, dict[str, object]] = {
        "inspect": {
            "iscoroutinefunction": iscoroutinefunction,
            "isfunction": lambda found: isinstance(found, FunctionType),
            "isgenerator": lambda found: isinstance(found, GeneratorType),
            "unwrap": unwrap,
        },
        "asyncio.sslproto": {},
        "locale": {},
        "textwrap": {},
        "tokenize": {},
        "decimal": {"Decimal": type("Decimal", (), {})},
        "uuid": {"UUID": type("UUID", (), {}), "SafeUUID": type("SafeUUID", (), {"unknown": None})},
        "msgspec.inspect": {},
        "msgspec.toml": {},
        "msgspec.yaml": {},
        "msgspec._json_schema": {name: _late("msgspec._json_schema", name) for name in ("schema", "schema_components")},
    }
    return tuple(StandIn(name, **known) for name, known in named.items())


def calendar_as_later_pythons() -> None:
    """`datetime` straight from its C half, as Python 3.12 and later have it.

    Until 3.11 the module first makes all its classes in Python and then throws them away: 0.3 MiB that never come back.
    """
    sys.modules.setdefault("datetime", import_module("_datetime"))


@contextmanager
def kept_out(*standing: StandIn, absent: Iterable[str] = ()) -> Iterator[None]:
    """For the length of the block these stand in, and the `absent` look as if they were not installed.

    Modules that are loaded already are left alone.
    """
    put: dict[str, ModuleType | None] = {one.__name__: one for one in standing}
    put.update(dict.fromkeys(absent))  # importlib reads None as "not installed"
    put = {name: one for name, one in put.items() if name not in sys.modules}
    sys.modules.update(put)  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name, one in put.items():
            if sys.modules.get(name, one) is one:
                sys.modules.pop(name, None)


def forget(name: str) -> None:
    """Let go of a module that only the start needed, and of those below it."""
    for loaded in [one for one in sys.modules if one == name or one.startswith(f"{name}.")]:
        del sys.modules[loaded]
