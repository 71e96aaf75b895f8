"""Every text of the screen, by key and language. A catalogue may be partial: what it lacks is said in Indonesian.

A catalogue is a JSON object of texts; `_name` is what the language calls itself. Those that come along stand in
`locale/`, further ones in the folder of the configuration.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import msgspec

BASE: Final = "id"
BUILT_IN: Final = Path(__file__).parent / "locale"
MAX_BYTES: Final = 256 * 1024
COMPLETE_FROM: Final = 0.98
"""A share of the texts under which a catalogue says it is partial; the rest may be words that are the same anyway."""


class CatalogueError(Exception):
    """A catalogue cannot be used; the text says which and why."""


class Texts:
    """One language. A missing text comes from the base language; one that nobody has is shown as its key."""

    def __init__(self, lang: str, own: Mapping[str, str], base: Mapping[str, str]) -> None:
        self.lang = lang
        self.name = own.get("_name", lang)
        wanted = [key for key in base if not key.startswith("_")]
        self.share = sum(key in own for key in wanted) / max(1, len(wanted))
        self.partial = self.share < COMPLETE_FROM
        self._own = own
        self._base = base

    def __call__(self, key: str, /, **facts: object) -> str:
        template = self._own.get(key) or self._base.get(key)
        return key if template is None else template.format_map(_Facts(facts))

    def has(self, key: str) -> bool:
        return key in self._own or key in self._base


class Catalogues:
    """The languages of this kiosk in their order. CatalogueError when one of them has no catalogue."""

    def __init__(self, languages: tuple[str, ...], folder: Path | None = None) -> None:
        base = _read(BASE, None)
        self._texts = {lang: Texts(lang, _read(lang, folder), base) for lang in languages}

    def __iter__(self) -> Iterator[Texts]:
        return iter(self._texts.values())

    def texts(self, lang: str) -> Texts:
        """The language asked for; the first one when this kiosk does not have it."""
        return self._texts.get(lang) or next(iter(self._texts.values()))

    def __contains__(self, lang: object) -> bool:
        return lang in self._texts


class _Facts(dict[str, object]):
    def __missing__(self, name: str) -> str:
        return "{" + name + "}"


def _read(lang: str, folder: Path | None) -> dict[str, str]:
    """The city's own catalogue before the one that comes along."""
    places = [place / f"{lang}.json" for place in (folder, BUILT_IN) if place is not None]
    path = next((place for place in places if place.is_file()), None)
    if path is None:
        raise CatalogueError(f"{lang}: {', '.join(map(str, places))}")
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
        if len(raw) > MAX_BYTES:
            raise CatalogueError(f"{path}: > {MAX_BYTES // 1024} KiB")
        texts = msgspec.json.decode(raw, type=dict[str, str])
        for text in texts.values():
            text.format_map(_Facts())
    except (OSError, ValueError, IndexError, AttributeError, msgspec.DecodeError) as error:
        raise CatalogueError(f"{path}: {error}") from error
    return texts
