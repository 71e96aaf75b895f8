"""What every channel is given and what it may answer: the contract of the files in `center.alerts.channels`."""

import json
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any, get_type_hints

from center.core.alert_times import moment
from center.core.alert_words import line
from center.errors import ConfigError

MAX_SETTINGS_CHARS = 4_000
LATE_MS = 10 * 60_000


@dataclass(frozen=True, slots=True)
class Centre:
    """What a channel may need of the centre itself: where its files and its broker are."""

    data: Path = field(default_factory=Path)
    mqtt_host: str = "127.0.0.1"
    mqtt_port: int = 8883
    public_url: str = ""
    """Where people open its pages, for links in messages; "" = no links."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message to one address. `key` names it for ever: a receiver that keeps keys shows a repeat only once.

    `to`: the address, "" for the one in the channel's settings. `repeat`: an earlier try may have arrived.
    `sounding`: how many incidents are critical, told here and unacknowledged; for channels that show a state.
    """

    key: str
    what: str
    severity: str
    text: str
    made_ms: int
    incident: int | None = None
    to: str = ""
    repeat: bool = False
    sounding: int = 0
    centre: Centre = field(default_factory=Centre)

    @property
    def head(self) -> str:
        """The first line, for subjects and titles."""
        return self.text.partition("\n")[0][:200]


def full_text(text: str, *, made_ms: int, due_ms: int, now_ms: int, repeat: bool, language: str, link: str = "") -> str:
    """The text as it goes out: with its page, and a word when it is a repeat or goes out much later than it should."""
    lines = [text, link] if link else [text]
    if now_ms - due_ms > LATE_MS:
        lines.append(line("late", language, made=moment(made_ms, language)))
    if repeat:
        lines.append(line("repeat", language))
    return "\n".join(lines)


class DeliveryError(Exception):
    """It did not arrive, or nobody knows. The text is one sentence without addresses and secrets.

    `permanent`: it will fail again until a person mends something. `uncertain`: it may have arrived all the same.
    `one_address`: this address is at fault, not the channel. `wait_s`: the receiver asked to be left alone for so long.
    """

    def __init__(
        self,
        text: str,
        *,
        permanent: bool = False,
        uncertain: bool = False,
        one_address: bool = False,
        wait_s: float = 0,
    ) -> None:
        super().__init__(text)
        self.permanent = permanent
        self.uncertain = uncertain
        self.one_address = one_address
        self.wait_s = wait_s

    def without(self, hidden: tuple[str, ...]) -> "DeliveryError":
        """The same, with whatever must not be shown taken out of its text."""
        text = str(self)
        for one in hidden:
            text = text.replace(one, "…")
        return DeliveryError(
            text,
            permanent=self.permanent,
            uncertain=self.uncertain,
            one_address=self.one_address,
            wait_s=self.wait_s,
        )


def load_settings(kind: type[Any], text: str) -> Any:
    """Settings out of their JSON, strictly.

    Raises:
        ConfigError: names the key at fault and what it takes.
    """
    try:
        tree = json.loads(text[: MAX_SETTINGS_CHARS + 1] or "{}")
    except ValueError as error:
        raise ConfigError(f"the settings are no JSON: {error}", f"pengaturan bukan JSON: {error}") from error
    if len(text) > MAX_SETTINGS_CHARS or not isinstance(tree, dict):
        raise ConfigError(
            f"the settings must be a JSON object of at most {MAX_SETTINGS_CHARS} characters",
            f"pengaturan harus berupa objek JSON, paling banyak {MAX_SETTINGS_CHARS} huruf",
        )
    hints = get_type_hints(kind)
    known = {one.name: one for one in fields(kind)}
    for key, value in tree.items():
        if key not in known:
            raise ConfigError(
                f"unknown setting {key!r}; known here: {', '.join(known)}",
                f"pengaturan {key!r} tidak dikenal; yang dikenal: {', '.join(known)}",
            )
        if type(value) is not hints[key]:
            word = {"int": ("a number", "angka"), "str": ("a text", "teks"), "bool": ("true or false", "true/false")}
            english, indonesian = word[hints[key].__name__]
            raise ConfigError(f"setting {key} must be {english}", f"pengaturan {key} harus berupa {indonesian}")
    for name, one in known.items():
        if one.default is MISSING and not tree.get(name):
            raise ConfigError(f"setting {name} is missing", f"pengaturan {name} belum diisi")
    return kind(**tree)
