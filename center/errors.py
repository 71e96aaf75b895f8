"""What can go wrong at the centre in an expected way: one sentence that says what to do, exit code 2."""

from typing import Literal


class CenterError(Exception):
    """An expected problem. The text is shown to the person as it is; nothing half-made is left behind.

    Problems an operator meets come with their Indonesian sentence; the others (damaged keys, wrong requests) are for
    whoever repairs them and are in English only.
    """

    exit_code = 2

    def __init__(self, english: str, indonesian: str = "") -> None:
        super().__init__(english)
        self.indonesian = indonesian or english

    def text(self, language: str) -> str:
        """The sentence in "id" or "en"."""
        return self.indonesian if language == "id" else str(self)


class ConfigError(CenterError):
    """center.toml or an option says something that cannot be."""


class SetupError(CenterError):
    """The data directory, the database or a needed program is not in a state to work with."""


class BackupError(CenterError):
    """A backup cannot be made, read or put back. Whatever was there before is still there."""

    @classmethod
    def damaged(cls, why: str) -> "BackupError":
        """What to say about a file that cannot be used."""
        return cls(
            f"the backup is damaged or not a backup of Sandi: {why}", f"cadangan rusak atau bukan milik Sandi: {why}"
        )


class PkiError(CenterError):
    """The authority will not sign this, or its files are not what they should be."""


class RequestError(PkiError):
    """A certificate signing request that cannot be signed. `code`: "csr" or "name", as boxes are told."""

    def __init__(self, code: Literal["csr", "name"], english: str) -> None:
        super().__init__(english)
        self.code = code


class PortInUseError(CenterError):
    """Another program already listens where the centre should."""
