"""Reads the folder `firmware_configs` whole; nothing of it is used before all of it was understood."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

import msgspec

import center
from center.errors import CenterError
from center.provision.shapes import (
    MAX_FILE_BYTES,
    Boot,
    Copies,
    Copy,
    Matrix,
    Model,
    Pair,
    Role,
    SystemFile,
    read_shape,
)  # fmt: skip

FOLDER: Final = Path(center.__file__).resolve().parents[1] / "firmware_configs"
FIRST_RUN: Final = "common/firstrun.sh"
_OTHER_COMMON: Final = ("boot.toml", "copies.toml")
T = TypeVar("T")


class FirmwareError(CenterError):
    """A file of `firmware_configs` is not what it should be."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Everything in the folder. `texts`: the files that are placed as they are, by their name in the folder."""

    models: dict[str, Model]
    roles: dict[str, Role]
    pairs: dict[tuple[str, str], Pair]
    files: tuple[SystemFile, ...]
    copies: tuple[Copy, ...]
    boot: Boot
    texts: dict[str, bytes]

    @property
    def words_to_take(self) -> list[str]:
        """Words that go from cmdline.txt: the image's own first start, and every word any card of ours might have put
        there: a card that changes its role keeps none of them."""
        kinds: list[Model | Role] = [*self.models.values(), *self.roles.values()]
        settings = (*self.boot.take, *(word for kind in kinds for word in kind.cmdline), *self.boot.later)
        return [setting.line for setting in settings]

    def pair(self, model: str, role: str) -> tuple[Model, Role]:
        """The model and the role, if they may go together.

        Raises:
            CenterError: one of them is unknown, or the matrix refuses the pair.
        """
        for name, known, what, indonesian in (
            (model, self.models, "model", "model"), (role, self.roles, "role", "peran"),
        ):  # fmt: skip
            if name not in known:
                choice = ", ".join(sorted(known))
                raise CenterError(
                    f"there is no {what} {name!r}; there are {choice}",
                    f"{indonesian} {name!r} tidak ada; yang ada: {choice}",
                )
        found = self.pairs.get((model, role))
        if found is None or not found.supported:
            why = found.why if found else "not in matrix.toml"
            raise CenterError(
                f"{role} is not supported on {model}: {why}", f"{role} tidak didukung pada {model}: {why}"
            )
        return self.models[model], self.roles[role]


def load_catalogue(folder: Path = FOLDER) -> Catalogue:
    """Read everything.

    Raises:
        FirmwareError: names the file and the key.
    """
    models = _named(folder, "models", Model)
    roles = _named(folder, "roles", Role)
    pairs: dict[tuple[str, str], Pair] = {}
    for pair in _read(folder / "matrix.toml", Matrix).pair:
        if (pair.model, pair.role) in pairs:
            raise _broken(folder / "matrix.toml", f"{pair.model} with {pair.role} stands there twice")
        pairs[pair.model, pair.role] = pair
    common = folder / "common"
    files = tuple(_read(path, SystemFile) for path in sorted(common.glob("*.toml")) if path.name not in _OTHER_COMMON)
    copies = _read(common / "copies.toml", Copies).copy
    texts = {name: _bytes(folder / name) for name in (FIRST_RUN, *(copy.file for copy in copies))}
    return Catalogue(models, roles, pairs, files, copies, _read(common / "boot.toml", Boot), texts)


def _named(folder: Path, kind: str, shape: type[T]) -> dict[str, T]:
    found: dict[str, T] = {}
    for path in sorted((folder / kind).glob("*.toml")):
        item = _read(path, shape)
        name = str(getattr(item, "name", ""))
        if name in found:
            raise _broken(path, f"the name {name} is another file's too")
        found[name] = item
    if not found:
        raise _broken(folder / kind, "there is nothing in it")
    return found


def _read(path: Path, kind: type[T]) -> T:
    try:
        return read_shape(tomllib.loads(_bytes(path).decode("utf-8")), kind)
    except (msgspec.ValidationError, ValueError) as error:
        raise _broken(path, str(error)) from error


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise _broken(path, error.strerror or str(error)) from error
    if len(content) > MAX_FILE_BYTES:
        raise _broken(path, f"larger than {MAX_FILE_BYTES} bytes")
    return content


def _broken(path: Path, why: str) -> FirmwareError:
    return FirmwareError(f"{path}: {why}", f"{path} keliru: {why}")
