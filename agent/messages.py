"""Every text a person reads from the agent, by key and language; the texts stand in `agent/locale/<lang>.json`."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Final

LANGUAGES: Final = ("id", "en")
DEFAULT_LANGUAGE: Final = "id"


class Messages:
    """The catalogue of one language. A key that is missing is shown as itself, so a gap is seen and nothing breaks."""

    def __init__(self, lang: str = DEFAULT_LANGUAGE) -> None:
        self.lang = lang if lang in LANGUAGES else DEFAULT_LANGUAGE
        self._texts = _catalogue(self.lang)

    def text(self, key: str, /, **facts: object) -> str:
        template = self._texts.get(key)
        if template is None:
            return key
        return template.format_map(_Facts(facts))

    def optional(self, key: str) -> str | None:
        """The text without placeholders filled in, or None when the catalogue has none."""
        return self._texts.get(key)


class _Facts(dict[str, object]):
    def __missing__(self, name: str) -> str:
        return "{" + name + "}"


@lru_cache(maxsize=2)
def _catalogue(lang: str) -> Mapping[str, str]:
    import msgspec

    raw = (Path(__file__).parent / "locale" / f"{lang}.json").read_bytes()
    return msgspec.json.decode(raw, type=dict[str, str])


def language_from(environment: Mapping[str, str]) -> str:
    """SANDI_LANG when it names a language there is, else Indonesian: the technicians' language, whatever LANG says."""
    wanted = environment.get("SANDI_LANG", "").strip().lower()[:2]
    return wanted if wanted in LANGUAGES else DEFAULT_LANGUAGE
