"""`[led]` and `[lan_page]`: both off until somebody turns them on."""

from pathlib import Path

from agent.configuration.settings import Settings, field


class LedConfig(Settings, frozen=True):
    """The LED that blinks the verdict; `docs/perintah.md` says what to count."""

    enabled: bool = field(default=False, metadata={"help": "blink the verdict on the board's activity LED"})
    path: Path = field(default=Path("/sys/class/leds/ACT"), metadata={"help": "the LED's folder in sysfs"})


class LanPageConfig(Settings, frozen=True):
    """The status page on the local network, served by `sandi lan-page`. `sandi lan-pin set` makes `pin_file`."""

    enabled: bool = field(default=False, metadata={"help": "serve the status page on the local network"})
    port: int = field(default=8080, metadata={"help": "port of the page"})
    pin_file: Path = field(default=Path("/etc/sandi/lan.pin"), metadata={"help": "where the PIN's hash stands"})
