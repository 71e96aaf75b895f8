"""`[kiosk.web]`: the kiosk's screen, its languages, and how long it waits for somebody who has gone."""

from pathlib import Path
from typing import Literal

from agent.configuration.settings import Settings, field

MOST_LANGUAGES = 9  # one digit of the keypad each


class WebConfig(Settings, frozen=True):
    """Read by `sandi kiosk` alone; the agent only checks that it is well written."""

    port: int = field(default=8095, metadata={"help": "on 127.0.0.1, for the browser of this box and nobody else"})
    idle_s: float = field(
        default=60.0,
        metadata={"help": "without a touch, the screen asks whether anybody is there", "min": 20, "max": 600},
    )
    warn_s: float = field(
        default=30.0, metadata={"help": "how long it asks before it wipes everything", "min": 10, "max": 300}
    )
    low_reach: bool = field(
        default=False, metadata={"help": "start with everything that is touched in the lower half of the screen"}
    )
    languages: tuple[str, ...] = field(
        default=("id", "en"), metadata={"help": "in the order of their buttons; each needs a catalogue"}
    )
    catalogue_dir: Path | None = field(
        default=None,
        metadata={"help": "folder with further catalogues: su.json, jv.json", "example": "/etc/sandi/kiosk"},
    )
    audio_dir: Path | None = field(
        default=None,
        metadata={"help": "folder with recorded voices: <language>/<screen>.ogg", "example": "/etc/sandi/kiosk/suara"},
    )
    photos: Literal["camera", "file", "off"] = field(
        default="camera", metadata={"help": "take photos with a camera of this box, choose files, or neither"}
    )
    keypad_digits: bool = field(
        default=False, metadata={"help": "the keypad sends the digits of the main row instead of its own"}
    )
    verify_days: int = field(
        default=3,
        metadata={"help": "working days in which the city says it has checked a complaint", "min": 1, "max": 60},
    )
    answer_days: int = field(
        default=5, metadata={"help": "working days in which the city answers after that", "min": 1, "max": 90}
    )
    ppid_days: int = field(
        default=10, metadata={"help": "working days for a request for information", "min": 1, "max": 60}
    )
    ppid_more_days: int = field(
        default=7, metadata={"help": "working days it may be prolonged by", "min": 0, "max": 60}
    )

    def __post_init__(self) -> None:
        names = self.languages
        if not 1 <= len(names) <= MOST_LANGUAGES or len(set(names)) != len(names):
            raise ValueError(f"languages needs 1 to {MOST_LANGUAGES} different names")
        if not all(2 <= len(name) <= 8 and name.isascii() and name.isalpha() and name.islower() for name in names):
            raise ValueError('languages are named in lower case, as "id", "en" or "su"')
