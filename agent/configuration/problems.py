"""What can be wrong with a configuration file, and the error that carries all of it."""

from collections.abc import Callable, Mapping
from pathlib import Path

from wire.shape import Struct, field


class Problem(Struct, frozen=True):
    """One mistake: where it is (`uplink.port`, `probes.target[2].host`), what kind, and the facts its text needs.

    `code` is the key of the text in the message catalogue (`config.<code>`); `facts` fill its placeholders.
    """

    key: str
    code: str
    facts: Mapping[str, str] = field(default_factory=dict)

    def text(self, lang: str = "en") -> str:
        from agent.messages import Messages

        place = f"{self.key[-80:]}: " if self.key else ""
        return _printable(place + Messages(lang).text(f"config.{self.code}", **self.facts))


class ConfigError(Exception):
    """The file cannot be used. Always permanent: somebody has to edit it. `problems` is never empty.

    `origin`: the file a key path was decided in, where that is not always `path`.
    """

    permanent = True

    def __init__(
        self, path: Path | None, problems: tuple[Problem, ...], origin: Callable[[str], Path] | None = None
    ) -> None:
        super().__init__(path, problems)
        self.path = path
        self.problems = problems
        self._origin = origin

    def lines(self, lang: str = "en") -> list[str]:
        """One line per mistake, each naming file, key, value and what would be right."""
        places = [self._origin(problem.key) if self._origin else self.path for problem in self.problems]
        return [f"{place or '-'}: {problem.text(lang)}" for place, problem in zip(places, self.problems, strict=True)]

    def __str__(self) -> str:
        return "\n".join(self.lines())


def shown(value: object) -> str:
    """A value as it may stand in a message: as TOML would spell it, and short."""
    if isinstance(value, bool):
        text = "true" if value else "false"
    elif isinstance(value, str):
        text = f'"{_printable(value)}"'
    else:
        text = str(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _printable(text: str) -> str:
    """Keys and values come from a file somebody else may have written: no line breaks, no terminal codes."""
    return "".join(c if c.isprintable() else "?" for c in text)
