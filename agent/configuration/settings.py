"""What a part of the configuration is made of: a `Settings`, whose fields say about themselves what `strict` lists.

A msgspec Struct rather than a dataclass, for the memory (`wire.shape`); what a Struct cannot keep of its fields, their
metadata, its class keeps here.
"""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final, TypeVar, dataclass_transform, overload

import msgspec

from wire.shape import Struct

T = TypeVar("T")
MISSING: Final = object()
_NOTHING: Final[Mapping[str, Any]] = {}


class Setting(Struct, frozen=True, eq=False):
    """A field: how it is given when nobody says, and what it says about itself. `init`: it stands in the file."""

    default: Any = MISSING
    default_factory: Any = MISSING
    metadata: Mapping[str, Any] = _NOTHING
    init: bool = True

    @property
    def required(self) -> bool:
        return self.default is MISSING and self.default_factory is MISSING

    def value(self) -> Any:
        """The default; MISSING when there is none."""
        return self.default if self.default_factory is MISSING else self.default_factory()


@overload
def field(*, default: T, metadata: Mapping[str, Any] = ..., init: bool = ...) -> T: ...
@overload
def field(*, default_factory: Callable[[], T], metadata: Mapping[str, Any] = ..., init: bool = ...) -> T: ...
@overload
def field(*, metadata: Mapping[str, Any] = ..., init: bool = ...) -> Any: ...
def field(**about: Any) -> Any:
    """A field of a Settings class, spelled as that of a dataclass."""
    return Setting(**about)


@dataclass_transform(field_specifiers=(field,))
class _SettingsType(msgspec.StructMeta):
    def __new__(mcls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **options: Any) -> Any:
        about = {key: value for base in reversed(bases) for key, value in getattr(base, "about", _NOTHING).items()}
        for key in namespace.get("__annotations__", ()):
            given = namespace.get(key, MISSING)
            about[key] = given if isinstance(given, Setting) else Setting(given)
            setting = about[key]
            if setting.required:
                namespace.pop(key, None)
            elif setting.default_factory is MISSING:
                namespace[key] = setting.default
            else:
                namespace[key] = msgspec.field(default_factory=setting.default_factory)
        made: Any = super().__new__(mcls, name, bases, namespace, **options)
        made.about = {key: about[key] for key in made.__struct_fields__}
        return made


class Settings(Struct, metaclass=_SettingsType, frozen=True):
    """The base of every part. `about`: its fields by name, in order."""

    about: ClassVar[dict[str, Setting]] = {}
